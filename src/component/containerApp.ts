import { ContainerApp } from "@pulumi/azure-native/app/containerApp.js";
import type * as app from "@pulumi/azure-native/app/index.js";
import type * as pulumi from "@pulumi/pulumi";
import { hasHttpIngress, type ResolvedArgs, wantedAffinity } from "../config/args.ts";
import { secretName } from "../config/environmentVariables.ts";
import { retiredSecrets, retiredValue, secretsDigest, secretsOf } from "./appSecrets.ts";
import type { Environment } from "./environment.ts";
import type { LiveResource } from "./live/liveResources.ts";
import { appOwnTags, declaredTags, keepForeignTags, retryTags } from "./live/tags.ts";
import { appIgnores } from "./safeguards/ignoreChanges.ts";
import { keepSecrets } from "./safeguards/keepSecrets.ts";

/** The same path as in AgentGateway's Helm chart. */
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
/** AgentGateway's readiness port (1.4: READINESS_ADDR, on all interfaces). */
const healthPort = 15021;
/** Seconds that the gateway gets to shut down after drainSeconds, before Container Apps kills the replica. */
const killMargin = 10;

/** Where the app is created, and what already exists there. */
export interface AppPlace {
  readonly resourceGroupName: pulumi.Input<string>;
  /** The app waits for all its resources, so that no logs are lost. */
  readonly environment: Environment;
  /** The live app; undefined if it does not exist yet. */
  readonly live: pulumi.Output<LiveResource | undefined>;
  /** Retries a write while another operation is running on the app. */
  readonly onError: pulumi.ErrorHook;
}

/** Creates the gateway's container app, with safeguards for what others have added to it. */
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
    dependsOn: place.environment,
    protect: args.deletionProtection,
    ignoreChanges: appIgnores(args),
    hooks: { beforeUpdate, onError: [place.onError] },
    transformations: [keepSecretsNested(appArgs)],
  });
}

type Secrets = ReturnType<typeof secretsOf>;

/** The app's inputs. They depend on the arguments only, never on the machine. */
function containerAppArgs(args: ResolvedArgs, secrets: Secrets, place: AppPlace): app.ContainerAppArgs {
  const retired = (live: LiveResource | undefined) => retiredSecrets(args.dropSecrets, Object.keys(secrets), live);
  const tags = (live: LiveResource | undefined) => {
    const own = appOwnTags(args, [...Object.keys(secrets), ...retired(live)]);
    return keepForeignTags({ ...declaredTags(args, own), ...retryTags(live) }, live?.tags);
  };
  return {
    containerAppName: args.containerAppName,
    resourceGroupName: place.resourceGroupName,
    location: place.environment.location,
    environmentId: place.environment.id,
    // New environments have this profile. Existing ones either default to it, or have no profiles and refuse it.
    ...(args.existingEnvironmentResourceGroup === undefined ? { workloadProfileName: "Consumption" } : {}),
    tags: place.live.apply(tags),
    configuration: {
      activeRevisionsMode: args.activeRevisionsMode,
      ...(args.ingress ? { ingress: ingress(args) } : {}),
      secrets: place.live.apply((live) => [
        ...Object.entries(secrets).map(([name, value]) => ({ name, value })),
        ...retired(live).map((name) => ({ name, value: retiredValue })),
      ]),
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
 * Keeps secrets nested in the configuration. azure-native's constructor turns the configuration into one output, so a
 * single secret in it would hide everything, and a preview could not show what happens to affinity.
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
    traffic: [{ latestRevision: true, weight: 100 }],
    // Azure refuses both with TCP, even the mode ignore (azure-cli #28930). With HTTP, affinity is always declared: a PUT
    // without it would reset it until the affinity step runs again.
    ...(hasHttpIngress(args) && {
      clientCertificateMode: args.clientCertificateMode,
      stickySessions: { affinity: wantedAffinity(args) },
    }),
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
 * Lets the gateway drain. On SIGTERM, AgentGateway 1.4.1 accepts connections for the minimum deadline. Then it gives open
 * connections the minimum again, but at most the other deadline, which is 5 s by default (measured). So both deadlines
 * together give exactly these seconds. Without them, all calls are cut at once.
 */
function drain(seconds: number): { name: string; value: string }[] {
  const deadlines = { CONNECTION_MIN_TERMINATION_DEADLINE: seconds / 2, CONNECTION_TERMINATION_DEADLINE: seconds };
  return seconds === 0 ? [] : Object.entries(deadlines).map(([name, value]) => ({ name, value: `${value}s` }));
}

/**
 * A replica has 60 s to start. After that, three failures in a row remove it from the rotation or restart it, and either
 * ends its sessions. With Azure's default timeout of 1 s, this could happen to replicas that are only busy.
 */
function probes() {
  const common = { httpGet: { path: "/healthz/ready", port: healthPort }, timeoutSeconds: 5 };
  return [
    { type: "Startup", ...common, periodSeconds: 6, failureThreshold: 10 },
    { type: "Readiness", ...common, periodSeconds: 5, failureThreshold: 3 },
    { type: "Liveness", ...common, periodSeconds: 10, failureThreshold: 3 },
  ];
}
