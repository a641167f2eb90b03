/** Input of the rules. `appFacts` derives it from the arguments, the policy pack from a resource. */
export interface AppFacts {
  readonly affinity: "sticky" | "none";
  /** Undefined if the app has no ingress. */
  readonly transport: "auto" | "http" | "http2" | "tcp" | undefined;
  readonly external: boolean;
  /** Whether the stack creates the environment, which then has no virtual network. */
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
  /** Names of plain environment variables that look like secrets. */
  readonly exposed: readonly string[];
}

/** Tag on the app which confirms that affinity is off on purpose. */
export const acknowledgementTag = "agentgateway-no-affinity";
/** The only value of {@link acknowledgementTag} that counts. */
export const acknowledged = "acknowledged";
