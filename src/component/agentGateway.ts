import type { ContainerApp } from "@pulumi/azure-native/app/containerApp.js";
import * as pulumi from "@pulumi/pulumi";
import {
  type AgentGatewayArgs,
  appFacts,
  hasHttpIngress,
  type ResolvedArgs,
  resolveArgs,
  wantedAffinity,
} from "../config/args.ts";
import { targetKinds } from "../config/gateway/targetKinds.ts";
import { listIssues } from "../messages/issues.ts";
import { checkApp } from "../rules/rules.ts";
import { appOptions, subscriptionOf } from "./az/appOptions.ts";
import { checkArgs } from "./checkArgs.ts";
import { createContainerApp } from "./containerApp.ts";
import { Environment } from "./environment.ts";
import { readLive } from "./live/liveResources.ts";
import { resourceGroup } from "./resourceGroup.ts";
import { waitForOperation } from "./safeguards/waitForOperation.ts";
import { SessionAffinity } from "./sessionAffinity.ts";
import { AffinityVerification } from "./verification/affinityVerification.ts";
import { targetsSentence } from "./verification/targetsSentence.ts";

/**
 * AgentGateway on Azure Container Apps. Session affinity is declared, applied with the Azure CLI and verified, so that
 * MCP sessions work with more than one replica.
 */
export class AgentGateway extends pulumi.ComponentResource {
  /** Address of the gateway; empty without ingress. */
  readonly url: pulumi.Output<string>;
  /** Address for MCP clients: `url` followed by /mcp. */
  readonly mcpEndpoint: pulumi.Output<string>;
  /** Host name of the ingress; empty without ingress. */
  readonly fqdn: pulumi.Output<string>;
  readonly resourceGroupName: pulumi.Output<string>;
  readonly containerAppName: pulumi.Output<string>;
  readonly environmentName: pulumi.Output<string>;
  /** Name of the latest revision. */
  readonly latestRevision: pulumi.Output<string>;
  /** Whether affinity is requested; {@link affinity} says what the live app has. */
  readonly stickySessionsEnabled: pulumi.Output<boolean>;
  /** Affinity of the live app after the update: `sticky`, `none` or `unknown`. In a preview: the requested one. */
  readonly affinity: pulumi.Output<string>;
  /** Command that prints the live affinity. */
  readonly verifyCommand: pulumi.Output<string>;
  /** Command that follows the gateway's logs. */
  readonly logsCommand: pulumi.Output<string>;

  /**
   * @param name Name of the component and prefix of its resources' names.
   * @throws {pulumi.ResourceError} listing every invalid argument, before any child resource is registered.
   */
  constructor(name: string, args: AgentGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentgateway:index:AgentGateway", name, {}, opts);

    const resolved = resolveArgs(args);
    const errors = [...checkArgs(resolved), ...checkApp(appFacts(resolved)).errors];
    if (errors.length > 0)
      throw new pulumi.ResourceError(`The arguments of '${name}' are invalid:\n${listIssues(errors)}`, this, true);

    const live = readLive(resolved, this);
    const onError = waitForOperation(name, this);
    const group = resourceGroup(name, resolved, live, this);
    const place = { resourceGroupName: group.name, location: group.location, onError };
    const environment = new Environment(name, { ...place, args: resolved, live }, { parent: this });
    const app = createContainerApp(name, resolved, { ...place, environment, live: live.app }, this);
    const verification = this.affinityOf(name, resolved, app);
    if (pulumi.runtime.isDryRun()) this.announceTargets(resolved);

    // The configuration is secret because it contains secrets; the host name is not.
    const recorded = pulumi.unsecret(app.configuration.apply((live) => live?.ingress?.fqdn ?? ""));
    this.fqdn = newer(verification.fqdn, recorded);
    this.url = this.fqdn.apply((fqdn) => (fqdn === "" ? "" : `https://${fqdn}`));
    this.mcpEndpoint = this.url.apply((url) => (url === "" ? "" : `${url}/mcp`));
    this.resourceGroupName = group.name;
    this.containerAppName = app.name;
    this.environmentName = pulumi.output(resolved.environmentName);
    this.latestRevision = newer(verification.latestRevision, app.latestRevisionName);
    this.stickySessionsEnabled = pulumi.output(resolved.enableStickySessions);
    this.affinity = verification.affinity;
    const options = subscriptionOf(app).apply((subscriptionId) =>
      appOptions({ ...resolved, subscriptionId }).join(" "),
    );
    const affinity = "properties.configuration.ingress.stickySessions.affinity";
    this.verifyCommand = pulumi.interpolate`az containerapp show ${options} --query ${affinity} --output tsv`;
    this.logsCommand = pulumi.interpolate`az containerapp logs show ${options} --follow`;

    const { url, fqdn, latestRevision } = this;
    this.registerOutputs({ url, fqdn, latestRevision, affinity: this.affinity });
  }

  /** Logs which targets the gateway's file has, because they decide which sessions survive a new revision. */
  private announceTargets({ gatewayConfig }: ResolvedArgs): void {
    pulumi.output(gatewayConfig).apply((content) => {
      const kinds = content === undefined ? undefined : targetKinds(content);
      return kinds && pulumi.log.info(targetsSentence(kinds), this);
    });
  }

  /** Adds the affinity step and the verification. Without HTTP ingress there is no affinity to set, only to verify. */
  private affinityOf(name: string, args: ResolvedArgs, containerApp: ContainerApp): AffinityVerification {
    const { containerAppName, resourceGroupName, activeRevisionsMode, readySeconds } = args;
    const { gatewayConfig = "", sessionKey = "", secretEnv } = args;
    const app = { containerApp, containerAppName, resourceGroupName };
    const affinity = wantedAffinity(args);
    const wanted = { affinity, activeRevisionsMode, transport: args.ingress ? args.transport : "none" };
    const secrets = [gatewayConfig, sessionKey, ...Object.values(secretEnv)];
    const after = hasHttpIngress(args)
      ? new SessionAffinity(`${name}-affinity`, { ...app, affinity }, { parent: this }).applied
      : containerApp.id;
    const verified = { ...app, wanted, after, readySeconds, secrets };
    return new AffinityVerification(`${name}-verification`, verified, { parent: this });
  }
}

/** Prefers what verification read over what the app's resource recorded. */
const newer = (live: pulumi.Output<string>, recorded: pulumi.Output<string>): pulumi.Output<string> =>
  pulumi.all([live, recorded]).apply(([read, known]) => read || known);
