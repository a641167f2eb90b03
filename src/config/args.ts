import type * as pulumi from "@pulumi/pulumi";
import type { AppFacts } from "../rules/facts.ts";
import { secretLook } from "../rules/secretLooks.ts";
import { type environments, keys, type Values } from "./keys.ts";

/** Arguments that differ from the configuration keys of the same name, or that a program must pass. */
interface OwnArgs {
  /** A tag on every resource; also decides some defaults and rules. */
  readonly environment: (typeof environments)[number];
  /** Name of the container app. */
  readonly containerAppName: string;
  /** Resource group of the created resources. */
  readonly resourceGroupName: string;
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
  /** Content of AgentGateway's configuration file, mounted as a secret. Default: the gateway starts without one. */
  readonly gatewayConfig?: pulumi.Input<string> | undefined;
  /** SESSION_KEY of every replica, 64 hex digits; encrypts session IDs. Default: none, session IDs are readable. */
  readonly sessionKey?: pulumi.Input<string> | undefined;
  /** Environment variables of the gateway. Default: none. */
  readonly env?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /** Environment variables whose values are stored as secrets of the app. Default: none. */
  readonly secretEnv?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
}

/** Configuration keys that aren't arguments: they only determine the names of resources. */
type OnlyKeys = "baseName" | "deploymentStamp" | "existingEnvironmentName";

/**
 * Arguments of {@link AgentGateway}: those above, and the other configuration keys with their defaults. Only values that
 * don't decide which resources exist can be `Input`s.
 */
export interface AgentGatewayArgs extends OwnArgs, Omit<Values, keyof OwnArgs | OnlyKeys> {}

/** Keys whose defaults don't apply to the arguments. */
const withoutDefaults: readonly string[] = ["baseName", "location", "image", "gatewayConfig"];

type Optional = "location" | "existingEnvironmentResourceGroup" | "gatewayConfig" | "sessionKey";

/** The arguments with all defaults filled in. {@link Optional} arguments have none. */
export type ResolvedArgs = {
  readonly [K in Exclude<keyof AgentGatewayArgs, Optional>]-?: Exclude<AgentGatewayArgs[K], undefined>;
} & Pick<AgentGatewayArgs, Optional>;

/** Fills in the defaults. An argument that is explicitly undefined gets its default too. */
export function resolveArgs(args: AgentGatewayArgs): ResolvedArgs {
  const prod = args.environment === "prod";
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as typeof args;
  const fixed = Object.entries(keys).flatMap(([name, { default: value }]) =>
    value === undefined || withoutDefaults.includes(name) ? [] : [[name, value]],
  );
  const dependent = {
    memory: `${(args.cpu ?? keys.cpu.default ?? 1) * 2}Gi`,
    minReplicas: prod ? 2 : 1,
    maxReplicas: prod ? 10 : 3,
    deletionProtection: prod,
  };
  return { ...Object.fromEntries(fixed), ...dependent, ...given } as ResolvedArgs;
}

/** The affinity that the arguments request. */
export const wantedAffinity = (args: ResolvedArgs): "sticky" | "none" =>
  args.enableStickySessions ? "sticky" : "none";

/** Whether the app has an HTTP ingress, which affinity needs. */
export const hasHttpIngress = (args: ResolvedArgs): boolean => args.ingress && args.transport !== "tcp";

/** Derives the rules' input from arguments. */
export function appFacts(args: ResolvedArgs): AppFacts {
  return {
    affinity: wantedAffinity(args),
    transport: args.ingress ? args.transport : undefined,
    external: args.external,
    createsEnvironment: args.existingEnvironmentResourceGroup === undefined,
    clientCertificateMode: args.clientCertificateMode,
    allowInsecure: args.allowInsecure,
    activeRevisionsMode: args.activeRevisionsMode,
    minReplicas: args.minReplicas,
    maxReplicas: args.maxReplicas,
    image: args.image,
    cpu: args.cpu,
    memory: args.memory,
    acknowledgeNoAffinity: args.acknowledgeNoAffinity,
    exposed: Object.entries(args.env)
      .filter(([name, value]) => typeof value === "string" && secretLook(name, value) !== undefined)
      .map(([name]) => name),
  };
}
