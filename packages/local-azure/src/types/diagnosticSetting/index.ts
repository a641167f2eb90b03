import { type ResourceType, scope } from "../../arm/cloud.ts";
import { type as environment } from "../managedEnvironment/model.ts";
import { type } from "./model.ts";
import { getDiagnosticSetting } from "./reads.ts";
import { deleteDiagnosticSetting, putDiagnosticSetting } from "./writes.ts";

const owner = `${scope.group}/providers/${environment}/{environment}`;
const one = `${owner}/providers/${type}/{setting}`;

/**
 * Diagnostic settings of a managed environment. They are only stored: no logs are sent. As on Azure, deleting the
 * environment doesn't delete them, and they apply to a new one of the same name (Microsoft Learn, "Diagnostic settings in
 * Azure Monitor"). In between, they can't be read.
 */
export const diagnosticSetting: ResourceType = {
  type,
  versions: ["2021-05-01-preview"],
  outlivesParent: true,
  routes: [
    ["PUT", one, putDiagnosticSetting],
    ["GET", one, getDiagnosticSetting],
    ["DELETE", one, deleteDiagnosticSetting],
  ],
};
