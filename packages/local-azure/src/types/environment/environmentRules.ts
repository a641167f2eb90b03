import { type ArmError, errors } from "../../arm/errors.ts";
import type { JsonObject } from "../../arm/merge.ts";
import type { EnvironmentProperties } from "../../arm/model.ts";

/** @throws ArmError where an environment's logs would go nowhere that the service knows. */
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
