import { type ResourceType, scope } from "../../arm/cloud.ts";
import { type as environment } from "../managedEnvironment/model.ts";
import { type } from "./model.ts";
import { getDiagnosticSetting } from "./reads.ts";
import { deleteDiagnosticSetting, putDiagnosticSetting } from "./writes.ts";

const owner = `${scope.group}/providers/${environment}/{environment}`;
const one = `${owner}/providers/${type}/{setting}`;

/** Diagnostic settings of a managed environment. They are only stored: no logs are sent. */
export const diagnosticSetting: ResourceType = {
  type,
  versions: ["2021-05-01-preview"],
  routes: [
    ["PUT", one, putDiagnosticSetting],
    ["GET", one, getDiagnosticSetting],
    ["DELETE", one, deleteDiagnosticSetting],
  ],
};
