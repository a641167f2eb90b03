import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { DataPlane, DataPlaneOptions, IngressSpec, LogLine, RevisionSpec } from "./contract/dataPlane.ts";
import { AppIngress } from "./ingress/appIngress.ts";
import type { BackendAddress } from "./ingress/upstream/backend.ts";
import { splitCommandLine } from "./replicas/process/commandLine.ts";
import type { Replica } from "./replicas/replica.ts";
import { ReplicaSet } from "./replicas/replicaSet.ts";
import { Autoscaler, type Scalable } from "./scaling/autoscaler.ts";
import { azureScaling } from "./scaling/scaler.ts";

/** Idle timeout of a request, in milliseconds; Container Apps' value. */
const idleTimeout = 240_000;

interface App {
  ingress: AppIngress | undefined;
  routed: string | undefined;
  /** When the current revision began to take requests, in milliseconds. The cool-down never starts earlier. */
  routedAt: number;
  readonly revisions: Map<string, ReplicaSet>;
}

/** Creates the data plane: apps' replicas as processes, and an ingress on loopback for each app. */
export async function createDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const command = options.replicaCommand === undefined ? undefined : splitCommandLine(options.replicaCommand);
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  return new LocalDataPlane(options, command);
}

class LocalDataPlane implements DataPlane {
  readonly #options: DataPlaneOptions;
  readonly #command: readonly string[] | undefined;
  readonly #scaler: Autoscaler;
  readonly #apps = new Map<string, App>();
  /** All sets that may have replicas, including draining ones of deleted apps and earlier starts. */
  readonly #sets = new Set<ReplicaSet>();

  constructor(options: DataPlaneOptions, command: readonly string[] | undefined) {
    this.#options = options;
    this.#command = command;
    this.#scaler = new Autoscaler(options.scaling ?? azureScaling, () => this.#scalables());
  }

  async openIngress(spec: IngressSpec): Promise<{ readonly fqdn: string }> {
    const app = this.#app(spec.appId);
    if (app.ingress === undefined) {
      const { tls, policy = "pinned", cookie = "acaAffinity" } = this.#options;
      app.ingress = await AppIngress.open({ tls, policy, cookie, idleTimeout }, spec);
      this.#refresh(app);
    } else {
      app.ingress.update(spec);
    }
    return { fqdn: app.ingress.fqdn };
  }

  async closeIngress(appId: string): Promise<void> {
    const app = this.#app(appId);
    const { ingress } = app;
    app.ingress = undefined;
    await ingress?.[Symbol.asyncDispose]();
  }

  async startRevision(spec: RevisionSpec): Promise<void> {
    const app = this.#app(spec.appId);
    const set = new ReplicaSet({
      spec,
      command: this.#command,
      directory: join(this.#options.directory, spec.revision),
      onChange: () => this.#refresh(app),
    });
    this.#sets.add(set);
    app.revisions.set(spec.revision, set);
    await set.add(Math.max(1, spec.minReplicas));
  }

  async recovered(appId: string, revision: string): Promise<boolean> {
    const set = this.#app(appId).revisions.get(revision);
    return (await set?.reach(Math.max(1, set.spec.minReplicas))) ?? false;
  }

  route(appId: string, revision: string | undefined): void {
    const app = this.#app(appId);
    if (revision !== app.routed) app.routedAt = Date.now();
    app.routed = revision;
    this.#refresh(app);
  }

  async stopRevision(appId: string, revision: string): Promise<void> {
    const app = this.#app(appId);
    const set = app.revisions.get(revision);
    if (set === undefined) return;
    const names = set.names();
    // The set is kept without replicas, because it has the logs.
    await set.close(set.spec.terminationGracePeriodSeconds * 1000);
    app.ingress?.forget(names);
    this.#sets.delete(set);
  }

  async restartRevision(spec: RevisionSpec): Promise<void> {
    const app = this.#app(spec.appId);
    const set = app.revisions.get(spec.revision);
    if (set === undefined || set.closed) return await this.startRevision(spec);
    set.respecify(spec);
    for (const name of set.names()) {
      // The new replica starts first, so that there is always one to answer.
      await set.add(1);
      void this.#remove(app, set, [name]);
    }
  }

  async setReplicaCount(appId: string, revision: string, count: number): Promise<void> {
    const app = this.#app(appId);
    const set = app.revisions.get(revision);
    if (set === undefined || set.closed) throw new Error(`revision '${revision}' is not running`);
    const names = set.names();
    if (count > names.length) await set.add(count - names.length);
    else await this.#remove(app, set, names.slice(count));
  }

  replicas(appId: string, revision: string) {
    return this.#app(appId).revisions.get(revision)?.statuses() ?? [];
  }

  logs(appId: string, revision: string, replica?: string): readonly LogLine[] {
    return this.#app(appId).revisions.get(revision)?.logs(replica) ?? [];
  }

  counters(appId: string) {
    return this.#app(appId).ingress?.counters();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#scaler[Symbol.dispose]();
    const apps = [...this.#apps.values()];
    this.#apps.clear();
    await Promise.all(apps.map(({ ingress }) => ingress?.[Symbol.asyncDispose]()));
    await Promise.all([...this.#sets].map((set) => set.close(500)));
  }

  /**
   * The revisions that requests are routed to. Those of apps without an ingress are included, so that they scale to
   * zero too.
   */
  #scalables(): Scalable[] {
    return [...this.#apps].flatMap(([appId, { ingress, routed = "", routedAt, revisions }]) => {
      const set = revisions.get(routed);
      if (set === undefined || set.closed || set.waking) return [];
      return {
        spec: set.spec,
        replicas: set.names().length,
        requests: ingress?.counters().requests ?? 0,
        idleSeconds: (Date.now() - Math.max(routedAt, ingress?.lastActive() ?? 0)) / 1000,
        scale: (count: number) => this.#autoscale(appId, routed, count),
      };
    });
  }

  #app(id: string): App {
    const key = id.toLowerCase();
    const known = this.#apps.get(key);
    if (known !== undefined) return known;
    const app: App = { ingress: undefined, routed: undefined, routedAt: Date.now(), revisions: new Map() };
    this.#apps.set(key, app);
    return app;
  }

  /** Scales without waiting for draining replicas, so that they don't delay the next decision. */
  async #autoscale(appId: string, revision: string, count: number): Promise<void> {
    const fewer = count < (this.#app(appId).revisions.get(revision)?.names().length ?? 0);
    const done = this.setReplicaCount(appId, revision, count);
    if (!fewer) await done;
  }

  /**
   * Stops sending requests to the replicas, and sends the replicas SIGTERM. As on Azure, the process decides what happens
   * to requests in flight: the ingress keeps its connections until the process ends.
   */
  async #remove(app: App, set: ReplicaSet, names: readonly string[]): Promise<void> {
    await set.remove(names, set.spec.terminationGracePeriodSeconds * 1000);
    app.ingress?.forget(names);
  }

  #refresh(app: App): void {
    const set = app.routed === undefined ? undefined : app.revisions.get(app.routed);
    if (set === undefined || set.closed) app.ingress?.route(undefined);
    else app.ingress?.route(addresses(set.ready()), set.resting ? () => set.wake() : undefined);
  }
}

function addresses(ready: readonly Replica[]): BackendAddress[] {
  return ready.flatMap(({ name, endpoint }) => (endpoint === undefined ? [] : { name, address: endpoint.data }));
}
