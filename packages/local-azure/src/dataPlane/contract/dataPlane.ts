/**
 * What the control plane asks of this machine: replicas behind an ingress. Types only; `createDataPlane` in
 * `dataPlaneServer.ts` implements them, and control-plane tests may stand in for them.
 */

/** One container of a revision's template, in the shape of the published API model. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** Environment with secret references already resolved to values. */
  readonly env: Readonly<Record<string, string>>;
  readonly probes: readonly ProbeSpec[];
  /** Files that the container sees, path -> content (secret volumes, resolved). */
  readonly files: Readonly<Record<string, string>>;
}

/** A startup, readiness or liveness probe; defaults are Container Apps' own. */
export interface ProbeSpec {
  readonly type: "Startup" | "Readiness" | "Liveness";
  readonly httpGet?: { readonly path: string; readonly port: number };
  readonly tcpSocket?: { readonly port: number };
  /** Seconds; default 0. */
  readonly initialDelaySeconds?: number;
  /** Seconds; default 10. */
  readonly periodSeconds?: number;
  /** Seconds; default 1. */
  readonly timeoutSeconds?: number;
  /** Default 3. */
  readonly failureThreshold?: number;
  /** Default 1. */
  readonly successThreshold?: number;
}

export interface RevisionSpec {
  /** ARM id of the app in lower case. */
  readonly appId: string;
  readonly appName: string;
  /** For example `agw-prod-app--0000001`. */
  readonly revision: string;
  readonly containers: readonly ContainerSpec[];
  readonly targetPort: number;
  /** 0: none runs once no request has come for the cool-down, and the next one starts a replica. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Seconds without a request before the last replica goes; default 300. */
  readonly cooldownSeconds?: number;
  /** Concurrent requests per replica of the HTTP scale rule; undefined: no rule, stays at minReplicas. */
  readonly concurrentRequests?: number;
  /** Seconds that requests in flight have when a replica goes; default 30. */
  readonly terminationGracePeriodSeconds: number;
}

export interface IngressSpec {
  readonly appId: string;
  readonly appName: string;
  readonly transport: "auto" | "http" | "http2" | "tcp";
  readonly allowInsecure: boolean;
  readonly affinity: "sticky" | "none";
  /** CIDRs that may connect; empty: all. */
  readonly allowedRanges: readonly string[];
  readonly clientCertificateMode: "ignore" | "accept" | "require";
}

export interface ReplicaStatus {
  readonly name: string;
  readonly createdTime: string;
  readonly runningState: "Running" | "NotRunning" | "Unknown";
  readonly ready: boolean;
  readonly restartCount: number;
  /** Of the replica's process; undefined while it has none. For tests that kill one replica by its id. */
  readonly pid?: number;
}

/** A line that a replica wrote, or one of the platform's on it. */
export interface LogLine {
  /** Counts a replica's lines from 1, so that whoever follows knows which are new. */
  readonly number: number;
  /** When it came, ISO 8601. */
  readonly time: string;
  readonly source: "replica" | "platform";
  readonly text: string;
}

/** What an ingress saw, for comparison with what a client says it saw. */
export interface IngressCounters {
  readonly requests: number;
  readonly requestsByReplica: Readonly<Record<string, number>>;
  /** MCP sessions that replicas made. */
  readonly sessions: number;
  /** Of those, the ones of which a request went to another replica than the one that made it. */
  readonly sessionsMoved: number;
  /** Affinity cookies handed out. */
  readonly newCookies: number;
  /** Requests that got no complete answer: no replica, cut off, timed out, or given up by the client. */
  readonly failed: number;
}

/** Thrown by `startRevision` when a replica did not become ready in time; the message says why, from probes and logs. */
export class RevisionFailed extends Error {}

/** Thrown by `startRevision` when the revision was stopped before it was ready. */
export class RevisionStopped extends Error {}

export interface DataPlane extends AsyncDisposable {
  /**
   * Opens the app's own https address, or changes what it does. The port is picked at the first call and kept until
   * `closeIngress`. Resolves to the authority that clients use, for example `127.0.0.1:40123`.
   */
  openIngress(spec: IngressSpec): Promise<{ readonly fqdn: string }>;
  closeIngress(appId: string): Promise<void>;
  /**
   * Starts the revision's replicas; resolves when minReplicas (at least one) are ready by their probes. Those that are not go on
   * being started, until the revision is stopped.
   *
   * @throws {RevisionFailed}
   * @throws {RevisionStopped}
   */
  startRevision(spec: RevisionSpec): Promise<void>;
  /** After a failed start: resolves to true once as many replicas are ready as it waited for, to false when it is stopped. */
  recovered(appId: string, revision: string): Promise<boolean>;
  /** Sends new requests to this revision, or to none. */
  route(appId: string, revision: string | undefined): void;
  /** Takes the revision's replicas out of the rotation, lets requests in flight finish, ends the processes. */
  stopRevision(appId: string, revision: string): Promise<void>;
  /** Restarts each replica with this specification (new secret values), one after the other. */
  restartRevision(spec: RevisionSpec): Promise<void>;
  replicas(appId: string, revision: string): readonly ReplicaStatus[];
  /** Scales the running revision out or in without a new revision, as autoscaling does; resolves when that is done. */
  setReplicaCount(appId: string, revision: string, count: number): Promise<void>;
  /** What the app's ingress counted since it was opened; undefined: the app has no ingress. */
  counters(appId: string): IngressCounters | undefined;
  /** The last lines that the replica wrote, oldest first; of all replicas of the revision where none is named. */
  logs(appId: string, revision: string, replica?: string): readonly LogLine[];
}

export interface DataPlaneOptions {
  /** Certificate for 127.0.0.1 and localhost, PEM. */
  readonly tls: { readonly key: string; readonly cert: string };
  /** Default `pinned`. */
  readonly policy?: "pinned" | "hash";
  /** Default `acaAffinity`. */
  readonly cookie?: string;
  /** Command line of a replica with `{port}` and optionally `{healthPort}`; default: the project's own MCP server. */
  readonly replicaCommand?: string;
  /** When replicas are added and removed by the HTTP rule; default: Azure's times. */
  readonly scaling?: { readonly intervalSeconds: number; readonly stabilizationSeconds: number };
  /** Where replicas' files and logs go, 0700. */
  readonly directory: string;
}
