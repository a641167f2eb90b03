import { PartialFailure } from "../protocol/provider.ts";
import type { Properties } from "../protocol/values.ts";

/** The step that a hook is asked about; the values have their secrets marked, see `protocol/values.ts`. */
export interface HookCall {
  readonly urn: string;
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly newInputs?: Properties;
  readonly oldInputs?: Properties;
  readonly oldOutputs?: Properties;
}

/** How the engine's messages and errors name a write. */
export type HookedOperation = "create" | "update" | "delete";

/** Called before a create or update, which its error prevents. */
export interface BeforeHook {
  readonly onDryRun: boolean;
  /** Its error becomes a warning. */
  readonly ignoreErrors: boolean;
  run(call: HookCall): Promise<void>;
}

/** Whether to try a failed step again; `errors` are what its tries failed with, the last one first. */
export type ErrorHook = (
  call: HookCall & { readonly failedOperation: HookedOperation; readonly errors: readonly string[] },
) => Promise<boolean>;

/** The hooks that the running program has registered, by name. A destroy runs no program, so it has none. */
export interface Hooks {
  readonly before: Map<string, BeforeHook>;
  readonly onError: Map<string, ErrorHook>;
}

type Warn = (message: string) => void;

/** Calls the hooks one after the other, in a preview only those that want it. @throws in the words of Pulumi's engine */
export async function runBefore(
  hooks: Hooks,
  names: readonly string[] = [],
  call: HookCall,
  preview: boolean,
  warn: Warn,
): Promise<void> {
  for (const name of names) {
    const hook = hooks.before.get(name);
    if (hook === undefined) throw new Error(`hook "${name}" was not registered`);
    if (preview && !hook.onDryRun) continue;
    await hook.run(call).catch(({ message }: Error) => {
      const failed = `before hook "${name}" failed: ${message}`;
      if (!hook.ignoreErrors) throw new Error(failed);
      warn(failed);
    });
  }
}

const maxTries = 100;

/**
 * Does something again as often as the error hooks ask for, up to a hundred times; throws its last error, or why the hooks
 * could not be asked. As Pulumi's engine: pulumi pkg/resource/deploy/retries.go and step.go.
 */
export async function retrying<T>(
  hooks: Hooks,
  names: readonly string[] = [],
  call: HookCall & { readonly failedOperation: HookedOperation },
  warn: Warn,
  work: () => Promise<T>,
): Promise<T> {
  const errors: string[] = [];
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (names.length === 0) throw error;
      errors.unshift((error as Error).message);
      const own = call.failedOperation === "delete" || error instanceof PartialFailure;
      if (errors.length === maxTries) warn(`maximum number of error hook retries (${maxTries}) reached`);
      const again =
        errors.length < maxTries && (await ask(hooks, names, { ...call, errors }).catch((failed) => failed));
      if (again instanceof Error && !own) throw again;
      if (again !== true) throw error;
      warn(`retrying ${call.failedOperation} due to on-error hook request (${errors.length}/${maxTries})`);
    }
  }
}

async function ask(hooks: Hooks, names: readonly string[], call: Parameters<ErrorHook>[0]): Promise<boolean> {
  let again = false;
  for (const name of names) {
    const hook = hooks.onError.get(name);
    const why = "error hooks execution failed";
    if (hook === undefined) throw new Error(`${why}: error hook "${name}" was not registered`);
    const asks = await hook(call).catch(({ message }: Error) => {
      throw new Error(`${why}: error hook "${name}" failed: ${message}`);
    });
    again ||= asks;
  }
  return again;
}
