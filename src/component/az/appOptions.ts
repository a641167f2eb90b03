import type { ContainerApp } from "@pulumi/azure-native/app/containerApp.js";
import type * as pulumi from "@pulumi/pulumi";

/** Identifies an app. */
export interface AppName {
  readonly containerAppName: string;
  readonly resourceGroupName: string;
  readonly subscriptionId: string;
}

/** An app in the given subscription, or in az's default subscription. */
export type AppOfDefault = Omit<AppName, "subscriptionId"> & Partial<AppName>;

/** Options of an az command that identify the app. */
export const appOptions = ({ containerAppName, resourceGroupName, subscriptionId }: AppOfDefault): string[] => [
  ...["--name", containerAppName, "--resource-group", resourceGroupName],
  ...(subscriptionId === undefined ? [] : ["--subscription", subscriptionId]),
];

/** The app's subscription. Known only once the app exists, so whatever uses it runs after the app. */
export const subscriptionOf = (containerApp: ContainerApp): pulumi.Output<string> =>
  containerApp.id.apply((id) => id.split("/")[2] ?? "");
