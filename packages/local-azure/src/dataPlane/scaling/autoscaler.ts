import type { RevisionSpec } from "../contract/dataPlane.ts";
import { nextReplicas, type ScalingTimes, shouldScaleToZero, type Want, wantedReplicas } from "./scaler.ts";

/** A revision that takes requests, with what the autoscaler needs to know. */
export interface Scalable {
  readonly spec: RevisionSpec;
  readonly replicas: number;
  /** Number of requests that the app's ingress has received so far. */
  readonly requests: number;
  /** Seconds since the last request ended. */
  readonly idleSeconds: number;
  scale(replicas: number): Promise<void>;
}

interface Memory {
  readonly wants: Want[];
  requests: number;
  busy: boolean;
}

/** Scales revisions at regular intervals, by their HTTP rule and down to zero, until it is disposed. */
export class Autoscaler implements Disposable {
  readonly #times: ScalingTimes;
  readonly #list: () => readonly Scalable[];
  readonly #memories = new Map<string, Memory>();
  readonly #timer: NodeJS.Timeout;

  constructor(times: ScalingTimes, list: () => readonly Scalable[]) {
    this.#times = times;
    this.#list = list;
    this.#timer = setInterval(() => this.#decide(Date.now()), times.intervalSeconds * 1000).unref();
  }

  #decide(now: number): void {
    const list = this.#list();
    const names = new Set(list.map(({ spec }) => spec.revision));
    for (const name of this.#memories.keys()) if (!names.has(name)) this.#memories.delete(name);
    for (const scalable of list) this.#decideFor(scalable, now);
  }

  #decideFor({ spec, replicas, requests, idleSeconds, scale }: Scalable, now: number): void {
    const memory = this.#memories.get(spec.revision) ?? { wants: [], requests, busy: false };
    this.#memories.set(spec.revision, memory);
    const { intervalSeconds, stabilizationSeconds } = this.#times;
    memory.wants.push({ at: now, replicas: wantedReplicas(spec, requests - memory.requests, intervalSeconds) });
    memory.requests = requests;
    // Two more decisions than the window has, so that the window is always covered.
    const kept = Math.ceil(stabilizationSeconds / intervalSeconds) + 2;
    if (memory.wants.length > kept) memory.wants.shift();
    const next = shouldScaleToZero(spec, idleSeconds) ? 0 : nextReplicas(replicas, memory.wants, now, this.#times);
    // From zero, the next request starts a replica, not the rule.
    if (next === replicas || replicas === 0 || memory.busy) return;
    memory.busy = true;
    // A replica that fails to start logs the reason itself. The next decision tries again.
    void scale(next)
      .catch(() => {})
      .finally(() => {
        memory.busy = false;
      });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
