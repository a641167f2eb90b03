// File by file: the modules' indexes load every resource that there is, which costs each preview 70 ms of CPU.
import { ManagedEnvironment } from "@pulumi/azure-native/app/managedEnvironment.js";
import { DiagnosticSetting } from "@pulumi/azure-native/monitor/diagnosticSetting.js";
import { Workspace } from "@pulumi/azure-native/operationalinsights/workspace.js";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedArgs } from "../args.ts";
import type { LiveResources } from "./live/liveResources.ts";
import { declaredTags, keepForeignTags } from "./live/tags.ts";
import { environmentIgnores } from "./safeguards/ignoreChanges.ts";

/** Days that logs are kept. */
const retentionInDays = 30;

/** What {@link Environment} takes beside the gateway's own arguments. */
export interface EnvironmentArgs {
  readonly args: ResolvedArgs;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly location: pulumi.Input<string>;
  readonly live: LiveResources;
  /** Has a write tried again while another operation runs on the environment. */
  readonly onError: pulumi.ErrorHook;
}

/**
 * The Container Apps environment of the gateway: an existing one, or one of its own with a Log Analytics workspace. Logs
 * reach the workspace by a diagnostic setting, not by the workspace's shared key: no key in the state, and a preview needs
 * no more than the Reader role.
 */
export class Environment extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly location: pulumi.Output<string>;

  constructor(name: string, place: EnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentgateway:index:Environment", name, {}, opts);
    const shared = place.args.existingEnvironmentResourceGroup !== undefined;
    const found = shared ? existing(place.live) : this.create(name, place);
    this.id = found.id;
    this.location = found.location;
    this.registerOutputs({ id: this.id, location: this.location });
  }

  private create(name: string, { args, resourceGroupName, location, live, onError }: EnvironmentArgs): Place {
    const protect = args.deletionProtection;
    const where = { resourceGroupName, location };
    const tags = declaredTags(args);
    const workspace = new Workspace(
      `${name}-logs`,
      {
        workspaceName: args.workspaceName,
        ...where,
        tags: live.workspace.apply((found) => keepForeignTags(tags, found?.tags)),
        retentionInDays,
        sku: { name: "PerGB2018" },
      },
      { parent: this, protect },
    );
    const environment = new ManagedEnvironment(
      `${name}-env`,
      {
        environmentName: args.environmentName,
        ...where,
        tags: live.environment.apply((found) => keepForeignTags(tags, found?.tags)),
        appLogsConfiguration: { destination: "azure-monitor" },
        workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
      },
      { parent: this, protect, ignoreChanges: [...environmentIgnores], hooks: { onError: [onError] } },
    );
    new DiagnosticSetting(
      `${name}-diagnostics`,
      {
        name: "agentgateway",
        resourceUri: environment.id,
        workspaceId: workspace.id,
        logs: [{ categoryGroup: "allLogs", enabled: true }],
      },
      { parent: this, protect },
    );
    return { id: environment.id, location: environment.location };
  }
}

interface Place {
  readonly id: pulumi.Output<string>;
  readonly location: pulumi.Output<string>;
}

/** An environment that has to exist: the run has ended by now if it does not. */
const existing = ({ environment }: LiveResources): Place => ({
  id: environment.apply((found) => found?.id ?? ""),
  location: environment.apply((found) => found?.location ?? ""),
});
