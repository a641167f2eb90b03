import { type Diff, nameOf, type Provider, typeOf } from "../protocol/provider.ts";
import { equal, type Properties, unknown } from "../protocol/wire.ts";
import {
  annotateSecrets,
  type Decision,
  decide,
  deletionOrder,
  ignoreChanges,
  type Options,
  type Resource,
} from "./decide.ts";
import type { PendingOperation, State } from "./state.ts";

export type Op =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "refresh";

/** One thing done, or in a preview to be done, with one resource. */
export interface Step {
  readonly op: Op;
  readonly urn: string;
  readonly oldState?: Resource;
  readonly newState?: Resource;
  readonly diff?: Diff;
  /** Property paths that ask for a replacement. */
  readonly reasons?: readonly string[];
}

export type EngineEvent =
  | { readonly kind: "begin"; readonly op: Op; readonly urn: string }
  | { readonly kind: "end"; readonly step: Step; readonly seconds: number }
  | {
      readonly kind: "failed";
      readonly op: Op;
      readonly urn: string;
      readonly message: string;
      readonly seconds: number;
    }
  | {
      readonly kind: "log";
      readonly severity: "info" | "warning" | "error";
      readonly message: string;
      readonly urn?: string;
    };

/** What the program declares of one resource. */
export interface Goal extends Resource {
  readonly options: Options;
}

export interface DeploymentOptions {
  readonly state: State;
  readonly preview: boolean;
  readonly save: (state: State) => void;
  readonly provider: (type: string) => Promise<Provider>;
  readonly emit: (event: EngineEvent) => void;
}

/** gRPC's ALREADY_EXISTS: a create that was refused, so that nothing of ours can be there. */
const alreadyExists = 6;

