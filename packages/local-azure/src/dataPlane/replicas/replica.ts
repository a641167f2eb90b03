import { setTimeout as wait } from "node:timers/promises";
import type { ReplicaStatus, RevisionSpec } from "../contract/dataPlane.ts";
import type { Endpoint } from "../net/address.ts";
import { ask, type ProbePlan, planProbes, startupBudget } from "./healthProbes.ts";
import { LogBuffer } from "./logBuffer.ts";
import { exposedPorts } from "./process/exposure.ts";
import { planLaunch } from "./process/launch.ts";
import { type ReplicaProcess, startProcess } from "./process/replicaProcess.ts";
import { prepareDirectory, replicaEnvironment } from "./process/sandbox.ts";

/** Probe interval until a replica is ready, in milliseconds. Short, so that probing doesn't delay the start. */
const eager = 25;
/**
 * Backoff between restarts, in milliseconds: doubles from `first` to `last`, and resets after a run longer than
 * `steady`.
 */
const backoff = { first: 100, last: 10_000, steady: 10_000 } as const;
/** Number of exits before the process was ever ready after which nothing waits for it any longer. */
const startAttempts = 3;

export interface ReplicaOptions {
  readonly name: string;
  readonly spec: RevisionSpec;
  readonly command: readonly string[] | undefined;
  /** The replica's own directory. It is emptied at each start. */
  readonly directory: string;
  /** Called when the replica becomes ready, and when it is no longer ready. */
  onChange(): void;
}

/** One replica: a process that restarts with backoff when it ends, and is probed as the template says. */
export class Replica {
  readonly name: string;
  readonly log = new LogBuffer(2000);
  readonly #options: ReplicaOptions;
  readonly #createdTime = new Date().toISOString();
  readonly #stopping = new AbortController();
  #spec: RevisionSpec;
  #process: ReplicaProcess | undefined;
  #endpoint: Endpoint | undefined;
  #ready = false;
  #everReady = false;
  #overdue = false;
  #refused = false;
  #restarts = 0;
  #lastProblem = "not started";
  readonly #running: Promise<void>;

  constructor(options: ReplicaOptions) {
    this.name = options.name;
    this.#options = options;
    this.#spec = options.spec;
    this.#running = this.#keepRunning();
  }

  /** The addresses for requests and probes; undefined while the replica is not ready. */
  get endpoint(): Endpoint | undefined {
    return this.#ready ? this.#endpoint : undefined;
  }

  /** Whether waiting makes no sense: it is stopped or refused, its probes timed out, or it ended several times. */
  get hopeless(): boolean {
    const crashes = !this.#everReady && this.#restarts >= startAttempts;
    return this.#stopping.signal.aborted || this.#refused || this.#overdue || crashes;
  }

  /** Why the replica is not ready: the last failed probe, or how the process ended. */
  get problem(): string {
    return this.#lastProblem;
  }

  status(): ReplicaStatus {
    const pid = this.#process?.pid;
    return {
      name: this.name,
      createdTime: this.#createdTime,
      runningState: this.#process === undefined ? "NotRunning" : "Running",
      ready: this.#ready,
      restartCount: this.#restarts,
      ...(pid === undefined ? {} : { pid }),
    };
  }

  /** Ends the process for good: SIGTERM, and SIGKILL after the grace period. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.#stopping.abort();
    await this.#process?.stop(graceMilliseconds);
    await this.#running;
  }

  async #keepRunning(): Promise<void> {
    let delay: number = backoff.first;
    while (!this.#stopping.signal.aborted) {
      const started = Date.now();
      await this.#runOnce().catch((error: unknown) =>
        this.#note(error instanceof Error ? error.message : String(error)),
      );
      this.#become(false);
      if (this.#stopping.signal.aborted || this.#refused) return;
      if (Date.now() - started > backoff.steady) delay = backoff.first;
      await wait(delay, undefined, { signal: this.#stopping.signal }).catch(() => {});
      delay = Math.min(delay * 2, backoff.last);
      this.#restarts += 1;
    }
  }

  async #runOnce(): Promise<void> {
    const { name, command, directory } = this.#options;
    await prepareDirectory(directory, this.#spec);
    const process = await startProcess({
      launch: planLaunch(command, this.#spec, directory),
      directory,
      env: replicaEnvironment(this.#spec, name),
      onLine: (line) => this.log.add(line),
    });
    this.#process = process;
    // stop() was called while the process was starting.
    if (this.#stopping.signal.aborted) await process.stop(0);
    const watching = new AbortController();
    const watch = this.#watch(process, watching.signal).catch((error: unknown) => {
      if (!watching.signal.aborted && !this.#stopping.signal.aborted)
        this.#note(error instanceof Error ? error.message : String(error));
    });
    this.#note(`process ended: ${await process.ended}`);
    watching.abort();
    this.#process = undefined;
    await watch;
  }

  async #watch(process: ReplicaProcess, signal: AbortSignal): Promise<void> {
    const endpoint = await process.endpoint;
    this.#endpoint = endpoint;
    const plans = planProbes(this.#spec.containers[0]?.probes ?? [], this.#spec.targetPort, endpoint);
    const gates = plans.filter(({ type }) => type !== "Liveness");
    const deadline = Date.now() + startupBudget(gates) * 1000;
    for (const plan of gates) {
      for (let problem = await ask(plan); problem !== undefined; problem = await ask(plan)) {
        this.#lastProblem = problem;
        if (Date.now() > deadline) {
          this.#overdue = true;
          this.#note(`not ready in time: ${problem}`);
          return await process.stop(0);
        }
        await wait(eager, undefined, { signal });
      }
    }
    if (signal.aborted || this.#stopping.signal.aborted) return;
    const exposed = this.#options.command === undefined ? [] : await exposedPorts(process.pid);
    if (exposed.length > 0) {
      this.#refused = true;
      this.#note(
        `refused: other machines can reach the command on port ${exposed.join(", ")}. Make it listen only on 127.0.0.1, or remove {port} from the command to run it in a separate network namespace (Linux only)`,
      );
      return await process.stop(0);
    }
    this.#become(true);
    const lasting = plans.filter(({ type }) => type !== "Startup");
    // Stops probing the replica, so that it isn't restarted while it drains.
    const asking = AbortSignal.any([signal, this.#stopping.signal]);
    await Promise.all(lasting.map((plan) => this.#keepAsking(plan, process, asking)));
  }

  async #keepAsking(plan: ProbePlan, process: ReplicaProcess, signal: AbortSignal): Promise<void> {
    let failures = 0;
    let successes = 0;
    while (!signal.aborted) {
      await wait(plan.period * 1000, undefined, { signal, ref: false });
      const problem = await ask(plan);
      if (signal.aborted) return;
      failures = problem === undefined ? 0 : failures + 1;
      successes = problem === undefined ? successes + 1 : 0;
      if (problem !== undefined) this.#lastProblem = problem;
      if (plan.type === "Readiness" && failures >= plan.failureThreshold) this.#become(false);
      if (plan.type === "Readiness" && successes >= plan.successThreshold) this.#become(true);
      if (plan.type === "Liveness" && failures >= plan.failureThreshold) {
        this.#note(`restarted: ${problem}`);
        return await process.stop(this.#spec.terminationGracePeriodSeconds * 1000);
      }
    }
  }

  #become(ready: boolean): void {
    if (this.#ready === ready) return;
    this.#ready = ready;
    this.#everReady ||= ready;
    this.#options.onChange();
  }

  #note(problem: string): void {
    this.#lastProblem = problem;
    this.log.add(`[platform] ${problem}`, "platform");
  }
}
