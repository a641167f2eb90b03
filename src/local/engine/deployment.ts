import { type Diff, nameOf, type Provider, typeOf } from "../protocol/provider.ts";
import { annotateSecrets, equal, type Properties, unknown } from "../protocol/wire.ts";
import { decide, deletionOrder, ignoreChanges, type Options, type Replacement, type Resource } from "./decide.ts";
import type { EngineEvent, Goal, Op, Step } from "./events.ts";
import type { PendingOperation, State } from "./state.ts";

export interface DeploymentOptions {
  readonly state: State;
  readonly preview: boolean;
  readonly save: (state: State) => void;
  readonly provider: (type: string) => Promise<Provider>;
  readonly emit: (event: EngineEvent) => void;
}

/** gRPC's ALREADY_EXISTS: a create that was refused, so that nothing of ours can be there. */
const alreadyExists = 6;

/**
 * Turns declared resources into provider calls, one at a time per resource, and saves the state around each. One file, though
 * a long one: what was, what is now, what is pending and what is doomed only make sense together.
 */
export class Deployment {
  readonly #options: DeploymentOptions;
  /** Recorded, and not yet declared by the running program. */
  readonly #old: Map<string, Resource>;
  readonly #now = new Map<string, Resource>();
  /** Replaced by a new one, and still there. */
  readonly #replaced: Resource[];
  readonly #pending: Map<string, PendingOperation>;
  /** Deleted because something that they depend on is replaced: to be made again when the program declares them. */
  readonly #recreate = new Set<string>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #failure = new AbortController();

  constructor(options: DeploymentOptions) {
    this.#options = options;
    const { resources, pending } = options.state;
    this.#old = new Map(resources.filter((r) => !r.delete).map((r) => [r.urn, r]));
    this.#replaced = resources.filter((r) => r.delete);
    this.#pending = new Map(pending.map((operation) => [operation.resource.urn, operation]));
  }

  get failed(): boolean {
    return this.#failure.signal.aborted;
  }

  /** Aborted by the first step that fails; no further step is taken then. */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** No further step is taken; used when the program itself has failed. */
  stop(): void {
    this.#failure.abort();
  }

