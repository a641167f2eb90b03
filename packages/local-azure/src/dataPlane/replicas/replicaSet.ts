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
  /** Called whenever the set of ready replicas changes. */
  onChange(): void;
}

/** The replicas of one revision. */
export class ReplicaSet {
  readonly #options: ReplicaSetOptions;
  readonly #replicas = new Map<string, Replica>();
  /** Replicas that take no new requests any more. */
  readonly #leaving = new Set<string>();
  readonly #waiting = new Set<() => void>();
  /** Logs of replicas that are gone. */
  readonly #oldLogs = new Map<string, readonly LogLine[]>();
  #spec: RevisionSpec;
  #closed = false;
  #waking: Promise<void> | undefined;

  constructor(options: ReplicaSetOptions) {
    this.#options = options;
    this.#spec = options.spec;
  }

  /** Whether it has been stopped for good. */
  get closed(): boolean {
    return this.#closed;
  }

  get spec(): RevisionSpec {
    return this.#spec;
  }

  /** Replicas that take requests, in the order of their start. */
  ready(): Replica[] {
    return [...this.#replicas.values()].filter(
      ({ name, endpoint }) => endpoint !== undefined && !this.#leaving.has(name),
    );
  }

  /** All that stay, ready or not. */
  names(): string[] {
    return [...this.#replicas.keys()].filter((name) => !this.#leaving.has(name));
  }

  /** Whether a request is what starts the first replica: scaled to zero, or on the way back. */
  get resting(): boolean {
    return this.#waking !== undefined || (this.#spec.minReplicas === 0 && this.names().length === 0);
  }

  get waking(): boolean {
    return this.#waking !== undefined;
  }

  /** From no replica to one; all who ask meanwhile wait for the same one. @throws RevisionFailed */
  wake(): Promise<void> {
    this.#waking ??= this.#startOne().finally(() => {
      this.#waking = undefined;
      this.#changed();
    });
    return this.#waking;
  }

  /** Takes replicas out of the rotation; {@link remove} ends them. */
  leave(names: readonly string[]): void {
    for (const name of names) this.#leaving.add(name);
    this.#changed();
  }

  statuses(): ReplicaStatus[] {
    return [...this.#replicas.values()].map((replica) => replica.status());
  }

  logs(name?: string): readonly LogLine[] {
    if (name !== undefined) return this.#replicas.get(name)?.log.lines() ?? this.#oldLogs.get(name) ?? [];
    const logs = [...this.#oldLogs.values(), ...[...this.#replicas.values()].map(({ log }) => log.lines())];
    return logs.flat();
  }

  /** Adds replicas and resolves to their names when all of them are ready. @throws RevisionFailed, RevisionStopped */
  async add(count: number): Promise<string[]> {
    if (this.#closed) throw this.#stopped();
    const added = Array.from({ length: count }, () => this.#create());
    await Promise.all(added.map((replica) => this.#untilReady(replica)));
    return added.map(({ name }) => name);
  }

  /** Resolves to true once that many replicas are ready, to false when the set is closed. */
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

  /** Ends the named replicas; the caller has taken them out of the rotation and has let them finish. */
  async remove(names: readonly string[], graceMilliseconds: number): Promise<void> {
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

  /** Ends all replicas, those that are leaving too, and starts no more. */
  async close(graceMilliseconds: number): Promise<void> {
    this.#closed = true;
    await this.remove([...this.#replicas.keys()], graceMilliseconds);
  }

  /** Replicas that start from now on follow this specification. */
  respecify(spec: RevisionSpec): void {
    this.#spec = spec;
  }

  #stopped(): RevisionStopped {
    return new RevisionStopped(`Revision ${this.#spec.revision} has been stopped`);
  }

  async #startOne(): Promise<void> {
    try {
      await this.add(1);
    } catch (error) {
      // The next request tries anew.
      await this.remove(this.names(), 0);
      throw error;
    }
  }

  #create(): Replica {
    // Named as Container Apps names them: revision, then the replica set's and the pod's suffix.
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
      // A replica loses all hope without a change of readiness, so that is looked for as well.
      const timer = setInterval(check, 50);
      this.#waiting.add(check);
      check();
    });
  }
}
