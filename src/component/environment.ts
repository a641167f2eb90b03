// Import single files: the modules' indexes load all resources, which costs each preview 70 ms of CPU.
import { ManagedEnvironment } from "@pulumi/azure-native/app/managedEnvironment.js";
import { DiagnosticSetting } from "@pulumi/azure-native/monitor/diagnosticSetting.js";
import { Workspace } from "@pulumi/azure-native/operationalinsights/workspace.js";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedArgs } from "../config/args.ts";
import type { LiveResources } from "./live/liveResources.ts";
import { declaredTags, keepForeignTags } from "./live/tags.ts";
import { deleteSurvivor } from "./safeguards/deleteSurvivor.ts";
import { environmentIgnores } from "./safeguards/ignoreChanges.ts";

/** How long logs are kept. */
const retentionInDays = 30;

/** Arguments of {@link Environment}. */
export interface EnvironmentArgs {
  readonly args: ResolvedArgs;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly location: pulumi.Input<string>;
  readonly live: LiveResources;
  /** Retries a write while another operation is running on the environment. */
  readonly onError: pulumi.ErrorHook;
}

/**
 * The gateway's Container Apps environment: an existing one, or a new one with a Log Analytics workspace. A diagnostic
 * setting sends logs to the workspace. Unlike the workspace's shared key, it puts no key into the state, and a preview
 * needs only the Reader role.
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
      { parent: this, protect, hooks: { onError: [deleteSurvivor(name, this)] } },
    );
    return { id: environment.id, location: environment.location };
  }
}

interface Place {
  readonly id: pulumi.Output<string>;
  readonly location: pulumi.Output<string>;
}

/** The existing environment. If it were missing, {@link readLive} would have ended the run. */
const existing = ({ environment }: LiveResources): Place => ({
  id: environment.apply((found) => found?.id ?? ""),
  location: environment.apply((found) => found?.location ?? ""),
});
