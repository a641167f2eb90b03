import {
  type DataPlane,
  type IngressSpec,
  type ReplicaStatus,
  RevisionFailed,
  type RevisionSpec,
} from "../../../packages/local-azure/src/dataPlane/contract/dataPlane.ts";

/** A data plane without processes, for tests of the control plane. It records calls, and executes them at once. */
export interface FakeDataPlane extends DataPlane {
  /** Ingresses by app ID. */
  readonly ingresses: Map<string, IngressSpec>;
  /** Running revisions by name. */
  readonly running: Map<string, RevisionSpec>;
  /** Calls in order: `start NAME`, `route NAME`, `stop NAME`, `restart NAME`. */
  readonly asked: string[];
  /** Reason with which the next revisions fail. */
  failWith: string | undefined;
  /** Until it resolves, ingresses do not open, and so operations on apps do not end. */
  gate: Promise<void>;
  /** Until it resolves, revisions do not become ready. */
  starting: Promise<void>;
  /** Whether a failed revision can still become ready. */
  recovery: Promise<boolean>;
}

export function fakeDataPlane(): FakeDataPlane {
  let port = 40_000;
  const plane: FakeDataPlane = {
    ingresses: new Map(),
    running: new Map(),
    asked: [],
    failWith: undefined,
    gate: Promise.resolve(),
    starting: Promise.resolve(),
    recovery: new Promise(() => {}),
    async openIngress(spec) {
      await plane.gate;
      plane.ingresses.set(spec.appId, spec);
      port += 1;
      return { fqdn: `127.0.0.1:${port}` };
    },
    async closeIngress(appId) {
      plane.ingresses.delete(appId);
    },
    async startRevision(spec) {
      plane.asked.push(`start ${spec.revision}`);
      await plane.starting;
      if (plane.failWith !== undefined) throw new RevisionFailed(plane.failWith);
      plane.running.set(spec.revision, spec);
    },
    recovered: () => plane.recovery,
    route(_appId, revision) {
      plane.asked.push(`route ${revision}`);
    },
    async stopRevision(_appId, revision) {
      plane.asked.push(`stop ${revision}`);
      plane.running.delete(revision);
    },
    async restartRevision(spec) {
      plane.asked.push(`restart ${spec.revision}`);
      plane.running.set(spec.revision, spec);
    },
    async setReplicaCount() {},
    counters: () => undefined,
    replicas: (_appId, revision) => replicasOf(plane.running.get(revision)),
    logs: () =>
      ["started", "ready"].map((text, index) => ({
        number: index + 1,
        time: "2026-01-01T00:00:00.000Z",
        source: "replica",
        text,
      })),
    async [Symbol.asyncDispose]() {},
  };
  return plane;
}

function replicasOf(spec: RevisionSpec | undefined): ReplicaStatus[] {
  if (spec === undefined) return [];
  return Array.from({ length: Math.max(1, spec.minReplicas) }, (_, index) => ({
    name: `${spec.revision}-replica-${index}`,
    createdTime: "2026-01-01T00:00:00Z",
    runningState: "Running",
    ready: true,
    restartCount: 0,
  }));
}
