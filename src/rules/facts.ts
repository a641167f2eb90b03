import { type AgentGatewayArgs, type ResolvedArgs, wantedAffinity } from "../args.ts";

/** The environments that there are rules for. */
export const environments = ["dev", "staging", "prod"] as const satisfies readonly AgentGatewayArgs["environment"][];

/** What a rule looks at: the same for settings not yet deployed and for an app that a policy is shown. */
export interface AppFacts {
  readonly affinity: "sticky" | "none";
  /** Undefined: the app has no ingress. */
  readonly transport: "auto" | "http" | "http2" | "tcp" | undefined;
  readonly allowInsecure: boolean;
  readonly activeRevisionsMode: "Single" | "Multiple";
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly image: string;
  /** vCPU of one replica. */
  readonly cpu: number;
  /** Memory of one replica, as `2Gi`. */
  readonly memory: string;
  readonly acknowledgeNoAffinity: boolean;
  /** Whether replicas get a SESSION_KEY. */
  readonly hasSessionKey: boolean;
  readonly environment: AgentGatewayArgs["environment"] | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** What the rules look at, of arguments. */
export function appFacts(args: ResolvedArgs): AppFacts {
  return {
    affinity: wantedAffinity(args),
    transport: args.ingress ? args.transport : undefined,
    allowInsecure: args.allowInsecure,
    activeRevisionsMode: args.activeRevisionsMode,
    minReplicas: args.minReplicas,
    maxReplicas: args.maxReplicas,
    image: args.image,
    cpu: args.cpu,
    memory: args.memory,
    acknowledgeNoAffinity: args.acknowledgeNoAffinity,
    hasSessionKey: args.sessionKey !== undefined,
    environment: args.environment,
    tags: { ...args.tags, environment: args.environment },
  };
}

/** The tag that says, on the app itself, that its lack of affinity is meant. */
export const acknowledgementTag = "agentgateway-no-affinity";
/** Its value; any other means nothing. */
export const acknowledged = "acknowledged";