  /** Resolves when no step is running any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  get resources(): Resource[] {
    return [...this.#now.values(), ...this.#old.values(), ...this.#replaced];
  }

  /** Reads what is really there: of every resource, or only of those whose step was interrupted. */
  async refresh(all: boolean): Promise<void> {
    for (const { resource, type } of this.#pending.values()) {
      const begun = type === "creating" && !this.#old.has(resource.urn);
      if (begun) this.#old.set(resource.urn, { ...resource, id: "", outputs: {} });
    }
    const chosen = [...this.#old.values()].filter((r) => r.custom && (all || this.#pending.has(r.urn)));
    await Promise.allSettled(chosen.map((resource) => this.#refreshOne(resource)));
    this.#save();
  }

  async #refreshOne(old: Resource): Promise<void> {
    const { urn } = old;
    const { result: live, seconds } = await this.#attempt("refresh", urn, async () =>
      (await this.#options.provider(old.type)).read(old),
    );
    if (live === undefined) {
      this.#old.delete(urn);
      this.#pending.delete(urn);
      if (old.id !== "") this.#done({ op: "refresh", urn, oldState: old }, seconds);
      return;
    }
    const now = { ...old, ...live, outputs: annotateSecrets(live.outputs, {}, old.additionalSecretOutputs) };
    this.#old.set(urn, now);
    const same = equal(old.inputs, now.inputs) && equal(old.outputs, now.outputs);
    if (!same) this.#done({ op: "refresh", urn, oldState: old, newState: now }, seconds);
  }

  /** Brings one declared resource about and returns it as it then is. Rejects when its step fails, which was told then. */
  register(goal: Goal): Promise<Resource> {
    const running = this.#register(goal).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  async #register({ options, ...goal }: Goal): Promise<Resource> {
    if (this.failed) throw new Error("an earlier step has failed");
    if (this.#now.has(goal.urn)) throw new Error(`Duplicate resource URN '${goal.urn}'; try giving it a unique name`);
    const old = this.#old.get(goal.urn);
    return goal.custom ? this.#registerCustom(goal, options, old) : this.#registerComponent(goal, old);
  }

  #registerComponent(goal: Resource, old: Resource | undefined): Resource {
    const op = old === undefined ? "create" : equal(old.inputs, goal.inputs) ? "same" : "update";
    // Until the program says otherwise, what was recorded still holds: a stack that fails keeps its outputs.
    const resource = { ...goal, outputs: old?.outputs ?? {} };
    this.#record(resource);
    this.#done({ op, urn: goal.urn, ...(old && { oldState: old }), newState: resource }, 0);
    return goal;
  }

  async #registerCustom(goal: Resource, options: Options, old: Resource | undefined): Promise<Resource> {
    const { urn } = goal;
    const { result: planned } = await this.#attempt(old === undefined ? "create" : "update", urn, async () => {
      const provider = await this.#options.provider(goal.type);
      const declared = old === undefined ? goal.inputs : ignoreChanges(goal.inputs, old.inputs, options.ignoreChanges);
      const { inputs, failures } = await provider.check({ urn, olds: old?.inputs ?? {}, news: declared });
      if (failures.length > 0) throw new Error(problems(goal, failures));
      const diff = old && (await provider.diff({ ...old, news: inputs }));
      return { provider, inputs, decision: decide(old, diff, options, this.#pending.has(urn)) };
    });
    const { provider, decision } = planned;
    const resource = { ...goal, inputs: planned.inputs };
    if (old === undefined || decision.op === "create") return this.#write(provider, undefined, resource);
    if (decision.op === "update") return this.#write(provider, old, resource, decision.diff);
    if (decision.op === "replace") return this.#replace(provider, old, resource, decision);
    const kept = { ...resource, id: old.id, outputs: old.outputs };
    this.#record(kept);
    this.#done({ op: "same", urn, oldState: old, newState: kept }, 0);
    return kept;
  }

  async #replace(provider: Provider, old: Resource, resource: Resource, decision: Replacement): Promise<Resource> {
    const { diff, reasons } = decision;
    await this.#attempt("replace", old.urn, async () => requireUnprotected(old));
    if (decision.deleteFirst) {
      for (const each of deletionOrder([old, ...(await this.#dependentsOf(old))])) {
        this.#recreate.add(each.urn);
        await this.#remove(each, "delete-replaced");
      }
    } else {
      this.#old.delete(old.urn);
      this.#replaced.push({ ...old, delete: true });
    }
    this.#done({ op: "replace", urn: old.urn, oldState: old, newState: resource, diff, reasons }, 0);
    this.#recreate.add(old.urn);
    return this.#write(provider, undefined, resource);
  }

  /** Of the recorded resources, those that cannot outlive this one: with its outputs unknown they would be replaced. */
  async #dependentsOf(root: Resource): Promise<Resource[]> {
    const found = new Set([root.urn]);
    const dependents: Resource[] = [];
    for (const other of this.#old.values()) {
      const inputs = Object.entries(other.propertyDependencies).filter(([, urns]) =>
        urns.some((urn) => found.has(urn)),
      );
      if (inputs.length === 0 || found.has(other.urn)) continue;
      const news = { ...other.inputs, ...Object.fromEntries(inputs.map(([key]) => [key, unknown])) };
      const diff = await (await this.#options.provider(other.type)).diff({ ...other, news });
      if (decide(other, diff, { ignoreChanges: [], replaceOnChanges: [] }, false).op !== "replace") continue;
      found.add(other.urn);
      dependents.push(other);
    }
    return dependents;
  }

  /** Creates or updates one resource through its provider. */
  async #write(provider: Provider, old: Resource | undefined, resource: Resource, diff?: Diff): Promise<Resource> {
    const { preview } = this.#options;
    const { urn, inputs, customTimeouts = {} } = resource;
    const op = old !== undefined ? "update" : this.#recreate.has(urn) ? "create-replacement" : "create";
    this.#begin(op, { ...resource, id: old?.id ?? "" }, old === undefined ? "creating" : "updating");
    const { result, seconds } = await this.#attempt(op, urn, async () => {
      if (old === undefined) return provider.create({ urn, inputs, preview, timeout: customTimeouts.create ?? 0 });
      const update = { ...old, news: inputs, preview, timeout: customTimeouts.update ?? 0 };
      return { id: old.id, outputs: await provider.update(update) };
    });
    const outputs = annotateSecrets(result.outputs, {}, resource.additionalSecretOutputs);
    const done = { ...resource, id: result.id, outputs };
    this.#record(done);
    this.#done({ op, urn, ...(old && { oldState: old }), newState: done, ...(diff && { diff }) }, seconds);
    return done;
  }

