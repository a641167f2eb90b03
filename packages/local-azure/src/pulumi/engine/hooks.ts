import { PartialFailure } from "../protocol/provider.ts";
import type { Properties } from "../protocol/values.ts";

/** The step that a hook is called for. Secrets in the values are marked, see `protocol/values.ts`. */
export interface HookCall {
  readonly urn: string;
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly newInputs?: Properties;
  readonly oldInputs?: Properties;
  readonly oldOutputs?: Properties;
}

/** The name of a write in the engine's messages and errors. */
export type HookedOperation = "create" | "update" | "delete";

/** A hook that runs before a create or update. If it throws, the step fails without starting. */
export interface BeforeHook {
  readonly onDryRun: boolean;
  /** Whether its error is only a warning. */
  readonly ignoreErrors: boolean;
  run(call: HookCall): Promise<void>;
}

/** A hook that decides whether to retry a failed step. `errors` has one entry for each failed attempt, newest first. */
export type ErrorHook = (
  call: HookCall & { readonly failedOperation: HookedOperation; readonly errors: readonly string[] },
) => Promise<boolean>;

/** The hooks that the running program registered, by name. A destroy runs no program, so it has none. */
export interface Hooks {
  readonly before: Map<string, BeforeHook>;
  readonly onError: Map<string, ErrorHook>;
}

type Warn = (message: string) => void;

/**
 * Calls the hooks one after the other; in a preview, only those with `onDryRun`.
 *
 * @throws the error of the first failed hook, in the wording of Pulumi's engine
 */
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
 * Runs the work, and retries it as long as an error hook asks for that, up to 100 attempts. Throws the error of the
 * last attempt, or the reason why the hooks could not be called. Source: pulumi pkg/resource/deploy/retries.go and
 * step.go.
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
