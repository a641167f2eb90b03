import type * as pulumi from "@pulumi/pulumi";

/** What {@link AgentGateway} takes. Plain values decide which resources there are; `Input`s flow through to them. */
export interface AgentGatewayArgs {
  /** dev, staging or prod: a tag of every resource, and what the rules look at. */
  readonly environment: "dev" | "staging" | "prod";
  /** Name of the container app. */
  readonly containerAppName: string;
  /** Resource group of all that is created. */
  readonly resourceGroupName: string;
  /** Use the resource group that is there, and leave it on destroy. Default: false. */
  readonly existingResourceGroup?: boolean | undefined;
  /** Azure region. Default: that of the existing resource group; else required. The app is where its environment is. */
  readonly location?: string | undefined;
  /** Name of the Container Apps environment. */
  readonly environmentName: string;
  /** Use the environment that is there, in this resource group, and leave it on destroy. Default: create one. */
  readonly existingEnvironmentResourceGroup?: string | undefined;
  /** Name of the Log Analytics workspace that comes with an environment of our own. */
  readonly workspaceName: string;
  /** Container image with tag or digest. */
  readonly image: string;
  /** Port that the gateway listens on for clients. Default: 8080. */
  readonly targetPort?: number | undefined;
  /** Whether the app has an ingress at all. Default: true. */
  readonly ingress?: boolean | undefined;
  /** Reachable from outside the environment. Default: true. */
  readonly external?: boolean | undefined;
  /** Default: auto (HTTP/1.1 and HTTP/2). Affinity needs auto, http or http2. */
  readonly transport?: "auto" | "http" | "http2" | "tcp" | undefined;
  /** Default: Single. Affinity needs Single. */
  readonly activeRevisionsMode?: "Single" | "Multiple" | undefined;
  /** vCPU of a replica, 0.25 to 4 in steps of 0.25. Default: 1. */
  readonly cpu?: number | undefined;
  /** Memory of a replica, twice `cpu` in Gi. Default: just that. */
  readonly memory?: string | undefined;
  /** Replicas at the least, 0 to 1000. Default: 2 in prod, else 1. */
  readonly minReplicas?: number | undefined;
  /** Replicas at the most, 1 to 1000. Default: 10 in prod, else 3. */
  readonly maxReplicas?: number | undefined;
  /** Concurrent requests of a replica that make Container Apps add another. Default: 100. */
  readonly concurrentRequests?: number | undefined;
  /** Session affinity: applied by the Azure CLI, declared on the app, verified on every update. Default: true. */
  readonly enableStickySessions?: boolean | undefined;
  /** No affinity over several replicas is meant: no warning, and a tag of the app says so. Default: false. */
  readonly acknowledgeNoAffinity?: boolean | undefined;
  /** Content of the gateway's configuration file, mounted as a secret. Default: the gateway starts without one. */
  readonly gatewayConfig?: pulumi.Input<string> | undefined;
  /** 64 hex digits, SESSION_KEY of every replica; encrypts the session ids. Default: none, ids are readable. */
  readonly sessionKey?: pulumi.Input<string> | undefined;
  /** Environment variables of the gateway. */
  readonly env?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /** Environment variables whose values are kept as secrets of the app. */
  readonly secretEnv?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /** Seconds that calls in flight have to finish when a replica goes, 0 to 590. Default: 30. */
  readonly drainSeconds?: number | undefined;
  /** Seconds that an update waits for the latest revision to become ready, 10 to 3600. Default: 300. */
  readonly readySeconds?: number | undefined;
  /** Plain http as well as https. Default: false, http is redirected. */
  readonly allowInsecure?: boolean | undefined;
  /** IPv4 ranges that may connect. Default: all. */
  readonly ipAllow?: readonly string[] | undefined;
  /** Client certificates at the ingress. Default: ignore. */
  readonly clientCertificateMode?: "ignore" | "accept" | "require" | undefined;
  /**
   * Names of secrets on the live app that an update may delete, although this stack does not declare them. Default: none; an
   * update that would delete one stops.
   */
  readonly dropSecrets?: readonly string[] | undefined;
  /**
   * Protects the resource group, the workspace, the environment with its diagnostic setting, and the app from being deleted or
   * replaced (Pulumi's `protect`). Default: true in prod, else false.
   */
  readonly deletionProtection?: boolean | undefined;
  /** Tags of every resource, in addition to `environment`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Every default that is the same in all environments; the only place that has them. */
export const defaults = {
  existingResourceGroup: false,
  targetPort: 8080,
  ingress: true,
  external: true,
  transport: "auto",
  activeRevisionsMode: "Single",
  cpu: 1,
  concurrentRequests: 100,
  enableStickySessions: true,
  acknowledgeNoAffinity: false,
  env: {},
  secretEnv: {},
  drainSeconds: 30,
  readySeconds: 300,
  allowInsecure: false,
  ipAllow: [],
  clientCertificateMode: "ignore",
  dropSecrets: [],
  tags: {},
} as const satisfies Partial<AgentGatewayArgs>;

type Optional = "location" | "existingEnvironmentResourceGroup" | "gatewayConfig" | "sessionKey";

/** The arguments with every default filled in; what stays optional has none. */
export type ResolvedArgs = {
  readonly [K in Exclude<keyof AgentGatewayArgs, Optional>]-?: Exclude<AgentGatewayArgs[K], undefined>;
} & Pick<AgentGatewayArgs, Optional>;

/** Fills in the defaults; an argument that is explicitly undefined counts as not given. */
export function resolveArgs(args: AgentGatewayArgs): ResolvedArgs {
  const prod = args.environment === "prod";
  const dependent = {
    memory: `${(args.cpu ?? defaults.cpu) * 2}Gi`,
    minReplicas: prod ? 2 : 1,
    maxReplicas: prod ? 10 : 3,
    deletionProtection: prod,
  };
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as typeof args;
  return { ...defaults, ...dependent, ...given } as ResolvedArgs;
}

/** The affinity that the arguments ask for. */
export const wantedAffinity = (args: ResolvedArgs): "sticky" | "none" =>
  args.enableStickySessions ? "sticky" : "none";

/** Whether the app's ingress can have affinity at all: HTTP, and not TCP or none. */
export const hasHttpIngress = (args: ResolvedArgs): boolean => args.ingress && args.transport !== "tcp";
