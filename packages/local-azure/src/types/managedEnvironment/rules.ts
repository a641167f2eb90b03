import { type ArmError, errors } from "../../arm/errors.ts";
import type { JsonObject } from "../../arm/json.ts";
import type { Environment, EnvironmentProperties } from "./model.ts";

/** @throws {ArmError} 400 if the destination of the environment's logs is unknown or incomplete. */
export function refuseLogs({ properties }: JsonObject): void {
  const refused = logsRefusal((properties ?? {}) as EnvironmentProperties);
  if (refused !== undefined) throw refused;
}

/** Azure checks that customer ID and shared key are present, not that the workspace exists. */
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
 * Returns the workload profile of an app in this environment. An environment without profiles is "Consumption only".
 *
 * @throws {ArmError} 400 if the app names a profile there. The message is Azure's (Azure/bicep-registry-modules#2517),
 * the code is not.
 */
export function workloadProfile({ properties }: Environment, asked: string | undefined): string | undefined {
  if (properties.workloadProfiles?.length) return asked ?? "Consumption";
  if (asked === undefined) return undefined;
  throw errors.invalid(
    "ContainerAppWorkloadProfileNotAllowed",
    "Cannot specify workload profile name for container app in Consumption Only environment.",
  );
}

/** Returns the environment if a write can start. @throws {ArmError} 409 while another operation runs */
export function guardEnvironment(environment: Environment): Environment {
  const { provisioningState } = environment;
  if (provisioningState === "Succeeded" || provisioningState === "Failed") return environment;
  throw errors.environmentOperationInProgress(environment.name);
}
