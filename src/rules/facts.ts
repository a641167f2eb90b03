import { type AgentGatewayArgs, type ResolvedArgs, wantedAffinity } from "../args.ts";
import { secretLook } from "./secretLooks.ts";

/** The environments that the rules know. */
export const environments = ["dev", "staging", "prod"] as const satisfies readonly AgentGatewayArgs["environment"][];

/** Input of the rules; derived from settings by {@link appFacts}, and from a resource by the policy pack. */
export interface AppFacts {
  readonly affinity: "sticky" | "none";
  /** Undefined if the app has no ingress. */
  readonly transport: "auto" | "http" | "http2" | "tcp" | undefined;
  readonly external: boolean;
  /** Whether the environment is created with the app, so without a virtual network. */
  readonly createsEnvironment: boolean;
  readonly clientCertificateMode: "ignore" | "accept" | "require";
  readonly allowInsecure: boolean;
  readonly activeRevisionsMode: "Single" | "Multiple";
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly image: string;
  /** vCPUs per replica. */
  readonly cpu: number;
  /** Memory per replica, such as `2Gi`. */
  readonly memory: string;
  readonly acknowledgeNoAffinity: boolean;
  /** Plain environment variables that look like secrets. */
  readonly exposed: readonly string[];
}

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

/** Tag on the app which confirms that affinity is off on purpose. */
export const acknowledgementTag = "agentgateway-no-affinity";
/** The only value of {@link acknowledgementTag} that counts. */
export const acknowledged = "acknowledged";
