import { Deployment, stackType } from "../engine/deployment.ts";
import type { EngineEvent, Message, Op, Step } from "../engine/events.ts";
import type { Hooks } from "../engine/hooks.ts";
import { openState } from "../engine/state.ts";
import { serveMonitor } from "../monitor/monitor.ts";
import { readConfig, readProject, shownConfig } from "../project/project.ts";
import type { Properties } from "../protocol/values.ts";
import { ownProviders } from "../providers/providers.ts";
import { runProgram } from "./program.ts";

export interface RunOptions {
  readonly mode: "up" | "preview" | "destroy";
  /** Folder of `Pulumi.yaml`. */
  readonly projectDirectory: string;
  readonly stack: string;
  /** Config for this run only; overrides `Pulumi.STACK.yaml`. Keys may omit the project's name. */
  readonly config?: Readonly<Record<string, string>>;
  /** Whether to read the live state first; default: `options.refresh` in `Pulumi.yaml`. */
  readonly refresh?: boolean;
  /** Environment of the program, the providers and their commands. Its variables lead to the local Azure. */
  readonly environment: NodeJS.ProcessEnv;
  /** Folder of all stacks' states and their key. */
  readonly stateDirectory: string;
  readonly onEvent?: (event: EngineEvent) => void;
  /** Aborting ends the run. The next run checks what the interrupted steps left behind. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly ok: boolean;
  /** The stack's outputs, with secrets marked, see `protocol/values.ts`. */
  readonly outputs: Properties;
  readonly steps: readonly Step[];
  /** Number of steps of each kind. */
  readonly summary: Readonly<Record<string, number>>;
  /**
   * The stack's config. Values for this run only are `[secret]`: only the program knows which of its keys are secret.
   */
  readonly config: Readonly<Record<string, string>>;
  readonly messages: readonly Message[];
  /** The messages that are errors. */
  readonly errors: readonly Message[];
  readonly seconds: number;
  /** Seconds that the program ran, including the steps that it waited for. */
  readonly programSeconds: number;
}

/** Steps that Pulumi doesn't count either: refreshes, and the two halves of a replacement. */
export const uncounted: readonly Op[] = ["refresh", "create-replacement", "delete-replaced"];

/** Counts steps by operation, without those that Pulumi's summary leaves out. */
export function countSteps(steps: readonly Step[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of steps) if (!uncounted.includes(op)) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

/**
 * Runs an unmodified Pulumi program on the local Azure, with Pulumi's published protocol and only on loopback. The
 * function is long because each step of a run needs the results of the steps before it.
 */
export async function runStack(options: RunOptions): Promise<RunResult> {
  const start = performance.now();
  const { mode, projectDirectory, stack, environment, signal = new AbortController().signal } = options;
  const project = readProject(projectDirectory);
  const config = readConfig(project, stack, options.config ?? {});
  const preview = mode === "preview";
  const steps: Step[] = [];
  const messages: Message[] = [];
  const emit = (event: EngineEvent): void => {
    if (event.kind === "end") steps.push(event.step);
    if (event.kind === "log") messages.push({ severity: event.severity, message: event.message, urn: event.urn });
    options.onEvent?.(event);
  };

  await using resources = new AsyncDisposableStack();
  const { load, save } = resources.use(openState(options.stateDirectory, project.name, stack));
  const provider = ownProviders(environment, projectDirectory, signal);
  const hooks: Hooks = { before: new Map(), onError: new Map() };
  const deployment = new Deployment({ resources: load(), preview, save, provider, hooks, emit });
  await deployment.refresh(options.refresh ?? project.refresh);

  const canContinue = (): boolean => !deployment.failure.aborted && !signal.aborted;
  const finish = async (): Promise<void> => {
    await deployment.idle();
    if (canContinue()) await deployment.deleteLeftovers();
  };
  let programSeconds = 0;
  if (mode !== "destroy" && canContinue()) {
    const served = { deployment, project: project.name, stack, provider, hooks, finish, emit };
    const { address } = resources.use(await serveMonitor(served));
    const onLine = (message: string): void => {
      if (!deployment.failure.aborted) emit({ kind: "log", severity: "info", message });
    };
    const began = performance.now();
    const ends = AbortSignal.any([signal, deployment.failure]);
    const code = await runProgram({ project, stack, config, address, preview, environment, signal: ends, onLine });
    programSeconds = (performance.now() - began) / 1000;
    if (code !== 0) deployment.abandon();
  }
  await finish();

  return {
    ok: canContinue(),
    outputs: deployment.resources.find(({ type }) => type === stackType)?.outputs ?? {},
    steps,
    summary: countSteps(steps),
    config: shownConfig(config, options.config ?? {}),
    messages,
    errors: messages.filter(({ severity }) => severity === "error"),
    seconds: (performance.now() - start) / 1000,
    programSeconds,
  };
}