  /** Outputs of a component, or of the stack itself. */
  registerOutputs(urn: string, outputs: Properties): void {
    const resource = this.#now.get(urn);
    if (resource === undefined) throw new Error(`outputs for ${urn}, which was never registered`);
    this.#now.set(urn, { ...resource, outputs });
    this.#save();
  }

  /** Deletes what was replaced and what is recorded but no longer declared; ends at the first that fails. */
  async deleteLeftovers(): Promise<void> {
    for (const resource of deletionOrder([...this.#old.values(), ...this.#replaced])) {
      if (this.failed) return;
      await this.#remove(resource, resource.delete ? "delete-replaced" : "delete").catch(() => this.stop());
    }
  }

  async #remove(resource: Resource, op: Op): Promise<void> {
    const { urn, customTimeouts } = resource;
    const { seconds } = await this.#attempt(op, urn, async () => {
      requireUnprotected(resource);
      if (!resource.custom || resource.retainOnDelete || this.#options.preview) return;
      this.#begin(op, resource, "deleting");
      const provider = await this.#options.provider(resource.type);
      await provider.delete({ ...resource, timeout: customTimeouts?.delete ?? 0 });
    });
    const index = this.#replaced.indexOf(resource);
    if (index >= 0) this.#replaced.splice(index, 1);
    else this.#old.delete(urn);
    this.#pending.delete(urn);
    this.#save();
    this.#done({ op, urn, oldState: resource }, seconds);
  }

  #begin(op: Op, resource: Resource, type: PendingOperation["type"]): void {
    if (this.#options.preview) return;
    this.#pending.set(resource.urn, { resource, type });
    this.#save();
    this.#options.emit({ kind: "begin", op, urn: resource.urn });
  }

  /** Does one thing; a failure is told and ends the deployment. What had begun stays pending, for the next run to look at. */
  async #attempt<T>(op: Op, urn: string, work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    try {
      return { result: await work(), seconds: seconds() };
    } catch (error) {
      if ((error as { code?: unknown }).code === alreadyExists) this.#pending.delete(urn);
      this.#save();
      this.#failure.abort();
      this.#options.emit({ kind: "failed", op, urn, message: (error as Error).message, seconds: seconds() });
      throw error;
    }
  }

  #record(resource: Resource): void {
    this.#old.delete(resource.urn);
    this.#pending.delete(resource.urn);
    this.#now.set(resource.urn, resource);
    this.#save();
  }

  #done(step: Step, seconds: number): void {
    this.#options.emit({ kind: "end", step, seconds });
  }

  #save(): void {
    if (this.#options.preview) return;
    this.#options.save({ resources: this.resources, pending: [...this.#pending.values()] });
  }
}

function requireUnprotected({ urn, protect }: Resource): void {
  if (!protect) return;
  throw new Error(
    `resource "${urn}" cannot be deleted because it is protected; set protect to false, and run agw up first`,
  );
}

/** Pulumi's words for inputs that a provider's check refuses. */
function problems({ urn }: Resource, failures: readonly { reason: string }[]): string {
  return failures.map(({ reason }) => `${typeOf(urn)} resource '${nameOf(urn)}' has a problem: ${reason}`).join("\n");
}
