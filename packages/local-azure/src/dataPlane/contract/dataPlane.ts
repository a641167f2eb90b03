/**
 * The interface between the control plane and the data plane, which runs replicas behind an ingress. Types only:
 * `createDataPlane` in `dataPlaneServer.ts` implements them, and tests of the control plane use a stand-in.
 */

/** One container of a revision's template, in the shape of the published API model. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** Environment variables, with secret references resolved. */
  readonly env: Readonly<Record<string, string>>;
  readonly probes: readonly ProbeSpec[];
  /** Files of the container by path, from secret volumes, with secret references resolved. */
  readonly files: Readonly<Record<string, string>>;
}

/** A startup, readiness or liveness probe, with the defaults of Container Apps. */
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
  /** With 0, no replica runs after a cool-down period without requests; the next request starts one. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Seconds without a request after which the last replica stops, if minReplicas is 0; default 300. */
  readonly cooldownSeconds?: number;
  /**
   * Concurrent requests per replica in the HTTP scale rule. Without it, there is no rule and minReplicas replicas run.
   */
  readonly concurrentRequests?: number;
  /** Seconds from SIGTERM to SIGKILL when a replica stops; default 30. */
  readonly terminationGracePeriodSeconds: number;
}

export interface IngressSpec {
  readonly appId: string;
  readonly appName: string;
  readonly transport: "auto" | "http" | "http2" | "tcp";
  readonly allowInsecure: boolean;
  readonly affinity: "sticky" | "none";
  /** CIDRs that can connect; empty means all. */
  readonly allowedRanges: readonly string[];
  readonly clientCertificateMode: "ignore" | "accept" | "require";
}

export interface ReplicaStatus {
  readonly name: string;
  readonly createdTime: string;
  readonly runningState: "Running" | "NotRunning" | "Unknown";
  readonly ready: boolean;
  readonly restartCount: number;
  /** Process id; undefined while no process runs. For tests that kill a replica. */
  readonly pid?: number;
}

/** A log line of a replica, or of the platform about that replica. */
export interface LogLine {
  /** The replica's lines are numbered from 1, so that a follower can tell new ones. */
  readonly number: number;
  /** When the line was written, ISO 8601. */
  readonly time: string;
  readonly source: "replica" | "platform";
  readonly text: string;
}

/** What an ingress counted. Tests compare it with what clients report. */
export interface IngressCounters {
  readonly requests: number;
  readonly requestsByReplica: Readonly<Record<string, number>>;
  /** MCP sessions that replicas created. */
  readonly sessions: number;
  /** Sessions with a request that went to a replica other than the one that created the session. */
  readonly sessionsMoved: number;
  /** Affinity cookies sent to clients. */
  readonly newCookies: number;
  /** Requests without a complete answer: no replica, dropped connection, timeout, or the client disconnected. */
  readonly failed: number;
}

/**
 * Thrown by `startRevision` if a replica does not become ready in time. The message has the reason, from probes and
 * logs.
 */
export class RevisionFailed extends Error {}

/** Thrown by `startRevision` if the revision is stopped before it is ready. */
export class RevisionStopped extends Error {}

export interface DataPlane extends AsyncDisposable {
  /**
   * Opens the app's https address, or updates its settings. The first call picks a port, which stays the same until
   * `closeIngress`. Resolves to the host and port for clients, for example `127.0.0.1:40123`.
   */
  openIngress(spec: IngressSpec): Promise<{ readonly fqdn: string }>;
  closeIngress(appId: string): Promise<void>;
  /**
   * Starts the revision's replicas. Resolves when the probes of minReplicas replicas (at least one) pass. After a
   * failure, replicas keep restarting until the revision is stopped.
   *
   * @throws {RevisionFailed}
   * @throws {RevisionStopped}
   */
  startRevision(spec: RevisionSpec): Promise<void>;
  /**
   * Waits after a failed start. Resolves to true once minReplicas (at least one) are ready, to false if it is stopped
   * first.
   */
  recovered(appId: string, revision: string): Promise<boolean>;
  /** Routes new requests to this revision, or to none. */
  route(appId: string, revision: string | undefined): void;
  /**
   * Stops sending requests to the revision's replicas. Sends the replicas SIGTERM, and SIGKILL after the grace period.
   * Resolves when they have ended.
   */
  stopRevision(appId: string, revision: string): Promise<void>;
  /**
   * Replaces the replicas one after the other with replicas that have these settings, such as new secret values.
   * Resolves when the new ones are ready; the old ones may still drain.
   */
  restartRevision(spec: RevisionSpec): Promise<void>;
  replicas(appId: string, revision: string): readonly ReplicaStatus[];
  /** Scales a running revision, as autoscaling does, without a new revision. Resolves when that is done. */
  setReplicaCount(appId: string, revision: string, count: number): Promise<void>;
  /** Returns what the app's ingress has counted since it was opened; undefined if the app has no ingress. */
  counters(appId: string): IngressCounters | undefined;
  /** Returns the last log lines of the replica, oldest first; without a name, of all replicas of the revision. */
  logs(appId: string, revision: string, replica?: string): readonly LogLine[];
}

export interface DataPlaneOptions {
  /** Certificate for 127.0.0.1 and localhost, PEM. */
  readonly tls: { readonly key: string; readonly cert: string };
  /** Default `pinned`. */
  readonly policy?: "pinned" | "hash";
  /** Default `acaAffinity`. */
  readonly cookie?: string;
  /** Command line of a replica, optionally with `{port}` and `{healthPort}`; default: this project's MCP server. */
  readonly replicaCommand?: string;
  /** Times of the HTTP scale rule; default: Azure's times. */
  readonly scaling?: { readonly intervalSeconds: number; readonly stabilizationSeconds: number };
  /** Folder for the replicas' files, created with mode 0700. */
  readonly directory: string;
}
