import { type ResourceType, scope } from "../../arm/cloud.ts";
import { type as environment } from "../managedEnvironment/model.ts";
import { type } from "./model.ts";
import { getDiagnosticSetting } from "./reads.ts";
import { deleteDiagnosticSetting, putDiagnosticSetting } from "./writes.ts";

const owner = `${scope.group}/providers/${environment}/{environment}`;
const one = `${owner}/providers/${type}/{setting}`;

/** Where the logs of a managed environment go. Nothing is sent there. */
export const diagnosticSetting: ResourceType = {
  type,
  versions: ["2021-05-01-preview"],
  routes: [
    ["PUT", one, putDiagnosticSetting],
    ["GET", one, getDiagnosticSetting],
    ["DELETE", one, deleteDiagnosticSetting],
  ],
};
