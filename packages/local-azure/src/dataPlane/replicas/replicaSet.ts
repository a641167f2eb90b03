import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { removeDirectory } from "../../system/removeDirectory.ts";
import {
  type LogLine,
  type ReplicaStatus,
  RevisionFailed,
  type RevisionSpec,
  RevisionStopped,
} from "../contract/dataPlane.ts";
import { Replica } from "./replica.ts";

export interface ReplicaSetOptions {
  readonly spec: RevisionSpec;
  readonly command: readonly string[] | undefined;
  readonly directory: string;
  /** Called when the set of ready replicas changes. */
  onChange(): void;
}

/** The replicas of one revision. */
export class ReplicaSet {
  readonly #options: ReplicaSetOptions;
  readonly #replicas = new Map<string, Replica>();
  /** Replicas that get no new requests. */
  readonly #leaving = new Set<string>();
  readonly #waiting = new Set<() => void>();
  /** Logs of removed replicas. */
  readonly #oldLogs = new Map<string, readonly LogLine[]>();
  #spec: RevisionSpec;
  #closed = false;
  #waking: Promise<void> | undefined;

  constructor(options: ReplicaSetOptions) {
    this.#options = options;
    this.#spec = options.spec;
  }

  /** Whether the set was closed. A closed set never starts again. */
  get closed(): boolean {
    return this.#closed;
  }

  get spec(): RevisionSpec {
    return this.#spec;
  }

  /** Returns the replicas that take requests, in the order in which they were started. */
  ready(): Replica[] {
    return [...this.#replicas.values()].filter(
      ({ name, endpoint }) => endpoint !== undefined && !this.#leaving.has(name),
    );
  }

  /** Returns the names of all replicas that are not being removed, ready or not. */
  names(): string[] {
    return [...this.#replicas.keys()].filter((name) => !this.#leaving.has(name));
  }

  /** Whether requests must wait for the first replica: the set is scaled to zero, or that replica is starting. */
  get resting(): boolean {
    return this.#waking !== undefined || (this.#spec.minReplicas === 0 && this.names().length === 0);
  }

  get waking(): boolean {
    return this.#waking !== undefined;
  }

  /** Starts the first replica; concurrent calls share one start. @throws RevisionFailed */
  wake(): Promise<void> {
    this.#waking ??= this.#startOne().finally(() => {
      this.#waking = undefined;
      this.#changed();
    });
    return this.#waking;
  }

  statuses(): ReplicaStatus[] {
    return [...this.#replicas.values()].map((replica) => replica.status());
  }

  logs(name?: string): readonly LogLine[] {
    if (name !== undefined) return this.#replicas.get(name)?.log.lines() ?? this.#oldLogs.get(name) ?? [];
    const logs = [...this.#oldLogs.values(), ...[...this.#replicas.values()].map(({ log }) => log.lines())];
    return logs.flat();
  }

  /** Adds replicas. Resolves to their names when all of them are ready. @throws RevisionFailed, RevisionStopped */
  async add(count: number): Promise<string[]> {
    if (this.#closed) throw this.#stopped();
    const added = Array.from({ length: count }, () => this.#create());
    await Promise.all(added.map((replica) => this.#untilReady(replica)));
    return added.map(({ name }) => name);
  }

  /** Resolves to true once this many replicas are ready, or to false if the set is closed first. */
  reach(count: number): Promise<boolean> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!this.#closed && this.ready().length < count) return;
        this.#waiting.delete(check);
        resolve(!this.#closed);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /**
   * Stops sending requests to the named replicas and sends the replicas SIGTERM at the same time, as Azure does. Sends
   * SIGKILL after the grace period. Resolves when they have ended.
   */
  async remove(names: readonly string[], graceMilliseconds: number): Promise<void> {
    for (const name of names) this.#leaving.add(name);
    this.#changed();
    const gone = names.flatMap((name) => this.#replicas.get(name) ?? []);
    await Promise.all(
      gone.map(async (replica) => {
        await replica.stop(graceMilliseconds);
        this.#replicas.delete(replica.name);
        this.#leaving.delete(replica.name);
        this.#oldLogs.set(replica.name, replica.log.lines());
        await removeDirectory(join(this.#options.directory, replica.name));
      }),
    );
    this.#changed();
  }

  /** Ends all replicas and starts no new ones. */
  async close(graceMilliseconds: number): Promise<void> {
    this.#closed = true;
    await this.remove([...this.#replicas.keys()], graceMilliseconds);
  }

  /** Sets the specification for replicas that start later. */
  respecify(spec: RevisionSpec): void {
    this.#spec = spec;
  }

  #stopped(): RevisionStopped {
    return new RevisionStopped(`Revision ${this.#spec.revision} was stopped`);
  }

  async #startOne(): Promise<void> {
    try {
      await this.add(1);
    } catch (error) {
      // The next request tries again.
      await this.remove(this.names(), 0);
      throw error;
    }
  }

  #create(): Replica {
    // As on Container Apps: the revision, then the suffixes of the replica set and the pod.
    const name = `${this.#spec.revision}-${randomBytes(5).toString("hex")}-${randomBytes(3).toString("hex").slice(0, 5)}`;
    const replica = new Replica({
      name,
      spec: this.#spec,
      command: this.#options.command,
      directory: join(this.#options.directory, name),
      onChange: () => this.#changed(),
    });
    this.#replicas.set(name, replica);
    return replica;
  }

  #changed(): void {
    this.#options.onChange();
    for (const check of this.#waiting) check();
  }

  #untilReady(replica: Replica): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearInterval(timer);
        this.#waiting.delete(check);
        act();
      };
      const check = (): void => {
        if (replica.endpoint !== undefined) settle(resolve);
        else if (this.#closed) settle(() => reject(this.#stopped()));
        else if (replica.hopeless) fail();
      };
      const fail = (): void => {
        const last = replica.log.lines().slice(-5);
        const log = last.map(({ text }) => text).join("\n  ");
        settle(() =>
          reject(new RevisionFailed(`Replica ${replica.name} did not become ready: ${replica.problem}\n  ${log}`)),
        );
      };
      // A replica can become hopeless without a change event, so this also polls.
      const timer = setInterval(check, 50);
      this.#waiting.add(check);
      check();
    });
  }
}
