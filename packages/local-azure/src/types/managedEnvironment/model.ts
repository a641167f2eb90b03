import { collection } from "../../arm/cloud.ts";
import type { Tracked } from "../../arm/resource.ts";

export const type = "Microsoft.App/managedEnvironments";

/**
 * API versions of all `Microsoft.App` types: those that current clients send. Bodies are checked against the newest
 * stable one.
 */
export const versions = [
  "2023-05-01",
  "2024-03-01",
  "2024-10-02-preview",
  "2025-01-01",
  "2025-02-02-preview",
  "2025-07-01",
];

/** A managed environment. `properties` are as the client sent them, including the shared key. */
export interface Environment extends Tracked {
  properties: EnvironmentProperties;
  provisioningState: "InProgress" | "Succeeded" | "Failed" | "Deleting";
}

export interface EnvironmentProperties {
  readonly appLogsConfiguration?: {
    readonly destination?: string;
    readonly logAnalyticsConfiguration?: { readonly customerId?: string; readonly sharedKey?: string };
  };
  readonly workloadProfiles?: readonly { readonly name?: string }[];
  readonly [name: string]: unknown;
}

export const environments = collection<Environment>(type);
