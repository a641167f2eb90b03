import { ContainerApp } from "@pulumi/azure-native/app/containerApp.js";
import type * as app from "@pulumi/azure-native/app/index.js";
import type * as pulumi from "@pulumi/pulumi";
import { hasHttpIngress, type ResolvedArgs, wantedAffinity } from "../args.ts";
import { secretName } from "../config/environmentVariables.ts";
import { secretsDigest, secretsOf } from "./appSecrets.ts";
import type { LiveResource } from "./live/liveResources.ts";
import { appOwnTags, declaredTags, keepForeignTags, retryTags } from "./live/tags.ts";
import { appIgnores } from "./safeguards/ignoreChanges.ts";
import { keepSecrets } from "./safeguards/keepSecrets.ts";

/** The gateway's configuration is mounted where its Helm chart has it. */
const [mountPath, path] = ["/config", "config.yaml"];
const configVolume = {
  name: "gateway-config",
  storageType: "Secret",
  secrets: [{ secretRef: "gateway-config", path }],
};
const usesConfig = {
  args: ["-f", `${mountPath}/${path}`],
  volumeMounts: [{ volumeName: configVolume.name, mountPath }],
};
/** The gateway's own port for readiness (AgentGateway 1.4: READINESS_ADDR, all interfaces). */
const healthPort = 15021;
/** Seconds beyond drainSeconds until Container Apps kills the replica: for the gateway's own shutdown. */
const killMargin = 10;

/** Where the app goes, and what is there; the rest comes from the arguments. */
export interface AppPlace {
  readonly resourceGroupName: pulumi.Input<string>;
  readonly location: pulumi.Input<string>;
  readonly environmentId: pulumi.Input<string>;
  /** The live app; undefined: there is none yet. */
  readonly live: pulumi.Output<LiveResource | undefined>;
  /** Has a write tried again while another operation runs on the app. */
  readonly onError: pulumi.ErrorHook;
}

/** The container app of the gateway, with what keeps an update from losing what others have put on it. */
export function createContainerApp(
  name: string,
  args: ResolvedArgs,
  place: AppPlace,
  parent: pulumi.Resource,
): ContainerApp {
  const secrets = secretsOf(args);
  const appArgs = containerAppArgs(args, secrets, place);
  const beforeUpdate = [keepSecrets(name, args, Object.keys(secrets), parent)];
  return new ContainerApp(`${name}-app`, appArgs, {
    parent,
    protect: args.deletionProtection,
    ignoreChanges: appIgnores(args),
    hooks: { beforeUpdate, onError: [place.onError] },
    transformations: [keepSecretsNested(appArgs)],
  });
}

type Secrets = ReturnType<typeof secretsOf>;

/** The same arguments give the same app, on every machine. */
function containerAppArgs(args: ResolvedArgs, secrets: Secrets, place: AppPlace): app.ContainerAppArgs {
  const declared = declaredTags(args, appOwnTags(args, Object.keys(secrets)));
  return {
    containerAppName: args.containerAppName,
    resourceGroupName: place.resourceGroupName,
    location: place.location,
    environmentId: place.environmentId,
    // Ours has the profile. Another may know none, and then refuses the name; where there are some, Azure takes this one itself.
    ...(args.existingEnvironmentResourceGroup === undefined ? { workloadProfileName: "Consumption" } : {}),
    tags: place.live.apply((live) => keepForeignTags({ ...declared, ...retryTags(live) }, live?.tags)),
    configuration: {
      activeRevisionsMode: args.activeRevisionsMode,
      ...(args.ingress ? { ingress: ingress(args) } : {}),
      secrets: Object.entries(secrets).map(([name, value]) => ({ name, value })),
    },
    template: {
      containers: [container(args, secrets)],
      scale: {
        minReplicas: args.minReplicas,
        maxReplicas: args.maxReplicas,
        ...(hasHttpIngress(args)
          ? { rules: [{ name: "http", http: { metadata: { concurrentRequests: String(args.concurrentRequests) } } }] }
          : {}),
      },
      terminationGracePeriodSeconds: args.drainSeconds + killMargin,
      ...(args.gatewayConfig === undefined ? {} : { volumes: [configVolume] }),
    },
  };
}

/**
 * Keeps secrets where they are in the configuration. azure-native's constructor lifts the configuration into one output, so
 * that a single secret in it hides all of it: a preview could then not show what happens to affinity.
 */
function keepSecretsNested(args: app.ContainerAppArgs): pulumi.ResourceTransformation {
  return ({ props, opts }) => ({ props: { ...props, configuration: args.configuration }, opts });
}

function ingress(args: ResolvedArgs) {
  const allowed = args.ipAllow.map((ipAddressRange, index) => {
    return { name: `allow-${index + 1}`, action: "Allow", ipAddressRange };
  });
  return {
    external: args.external,
    targetPort: args.targetPort,
    transport: args.transport,
    allowInsecure: args.allowInsecure,
    clientCertificateMode: args.clientCertificateMode,
    traffic: [{ latestRevision: true, weight: 100 }],
    // Declared, and never left out: a PUT without it would reset affinity until the command has run again.
    ...(hasHttpIngress(args) ? { stickySessions: { affinity: wantedAffinity(args) } } : {}),
    ...(allowed.length === 0 ? {} : { ipSecurityRestrictions: allowed }),
  };
}

function container(args: ResolvedArgs, secrets: Secrets) {
  const references = Object.keys(args.secretEnv).map((name) => ({ name, secretRef: secretName(name) }));
  return {
    name: "agentgateway",
    image: args.image,
    ...(args.gatewayConfig === undefined ? {} : usesConfig),
    env: [
      ...Object.entries(args.env).map(([name, value]) => ({ name, value })),
      ...references,
      ...(args.sessionKey === undefined ? [] : [{ name: "SESSION_KEY", secretRef: "session-key" }]),
      ...drain(args.drainSeconds),
      ...(Object.keys(secrets).length === 0
        ? []
        : [{ name: "SECRETS_DIGEST", value: secretsDigest(args.containerAppName, secrets) }]),
    ],
    resources: { cpu: args.cpu, memory: args.memory },
    probes: probes(),
  };
}

/**
 * The gateway's side of draining. AgentGateway 1.4.1 ends at once on SIGTERM, whatever CONNECTION_TERMINATION_DEADLINE says;
 * with a minimum it lets calls in flight finish for twice that time (measured: minimum 3 s, a call of 5 s finishes, exit
 * after 6 s).
 */
function drain(seconds: number): { name: string; value: string }[] {
  return seconds === 0 ? [] : [{ name: "CONNECTION_MIN_TERMINATION_DEADLINE", value: `${Math.ceil(seconds / 2)}s` }];
}

/** Start-up is given 60 s; after it, three failures in a row take a replica out of the rotation, or restart it. */
function probes() {
  const httpGet = { path: "/healthz/ready", port: healthPort };
  return [
    { type: "Startup", httpGet, periodSeconds: 6, failureThreshold: 10 },
    { type: "Readiness", httpGet, periodSeconds: 5, failureThreshold: 3 },
    { type: "Liveness", httpGet, periodSeconds: 10, failureThreshold: 3 },
  ];
}
