import type { ContainerApp } from "@pulumi/azure-native/app/containerApp.js";
import type * as pulumi from "@pulumi/pulumi";

/** The app that is meant. */
export interface AppName {
  readonly containerAppName: string;
  readonly resourceGroupName: string;
  readonly subscriptionId: string;
}

/** An app in the subscription that az takes by default, if no other is named. */
export type AppOfDefault = Omit<AppName, "subscriptionId"> & Partial<AppName>;

/** The options by which an az command names the app. */
export const appOptions = ({ containerAppName, resourceGroupName, subscriptionId }: AppOfDefault): string[] => [
  ...["--name", containerAppName, "--resource-group", resourceGroupName],
  ...(subscriptionId === undefined ? [] : ["--subscription", subscriptionId]),
];

/** The subscription that the app is in, whatever the CLI's default is. Known once there is the app: what uses it comes after. */
export const subscriptionOf = (containerApp: ContainerApp): pulumi.Output<string> =>
  containerApp.id.apply((id) => id.split("/")[2] ?? "");
