import type * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link AgentGateway}. Values that decide which resources exist are plain, the others `Input`s. */
export interface AgentGatewayArgs {
  /** A tag on every resource; also decides some defaults and rules. */
  readonly environment: "dev" | "staging" | "prod";
  /** Name of the container app. */
  readonly containerAppName: string;
  /** Resource group of the created resources. */
  readonly resourceGroupName: string;
  /** Whether the resource group already exists; if so, destroy keeps it. Default: false. */
  readonly existingResourceGroup?: boolean | undefined;
  /** Azure region. Required unless the resource group exists. The app runs in its environment's region. */
  readonly location?: string | undefined;
  /** Name of the Container Apps environment. */
  readonly environmentName: string;
  /** Resource group of an existing environment, which destroy keeps. Default: an environment is created. */
  readonly existingEnvironmentResourceGroup?: string | undefined;
  /** Name of the Log Analytics workspace; created only with an environment. */
  readonly workspaceName: string;
  /** Container image with a tag or digest. */
  readonly image: string;
  /** Port that the gateway listens on for clients. Default: 8080. */
  readonly targetPort?: number | undefined;
  /** Whether the app has an ingress. Default: true. */
  readonly ingress?: boolean | undefined;
  /** Whether the ingress is reachable from outside the environment. Default: true. */
  readonly external?: boolean | undefined;
  /** Default: auto (HTTP/1.1 and HTTP/2). Affinity needs auto, http or http2. */
  readonly transport?: "auto" | "http" | "http2" | "tcp" | undefined;
  /** Default: Single. Affinity needs Single. */
  readonly activeRevisionsMode?: "Single" | "Multiple" | undefined;
  /** vCPUs per replica, 0.25 to 4 in steps of 0.25. Default: 1. */
  readonly cpu?: number | undefined;
  /** Memory per replica. Must be 2 Gi per vCPU, which is also the default. */
  readonly memory?: string | undefined;
  /** Minimum number of replicas, 0 to 1000. Default: 2 in prod, otherwise 1. */
  readonly minReplicas?: number | undefined;
  /** Maximum number of replicas, 1 to 1000. Default: 10 in prod, otherwise 3. */
  readonly maxReplicas?: number | undefined;
  /** Concurrent requests per replica at which Container Apps adds another. Default: 100. */
  readonly concurrentRequests?: number | undefined;
  /** Session affinity: declared on the app, applied with the Azure CLI and verified on every update. Default: true. */
  readonly enableStickySessions?: boolean | undefined;
  /** Confirms that affinity is off on purpose: silences the warning and tags the app. Default: false. */
  readonly acknowledgeNoAffinity?: boolean | undefined;
  /** Content of AgentGateway's configuration file, mounted as a secret. Default: the gateway starts without one. */
  readonly gatewayConfig?: pulumi.Input<string> | undefined;
  /** SESSION_KEY of every replica, 64 hex digits; encrypts session IDs. Default: none, session IDs are readable. */
  readonly sessionKey?: pulumi.Input<string> | undefined;
  /** Environment variables of the gateway. */
  readonly env?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /** Environment variables whose values are stored as secrets of the app. */
  readonly secretEnv?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /** Seconds that in-flight calls have to finish when a replica stops, 0 to 590. Default: 30. */
  readonly drainSeconds?: number | undefined;
  /** Seconds that an update waits for the latest revision to become ready, 10 to 3600. Default: 300. */
  readonly readySeconds?: number | undefined;
  /** Whether plain HTTP is allowed. Default: false, HTTP is redirected to HTTPS. */
  readonly allowInsecure?: boolean | undefined;
  /** IPv4 ranges that are allowed to connect. Default: all. */
  readonly ipAllow?: readonly string[] | undefined;
  /** How the ingress handles client certificates. Default: ignore. */
  readonly clientCertificateMode?: "ignore" | "accept" | "require" | undefined;
  /**
   * Names of secrets on the live app that an update may delete although this stack does not declare them. Any other
   * undeclared secret stops the update. Default: none.
   */
  readonly dropSecrets?: readonly string[] | undefined;
  /**
   * Protects the resource group, workspace, environment, diagnostic setting and app from deletion and replacement
   * (Pulumi's `protect`). Default: true in prod, otherwise false.
   */
  readonly deletionProtection?: boolean | undefined;
  /** Tags on every resource, in addition to `environment`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Defaults that are the same in all environments. */
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

/** The arguments with all defaults filled in. {@link Optional} arguments have none. */
export type ResolvedArgs = {
  readonly [K in Exclude<keyof AgentGatewayArgs, Optional>]-?: Exclude<AgentGatewayArgs[K], undefined>;
} & Pick<AgentGatewayArgs, Optional>;

/** Fills in the defaults. An argument that is explicitly undefined gets its default too. */
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

/** The affinity that the arguments request. */
export const wantedAffinity = (args: ResolvedArgs): "sticky" | "none" =>
  args.enableStickySessions ? "sticky" : "none";

/** Whether the app has an HTTP ingress, which affinity needs. */
export const hasHttpIngress = (args: ResolvedArgs): boolean => args.ingress && args.transport !== "tcp";