/** Turns declared resources into provider calls, one at a time per resource, and saves the state around each. */
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
      if (type === "creating" && !this.#old.has(resource.urn))
        this.#old.set(resource.urn, { ...resource, id: "", outputs: {} });
    }
    const chosen = [...this.#old.values()].filter((r) => r.custom && (all || this.#pending.has(r.urn)));
    await Promise.all(chosen.map((resource) => this.#refreshOne(resource)));
    this.#save();
  }

  async #refreshOne(old: Resource): Promise<void> {
    const found = await this.#attempt("refresh", old.urn, async () => {
      const provider = await this.#options.provider(old.type);
      return { live: await provider.read({ ...old, id: old.id ?? "" }) };
    });
    if (found === undefined) return;
    const { live } = found.result;
    if (live === undefined) {
      this.#old.delete(old.urn);
      this.#pending.delete(old.urn);
      if (old.id !== "") this.#done({ op: "refresh", urn: old.urn, oldState: old }, found.seconds);
      return;
    }
    const outputs = annotateSecrets(live.outputs, {}, old.additionalSecretOutputs);
    const now = { ...old, ...live, outputs };
    this.#old.set(old.urn, now);
    if (!equal(old.inputs, now.inputs) || !equal(old.outputs, now.outputs)) {
      this.#done({ op: "refresh", urn: old.urn, oldState: old, newState: now }, found.seconds);
    }
  }

  /** Brings one declared resource about and returns it as it then is. */
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
    const changed = old === undefined ? "create" : equal(old.inputs, goal.inputs) ? "same" : "update";
    // Until the program says otherwise, what was recorded still holds: a stack that fails keeps its outputs.
    const resource = { ...goal, outputs: old?.outputs ?? {} };
    this.#record(resource);
    this.#done({ op: changed, urn: goal.urn, ...(old && { oldState: old }), newState: resource }, 0);
    return { ...resource, outputs: {} };
  }

  async #registerCustom(goal: Resource, options: Options, old: Resource | undefined): Promise<Resource> {
    const planned = await this.#attempt("create", goal.urn, async () => {
      const provider = await this.#options.provider(goal.type);
      const news = old === undefined ? goal.inputs : ignoreChanges(goal.inputs, old.inputs, options.ignoreChanges);
      const { inputs, failures } = await provider.check({
        urn: goal.urn,
        olds: old?.inputs ?? {},
        news,
        seed: new Uint8Array(),
      });
      if (failures.length > 0) throw new Error(problems(goal, failures));
      const diff = old && (await provider.diff({ ...old, id: old.id ?? "", news: inputs }));
      return { provider, inputs, decision: decide(old, diff, options, this.#pending.has(goal.urn)) };
    });
    if (planned === undefined) throw new Error("the step has failed");
    const { provider, inputs, decision } = planned.result;
    const resource = { ...goal, inputs };
    if (decision.op === "same" && old !== undefined) {
      const kept = { ...resource, id: old.id ?? "", outputs: old.outputs };
      this.#record(kept);
      this.#done({ op: "same", urn: goal.urn, oldState: old, newState: kept }, 0);
      return kept;
    }
    return decision.op === "replace" && old !== undefined
      ? this.#replace(provider, old, resource, decision)
      : this.#write(provider, old, resource, decision);
  }

  async #replace(
    provider: Provider,
    old: Resource,
    resource: Resource,
    decision: Decision & { op: "replace" },
  ): Promise<Resource> {
    if (old.protect) throw this.#fail("replace", old.urn, protectedMessage(old));
    const { diff, reasons } = decision;
    if (decision.deleteFirst) {
      const doomed = [old, ...(await this.#dependentsOf(old))];
      for (const each of deletionOrder(doomed)) {
        this.#recreate.add(each.urn);
        if (!(await this.#remove(each, "delete-replaced"))) throw new Error("the step has failed");
      }
    } else {
      this.#old.delete(old.urn);
      this.#replaced.push({ ...old, delete: true });
    }
    this.#done({ op: "replace", urn: old.urn, oldState: old, newState: resource, diff, reasons }, 0);
    this.#recreate.add(old.urn);
    return this.#write(provider, undefined, resource, { op: "create" });
  }

  /** Of the recorded resources, those that cannot outlive this one: with its outputs unknown they would be replaced. */
  async #dependentsOf(root: Resource): Promise<Resource[]> {
    const found = new Map<string, Resource>([[root.urn, root]]);
    for (let before = 0; before !== found.size; ) {
      before = found.size;
      for (const other of this.#old.values()) {
        if (found.has(other.urn) || !other.custom) continue;
        const touched = Object.entries(other.propertyDependencies).filter(([, urns]) =>
          urns.some((urn) => found.has(urn)),
        );
        if (touched.length === 0) continue;
        const news = { ...other.inputs, ...Object.fromEntries(touched.map(([key]) => [key, unknown])) };
        const diff = await (await this.#options.provider(other.type)).diff({ ...other, id: other.id ?? "", news });
        const nothing = { ignoreChanges: [], replaceOnChanges: [] };
        if (decide(other, diff, nothing, false).op === "replace") found.set(other.urn, other);
      }
    }
    found.delete(root.urn);
    return [...found.values()];
  }

  /** Creates or updates one resource through its provider. */
  async #write(
    provider: Provider,
    old: Resource | undefined,
    resource: Resource,
    decision: Decision,
  ): Promise<Resource> {
    const { preview } = this.#options;
    const op: Op = old === undefined ? (this.#recreate.has(resource.urn) ? "create-replacement" : "create") : "update";
    this.#begin(
      op,
      { ...resource, outputs: old?.outputs ?? {}, ...(old?.id && { id: old.id }) },
      old === undefined ? "creating" : "updating",
    );
    const written = await this.#attempt(op, resource.urn, async () => {
      const limits = resource.customTimeouts ?? {};
      const { urn, inputs } = resource;
      if (old === undefined) return provider.create({ urn, inputs, preview, timeout: limits.create ?? 0 });
      const id = old.id ?? "";
      return { id, outputs: await provider.update({ ...old, id, news: inputs, preview, timeout: limits.update ?? 0 }) };
    });
    if (written === undefined) throw new Error("the step has failed");
    const { id, outputs } = written.result;
    const done = { ...resource, id, outputs: annotateSecrets(outputs, {}, resource.additionalSecretOutputs) };
    this.#record(done);
    const diff = "diff" in decision ? { diff: decision.diff } : {};
    this.#done({ op, urn: done.urn, ...(old && { oldState: old }), newState: done, ...diff }, written.seconds);
    return done;
  }

  /** Outputs of a component, or of the stack itself. */
  registerOutputs(urn: string, outputs: Properties): void {
    const resource = this.#now.get(urn);
    if (resource === undefined) throw new Error(`outputs for ${urn}, which was never registered`);
    this.#now.set(urn, { ...resource, outputs });
    this.#save();
  }

  /** Deletes what was replaced and what is recorded but no longer declared. */
  async deleteLeftovers(): Promise<void> {
    for (const resource of deletionOrder([...this.#old.values(), ...this.#replaced])) {
      if (!(await this.#remove(resource, resource.delete ? "delete-replaced" : "delete"))) return;
    }
  }

  async #remove(resource: Resource, op: Op): Promise<boolean> {
    if (resource.protect) {
      this.#fail(op, resource.urn, protectedMessage(resource));
      return false;
    }
    if (resource.custom && !resource.retainOnDelete && !this.#options.preview) {
      this.#begin(op, resource, "deleting");
    }
    const removed = await this.#attempt(op, resource.urn, async () => {
      if (!resource.custom || resource.retainOnDelete || this.#options.preview) return;
      await (await this.#options.provider(resource.type)).delete({
        ...resource,
        id: resource.id ?? "",
        timeout: resource.customTimeouts?.delete ?? 0,
      });
    });
    if (removed === undefined) return false;
    const index = this.#replaced.indexOf(resource);
    if (index >= 0) this.#replaced.splice(index, 1);
    else this.#old.delete(resource.urn);
    this.#pending.delete(resource.urn);
    this.#save();
    this.#done({ op, urn: resource.urn, oldState: resource }, removed.seconds);
    return true;
  }

  #begin(op: Op, resource: Resource, type: PendingOperation["type"]): void {
    if (this.#options.preview) return;
    this.#pending.set(resource.urn, { resource, type });
    this.#save();
    this.#options.emit({ kind: "begin", op, urn: resource.urn });
  }

  /** Runs a provider call; a failure ends the deployment. What had begun stays pending, for the next run to look at. */
  async #attempt<T>(op: Op, urn: string, work: () => Promise<T>): Promise<{ result: T; seconds: number } | undefined> {
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    try {
      return { result: await work(), seconds: seconds() };
    } catch (error) {
      if ((error as { code?: unknown }).code === alreadyExists) this.#pending.delete(urn);
      this.#save();
      this.#fail(op, urn, (error as Error).message, seconds());
      return undefined;
    }
  }

  #fail(op: Op, urn: string, message: string, seconds = 0): Error {
    this.#failure.abort();
    this.#options.emit({ kind: "failed", op, urn, message, seconds });
    return new Error(message);
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

const protectedMessage = ({ urn }: Resource): string =>
  `resource "${urn}" cannot be deleted because it is protected. To unprotect it, set protect to false in the program and run agw up`;

/** Pulumi's words for inputs that a provider's check refuses. */
function problems({ urn }: Resource, failures: readonly { reason: string }[]): string {
  return failures.map(({ reason }) => `${typeOf(urn)} resource '${nameOf(urn)}' has a problem: ${reason}`).join("\n");
}
