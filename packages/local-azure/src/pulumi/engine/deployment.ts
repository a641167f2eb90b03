import { type Diff, nameOf, PartialFailure, type Provider, typeOf } from "../protocol/provider.ts";
import { alreadyExists } from "../protocol/rpc.ts";
import { equal, type Properties, unknown } from "../protocol/values.ts";
import { type Decision, decide, deletionOrder, type Resource } from "./decide.ts";
import type { EngineEvent, Goal, Op, Step } from "./events.ts";
import { type HookCall, type HookedOperation, type Hooks, retrying, runBefore } from "./hooks.ts";
import { ignoreChanges } from "./propertyPath.ts";
import { protectedFromDeletion, refuseProtected } from "./protection.ts";

export interface DeploymentOptions {
  /** The resources in the last checkpoint. */
  readonly resources: readonly Resource[];
  readonly preview: boolean;
  readonly save: (resources: readonly Resource[]) => void;
  readonly provider: (type: string) => Provider;
  readonly hooks: Hooks;
  readonly emit: (event: EngineEvent) => void;
}

/** Type of the root resource of every program. Its outputs are the stack's outputs. */
export const stackType = "pulumi:pulumi:Stack";

/**
 * Turns declared resources into provider calls, one at a time per resource, and saves the state before and after each.
 * The class is long because recorded, declared and replaced resources can only be tracked together.
 */
export class Deployment {
  readonly #options: DeploymentOptions;
  /** Recorded resources that the program has not declared (yet), and replaced ones that still exist. */
  #old: readonly Resource[];
  readonly #now = new Map<string, Resource>();
  /**
   * Resources to create again once the program declares them: they, or something they depend on, are being replaced.
   */
  readonly #replaced = new Map<string, Omit<Step, "op" | "urn">>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #failure = new AbortController();
  /** Aborted by the first step that fails. No step starts after that. */
  readonly failure = this.#failure.signal;

  constructor(options: DeploymentOptions) {
    this.#options = options;
    this.#old = options.resources;
  }

  /** Prevents further steps. */
  stop(): void {
    this.#failure.abort();
  }

  /**
   * Ends the deployment after the program failed. Outputs that it didn't set keep their values, as on Pulumi's engine.
   */
  abandon(): void {
    const old = this.#options.resources.find(({ type }) => type === stackType);
    const now = old && this.#now.get(old.urn);
    if (now) this.registerOutputs(now.urn, { ...old.outputs, ...now.outputs });
    this.stop();
  }

  /** Resolves when no step is running. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  get resources(): Resource[] {
    return [...this.#now.values(), ...this.#old];
  }

  /** Reads the live state of every resource, or only of those whose last step was interrupted. */
  async refresh(all: boolean): Promise<void> {
    const chosen = this.#old.filter((r) => r.custom && !r.delete && (all || r.pending !== undefined));
    await Promise.allSettled(chosen.map((resource) => this.#refreshOne(resource)));
  }

  async #refreshOne(old: Resource): Promise<void> {
    const { urn, type } = old;
    const { result: live, seconds } = await this.#attempt("refresh", old, () => this.#options.provider(type).read(old));
    const now = live && { ...old, ...live, initErrors: undefined };
    this.#swap(old, now);
    const same = now === undefined ? old.id === "" : equal(old.inputs, now.inputs) && equal(old.outputs, now.outputs);
    if (!same) this.#done({ op: "refresh", urn, oldState: old, newState: now }, seconds);
  }

  /** Creates, updates or replaces one declared resource as needed. Returns its new state; rejects if the step fails. */
  register(goal: Goal): Promise<Resource> {
    const running = this.#register(goal).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  async #register({ replaceOnChanges, ...goal }: Goal): Promise<Resource> {
    const { urn, type, custom } = goal;
    if (this.failure.aborted) throw new Error("an earlier step failed");
    if (this.#now.has(urn)) throw new Error(`Duplicate resource URN '${urn}'; try giving it a unique name`);
    const old = this.#old.find((resource) => resource.urn === urn && !resource.delete);
    if (!custom) {
      const op = old === undefined ? "create" : equal(old.inputs, goal.inputs) ? "same" : "update";
      // Recorded outputs stay until the program registers new ones, so a failed stack keeps its outputs.
      return this.#record({ op, urn, oldState: old, newState: { ...goal, outputs: old?.outputs ?? {} } }, old);
    }
    const provider = this.#options.provider(type);
    const check = async (news: Properties): Promise<Properties> => {
      const { inputs, failures } = await provider.check({ urn, news });
      if (failures.length > 0) throw new Error(problems(goal, failures));
      return inputs;
    };
    const { result } = await this.#attempt(old === undefined ? "create" : "update", goal, async () => {
      const inputs = await check(old === undefined ? goal.inputs : this.#unignored(goal, old));
      const decision = decide(old, old && (await provider.diff({ ...old, news: inputs })), replaceOnChanges);
      if (old === undefined || decision.op !== "replace") return { inputs, decision };
      const dependents = decision.diff.deleteBeforeReplace ? await this.#dependentsOf(old) : [];
      refuseProtected(goal, old, dependents);
      // A replacement keeps nothing from the old resource, so `ignoreChanges` doesn't apply.
      return { inputs: await check(goal.inputs), decision, dependents };
    });
    const { inputs, decision, dependents = [] } = result;
    const resource = { ...goal, inputs };
    if (old === undefined || decision.op === "create") return this.#write(resource);
    if (decision.op === "update") return this.#write(resource, old, decision.diff);
    if (decision.op === "replace") {
      await this.#makeWay(old, decision, dependents);
      return this.#write(resource);
    }
    const kept = { ...resource, id: old.id, outputs: old.outputs };
    return this.#record({ op: "same", urn, oldState: old, newState: kept }, old);
  }

  /** Returns the declared inputs, with the recorded values at the paths that the program ignores. */
  #unignored({ urn, inputs: news, ignoreChanges: paths }: Resource, old: Resource): Properties {
    const { inputs, invalid } = ignoreChanges(news, old.inputs, paths);
    const message = `cannot ignore changes in added or removed elements of the path: "${invalid.join(", ")}"`;
    if (invalid.length > 0) this.#options.emit({ kind: "log", severity: "info", message, urn });
    return inputs;
  }

