import { ContainerApp } from "@pulumi/azure-native/app/containerApp.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import { type AgentGatewayArgs, hasHttpIngress, type ResolvedArgs, resolveArgs } from "../args.ts";
import { listIssues } from "../messages/issues.ts";
import { appFacts } from "../rules/facts.ts";
import { checkApp } from "../rules/rules.ts";
import { SessionAffinity } from "./affinity/sessionAffinity.ts";
import { subscriptionOf } from "./az/appOptions.ts";
import { checkArgs } from "./checkArgs.ts";
import { containerAppArgs, keepSecretsNested, type Placement, secretNames, wantedAffinity } from "./containerApp.ts";
import { Environment } from "./environment.ts";
import { type LiveResources, readLive } from "./live/liveResources.ts";
import { declaredTags, keepForeignTags } from "./live/tags.ts";
import { appIgnores, keepSecrets, waitForOperation } from "./safeguards/safeguards.ts";
import { AffinityVerification } from "./verification/affinityVerification.ts";

/**
 * AgentGateway on Azure Container Apps, with session affinity that is declared, applied by the Azure CLI and verified, so
 * that MCP sessions survive more than one replica.
 */
export class AgentGateway extends pulumi.ComponentResource {
  /** Address of the gateway; empty where it has no ingress. */
  readonly url: pulumi.Output<string>;
  /** Address for MCP clients: `url` and /mcp. */
  readonly mcpEndpoint: pulumi.Output<string>;
  /** Host name of the ingress; empty where there is none. */
  readonly fqdn: pulumi.Output<string>;
  readonly resourceGroupName: pulumi.Output<string>;
  readonly containerAppName: pulumi.Output<string>;
  readonly environmentName: pulumi.Output<string>;
  /** Name of the revision that the last update made or kept. */
  readonly latestRevision: pulumi.Output<string>;
  /** Whether affinity is asked for; `affinity` is what the live app has. */
  readonly stickySessionsEnabled: pulumi.Output<boolean>;
  /** Affinity of the live app as read after the update: `sticky` or `none`; at a preview what it will be. */
  readonly affinity: pulumi.Output<string>;
  /** A command that prints the live affinity. */
  readonly verifyCommand: pulumi.Output<string>;
  /** A command that follows the gateway's logs. */
  readonly logsCommand: pulumi.Output<string>;

  /**
   * @param name Name of the component; its resources' names start with it.
   * @throws {pulumi.ResourceError} with every rule that the arguments break, before any resource of it is registered.
   */
  constructor(name: string, args: AgentGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentgateway:index:AgentGateway", name, {}, opts);

    const resolved = resolveArgs(args);
    const errors = [...checkArgs(resolved), ...checkApp(appFacts(resolved)).errors];
    if (errors.length > 0)
      throw new pulumi.ResourceError(`The arguments of '${name}' break rules:\n${listIssues(errors)}`, this, true);

    const live = readLive(resolved, this);
    const group = this.group(name, resolved, live);
    const onError = waitForOperation(name, this);
    const place = { args: resolved, resourceGroupName: group.name, location: group.location, live, onError };
    const environment = new Environment(name, place, { parent: this });
    const containerApp = this.app(
      name,
      resolved,
      {
        resourceGroupName: group.name,
        location: environment.location,
        environmentId: environment.id,
        live: live.app,
      },
      onError,
    );
    const verification = this.affinityOf(name, resolved, containerApp);

    // The configuration counts as secret because secrets are in it; the address is none.
    const recorded = pulumi.unsecret(containerApp.configuration.apply((live) => live?.ingress?.fqdn ?? ""));
    this.fqdn = newer(verification.fqdn, recorded);
    this.url = this.fqdn.apply((fqdn) => (fqdn === "" ? "" : `https://${fqdn}`));
    this.mcpEndpoint = this.url.apply((url) => (url === "" ? "" : `${url}/mcp`));
    this.resourceGroupName = pulumi.output(group.name);
    this.containerAppName = containerApp.name;
    this.environmentName = pulumi.output(resolved.environmentName);
    this.latestRevision = newer(verification.latestRevision, containerApp.latestRevisionName);
    this.stickySessionsEnabled = pulumi.output(resolved.enableStickySessions);
    this.affinity = verification.affinity;
    const names = `--name ${resolved.containerAppName} --resource-group ${resolved.resourceGroupName}`;
    const which = pulumi.interpolate`${names} --subscription ${subscriptionOf(containerApp)}`;
    const affinity = "properties.configuration.ingress.stickySessions.affinity";
    this.verifyCommand = pulumi.interpolate`az containerapp show ${which} --query ${affinity} --output tsv`;
    this.logsCommand = pulumi.interpolate`az containerapp logs show ${which} --follow`;

    this.registerOutputs({
      url: this.url,
      fqdn: this.fqdn,
      latestRevision: this.latestRevision,
      affinity: this.affinity,
    });
  }

  private group(name: string, args: ResolvedArgs, live: LiveResources): ExistingGroup | ResourceGroup {
    const { resourceGroupName, location } = args;
    if (args.existingResourceGroup) {
      return { name: resourceGroupName, location: live.group.apply((found) => found?.location ?? "") };
    }
    const tags = live.group.apply((found) => keepForeignTags(declaredTags(args), found?.tags));
    return new ResourceGroup(
      `${name}-rg`,
      { resourceGroupName, tags, ...(location === undefined ? {} : { location }) },
      { parent: this, protect: args.deletionProtection },
    );
  }

  private app(name: string, args: ResolvedArgs, placement: Placement, onError: pulumi.ErrorHook): ContainerApp {
    const appArgs = containerAppArgs(args, placement);
    const beforeUpdate = [keepSecrets(name, { args, secretNames: secretNames(args), parent: this })];
    return new ContainerApp(`${name}-app`, appArgs, {
      parent: this,
      protect: args.deletionProtection,
      ignoreChanges: appIgnores(args),
      hooks: { beforeUpdate, onError: [onError] },
      transformations: [keepSecretsNested(appArgs)],
    });
  }

  /** The affinity step and its verification; an app without HTTP ingress has no affinity to set, only to verify. */
  private affinityOf(name: string, args: ResolvedArgs, containerApp: ContainerApp): AffinityVerification {
    const { containerAppName, resourceGroupName, activeRevisionsMode } = args;
    const wanted = {
      affinity: wantedAffinity(args),
      activeRevisionsMode,
      transport: args.ingress ? args.transport : "none",
    };
    const app = { containerApp, containerAppName, resourceGroupName };
    const step = { ...app, affinity: wanted.affinity };
    const after = hasHttpIngress(args)
      ? new SessionAffinity(`${name}-affinity`, step, { parent: this }).applied
      : containerApp.id;
    const { readySeconds, gatewayConfig = "", sessionKey = "", secretEnv } = args;
    const secrets = [gatewayConfig, sessionKey, ...Object.values(secretEnv)];
    const verified = { ...app, wanted, after, readySeconds, secrets };
    return new AffinityVerification(`${name}-verification`, verified, { parent: this });
  }
}

interface ExistingGroup {
  readonly name: string;
  readonly location: pulumi.Output<string>;
}

/** What verification has read, if it has read anything; else what the app's resource has. */
const newer = (live: pulumi.Output<string>, recorded: pulumi.Output<string>): pulumi.Output<string> =>
  pulumi.all([live, recorded]).apply(([read, known]) => read || known);
