import { collection } from "../../arm/cloud.ts";
import type { JsonObject } from "../../arm/json.ts";
import type { Environment } from "../managedEnvironment/model.ts";

export const type = "Microsoft.Insights/diagnosticSettings";

/** Not a tracked ARM resource: it has no location or tags. */
export interface DiagnosticSetting {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly logs: readonly JsonObject[];
  readonly metrics: readonly JsonObject[];
}

export const diagnosticSettings = collection<DiagnosticSetting>(type);

export const idOf = (environment: Environment, name: string): string =>
  `${environment.id}/providers/${type}/${name}`.replace("/managedEnvironments/", "/managedenvironments/");