  /** Deletes a resource before its replacement, dependents included; or marks it for deletion after the replacement. */
  async #makeWay(
    old: Resource,
    { diff, reasons }: Decision & { op: "replace" },
    dependents: readonly Resource[],
  ): Promise<void> {
    this.#replaced.set(old.urn, { oldState: old, diff, reasons });
    if (!diff.deleteBeforeReplace) return this.#swap(old, { ...old, delete: true });
    for (const each of deletionOrder([old, ...dependents])) {
      if (each !== old) this.#replaced.set(each.urn, { oldState: each });
      await this.#remove(each, "delete-replaced");
    }
  }

  /**
   * Returns the recorded resources that must be replaced along with this one: those that its unknown outputs would replace.
   */
  async #dependentsOf(root: Resource): Promise<Resource[]> {
    const found = new Set([root.urn]);
    for (const other of this.#old) {
      const reads = ([, urns]: [string, readonly string[]]): boolean => urns.some((urn) => found.has(urn));
      const keys = Object.entries(other.propertyDependencies).filter(reads);
      if (keys.length === 0) continue;
      const news = { ...other.inputs, ...Object.fromEntries(keys.map(([key]) => [key, unknown])) };
      const diff = await this.#options.provider(other.type).diff({ ...other, news });
      if (decide(other, diff).op === "replace") found.add(other.urn);
    }
    return this.#old.filter((resource) => resource !== root && found.has(resource.urn));
  }

  /** Creates a resource, or updates the old one if there is one. */
  async #write(resource: Resource, old?: Resource, diff?: Diff): Promise<Resource> {
    const { preview, hooks } = this.#options;
    const { urn, type, inputs, customTimeouts = {}, resourceHooks = {} } = resource;
    const provider = this.#options.provider(type);
    const replaced = this.#replaced.get(urn);
    const op = old !== undefined ? "update" : replaced !== undefined ? "create-replacement" : "create";
    const before = { oldInputs: old?.inputs, oldOutputs: old?.outputs };
    const call = { urn, id: old?.id ?? "", name: nameOf(urn), type, newInputs: inputs, ...(old && before) } as HookCall;
    // Runs before the step is recorded: a step that a hook refuses has not begun.
    await this.#attempt(op, resource, async () => {
      const names = resourceHooks[old ? "BeforeUpdate" : "BeforeCreate"];
      await runBefore(hooks, names, call, preview, this.#warn(urn)).catch(({ message }) => {
        throw new Error(this.#previewPrefixed(message));
      });
    });
    const begun = this.#begin(op, old, old ? { ...old, pending: "updating" } : { ...resource, pending: "creating" });
    const attempt = this.#attempt(op, begun ?? resource, () =>
      this.#retrying(resource, call, old ? "update" : "create", async () => {
        if (old === undefined) return provider.create({ urn, inputs, preview, timeout: customTimeouts.create ?? 0 });
        const update = { ...old, news: inputs, preview, timeout: customTimeouts.update ?? 0 };
        return { id: old.id, outputs: await provider.update(update) };
      }),
    );
    const { result, seconds } = await attempt.catch((error) => {
      if (error instanceof PartialFailure) this.#keepFailed(resource, old, begun, error);
      throw error;
    });
    const newState = this.#record(
      { op, urn, oldState: old, newState: { ...resource, ...result }, diff },
      begun,
      seconds,
    );
    // Reported only now: if creating the replacement fails, nothing was replaced.
    if (replaced !== undefined) this.#done({ op: "replace", urn, ...replaced, newState: resource }, 0);
    return newState;
  }

  /** Records what a failed write left behind. After an update, the old inputs stay recorded, as on Pulumi's engine. */
  #keepFailed(
    resource: Resource,
    old: Resource | undefined,
    begun: Resource | undefined,
    failed: PartialFailure,
  ): void {
    const { id, inputs, outputs } = failed.state;
    const state = old === undefined ? { id, inputs, outputs } : { id: old.id, inputs: old.inputs, outputs };
    this.#now.set(resource.urn, { ...resource, ...state, initErrors: [failed.reason] });
    this.#swap(begun);
  }

  /** Sets the outputs of a component, or of the stack itself. */
  registerOutputs(urn: string, outputs: Properties): void {
    const resource = this.#now.get(urn);
    if (resource === undefined) throw new Error(`cannot set outputs of ${urn}: it is not registered`);
    this.#now.set(urn, { ...resource, outputs });
    this.#save();
  }

  /**
   * Deletes replaced resources, and recorded ones that the program no longer declares; stops at the first failure. A
   * protected resource is an error too, but it only keeps itself and what it depends on: the rest is still deleted.
   */
  async deleteLeftovers(): Promise<void> {
    const staying = new Set<string>();
    for (const resource of deletionOrder(this.#old)) {
      if (this.failure.aborted) return;
      const { urn, parent = "", dependencies } = resource;
      const needed = staying.has(urn);
      const refused = resource.protect && !resource.delete;
      if (refused && !needed) this.#fail("delete", urn, new Error(this.#previewPrefixed(protectedFromDeletion(urn))));
      if (refused || needed) for (const each of [parent, ...dependencies]) staying.add(each);
      else await this.#remove(resource, resource.delete ? "delete-replaced" : "delete").catch(() => this.stop());
    }
    if (staying.size > 0) this.stop();
  }

  async #remove(resource: Resource, op: Op): Promise<void> {
    const { urn, id, type, custom, customTimeouts, inputs: oldInputs, outputs: oldOutputs } = resource;
    const { result: begun, seconds } = await this.#attempt(op, resource, async () => {
      if (!custom) return resource;
      const noted = this.#begin(op, resource, { ...resource, pending: "deleting" });
      const timeout = customTimeouts?.delete ?? 0;
      const work = () => this.#options.provider(type).delete({ ...resource, timeout });
      const call = { urn, id, name: nameOf(urn), type, oldInputs, oldOutputs };
      if (!this.#options.preview) await this.#retrying(resource, call, "delete", work);
      return noted;
    });
    this.#swap(begun);
    this.#done({ op, urn, oldState: resource }, seconds);
  }

  #retrying<T>(
    { urn, resourceHooks }: Resource,
    call: HookCall,
    failedOperation: HookedOperation,
    work: () => Promise<T>,
  ) {
    const asked = { ...call, failedOperation };
    return retrying(this.#options.hooks, resourceHooks?.OnError, asked, this.#warn(urn), work);
  }

  #warn(urn: string): (message: string) => void {
    return (message) => this.#options.emit({ kind: "log", severity: "warning", message, urn });
  }

  /** Prefixes the error of a step that failed before it did anything, as Pulumi's engine does in a preview. */
  #previewPrefixed(message: string): string {
    return this.#options.preview ? `Preview failed: ${message}` : message;
  }

  /**
   * Records a step before it starts, so that the next run knows what a killed run may have left behind. Returns the
   * recorded resource.
   */
  #begin(op: Op, old: Resource | undefined, pending: Resource): Resource | undefined {
    if (this.#options.preview) return old;
    this.#swap(old, pending);
    this.#options.emit({ kind: "begin", op, urn: pending.urn });
    return pending;
  }

  /**
   * Runs one step. A failure is reported and ends the deployment; the step stays pending, for the next run to check.
   */
  async #attempt<T>(op: Op, begun: Resource, work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
    const start = performance.now();
    try {
      return { result: await work(), seconds: (performance.now() - start) / 1000 };
    } catch (error) {
      // The create was refused because the resource exists, so this stack did not create it.
      if ((error as { code?: unknown }).code === alreadyExists) this.#swap(begun);
      this.stop();
      this.#fail(op, begun.urn, error as Error);
      throw error;
    }
  }

  #fail(op: Op, urn: string, { message }: Error): void {
    this.#options.emit({ kind: "failed", op, urn });
    this.#options.emit({ kind: "log", severity: "error", message, urn });
  }

  #record(step: Step & { newState: Resource }, recorded: Resource | undefined, seconds = 0): Resource {
    this.#now.set(step.urn, step.newState);
    this.#swap(recorded);
    this.#done(step, seconds);
    return step.newState;
  }

  /** Replaces a recorded resource. Without an old one, adds the new one; without a new one, removes the old one. */
  #swap(old: Resource | undefined, now?: Resource): void {
    const index = old === undefined ? -1 : this.#old.indexOf(old);
    const added = now === undefined ? [] : [now];
    this.#old = index < 0 ? [...this.#old, ...added] : this.#old.toSpliced(index, 1, ...added);
    this.#save();
  }

  #done(step: Step, seconds: number): void {
    this.#options.emit({ kind: "end", step, seconds });
  }

  #save(): void {
    if (!this.#options.preview) this.#options.save(this.resources);
  }
}

/** Renders the inputs that a provider's check refuses, in Pulumi's wording. */
function problems({ urn }: Resource, failures: readonly { reason: string }[]): string {
  return failures.map(({ reason }) => `${typeOf(urn)} resource '${nameOf(urn)}' has a problem: ${reason}`).join("\n");
}
