// File by file: the modules' indexes load every resource that there is, which costs each preview 70 ms of CPU.
import { getManagedEnvironmentOutput } from "@pulumi/azure-native/app/getManagedEnvironment.js";
import { ManagedEnvironment } from "@pulumi/azure-native/app/managedEnvironment.js";
import { DiagnosticSetting } from "@pulumi/azure-native/monitor/diagnosticSetting.js";
import { Workspace } from "@pulumi/azure-native/operationalinsights/workspace.js";
import * as pulumi from "@pulumi/pulumi";
import { commonTags, type ResolvedArgs } from "./args.ts";

/** Days that logs are kept. */
const retentionInDays = 30;

/** What {@link Environment} takes beside the gateway's own arguments. */
export interface EnvironmentArgs {
  readonly args: ResolvedArgs;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly location: pulumi.Input<string>;
}

/**
 * The Container Apps environment of the gateway: an existing one, or one of its own with a Log Analytics workspace. Logs
 * reach the workspace by a diagnostic setting, not by the workspace's shared key: no key in the state, and a preview needs
 * no more than the Reader role.
 */
export class Environment extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly location: pulumi.Output<string>;

  constructor(
    name: string,
    { args, resourceGroupName, location }: EnvironmentArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("agentgateway:index:Environment", name, {}, opts);
    const found =
      args.existingEnvironmentResourceGroup !== undefined
        ? this.existing(args)
        : this.create(name, { args, resourceGroupName, location });
    this.id = found.id;
    this.location = found.location;
    this.registerOutputs({ id: this.id, location: this.location });
  }

  private existing(args: ResolvedArgs): { id: pulumi.Output<string>; location: pulumi.Output<string> } {
    const found = getManagedEnvironmentOutput(
      { environmentName: args.environmentName, resourceGroupName: args.existingEnvironmentResourceGroup ?? "" },
      { parent: this },
    );
    return { id: found.id, location: found.location };
  }

  private create(
    name: string,
    { args, resourceGroupName, location }: EnvironmentArgs,
  ): { id: pulumi.Output<string>; location: pulumi.Output<string> } {
    const tags = commonTags(args);
    const workspace = new Workspace(
      `${name}-logs`,
      {
        workspaceName: args.workspaceName,
        resourceGroupName,
        location,
        tags,
        retentionInDays,
        sku: { name: "PerGB2018" },
      },
      { parent: this },
    );
    const environment = new ManagedEnvironment(
      `${name}-env`,
      {
        environmentName: args.environmentName,
        resourceGroupName,
        location,
        tags,
        appLogsConfiguration: { destination: "azure-monitor" },
        workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
      },
      { parent: this },
    );
    new DiagnosticSetting(
      `${name}-diagnostics`,
      {
        name: "agentgateway",
        resourceUri: environment.id,
        workspaceId: workspace.id,
        logs: [{ categoryGroup: "allLogs", enabled: true }],
      },
      { parent: this },
    );
    return { id: environment.id, location: environment.location };
  }
}
