import { type ArmError, errors } from "../../arm/errors.ts";
import type { JsonObject } from "../../arm/json.ts";
import type { Environment, EnvironmentProperties } from "./model.ts";

/** @throws ArmError if an environment's logs would go nowhere that the service knows. */
export function refuseLogs({ properties }: JsonObject): void {
  const refused = logsRefusal((properties ?? {}) as EnvironmentProperties);
  if (refused !== undefined) throw refused;
}

/** The service checks that the workspace is named whole, not that it exists. */
function logsRefusal({ appLogsConfiguration: logs }: EnvironmentProperties): ArmError | undefined {
  const destinations = ["log-analytics", "azure-monitor", "none"];
  const { destination } = logs ?? {};
  if (destination !== undefined && destination !== "" && !destinations.includes(destination)) {
    return errors.invalidBody([
      `$.properties.appLogsConfiguration.destination: must be one of ${destinations.join(", ")}, got '${destination}'.`,
    ]);
  }
  const { customerId, sharedKey } = logs?.logAnalyticsConfiguration ?? {};
  if (destination !== "log-analytics" || (customerId && sharedKey)) return undefined;
  return errors.invalid(
    "InvalidRequestParameterWithDetails",
    "LogAnalyticsConfiguration is invalid. Must provide a valid LogAnalyticsConfiguration with 'customerId' and 'sharedKey'.",
  );
}

/**
 * The workload profile that an app of this environment runs on. One made without profiles is "Consumption only": it has none
 * that could be named (Azure/bicep-registry-modules#2517 has the service's words, not its code).
 */
export function workloadProfile({ properties }: Environment, asked: string | undefined): string | undefined {
  if (properties.workloadProfiles?.length) return asked ?? "Consumption";
  if (asked === undefined) return undefined;
  throw errors.invalid(
    "ContainerAppWorkloadProfileNotAllowed",
    "Cannot specify workload profile name for container app in Consumption Only environment.",
  );
}

/** One operation at a time, as for apps. */
export function guardEnvironment(environment: Environment): Environment {
  const { provisioningState } = environment;
  if (provisioningState === "Succeeded" || provisioningState === "Failed") return environment;
  throw errors.environmentOperationInProgress(environment.name);
}
