import { readConfig, readProject, shownConfig } from "../project.ts";
import { serveMonitor } from "../protocol/monitor.ts";
import type { Provider } from "../protocol/provider.ts";
import { connectProvider } from "../protocol/remoteProvider.ts";
import { serveProvider } from "../protocol/serveProvider.ts";
import type { Properties } from "../protocol/wire.ts";
import { azureNative, azureNativeVersion } from "../providers/azureNative/provider.ts";
import { command, commandVersion } from "../providers/command.ts";
import { Deployment } from "./deployment.ts";
import type { EngineEvent, Step } from "./events.ts";
import { runProgram } from "./program.ts";
import { openState } from "./state.ts";

export interface RunOptions {
  readonly mode: "up" | "preview" | "destroy" | "refresh";
  /** Folder of `Pulumi.yaml`. */
  readonly projectDirectory: string;
  readonly stack: string;
  /** Configuration for this run only, on top of `Pulumi.STACK.yaml`; keys with or without the project's name. */
  readonly config?: Readonly<Record<string, string>>;
  /** Reads what is really there first; default: as `options.refresh` in `Pulumi.yaml` says. */
  readonly refresh?: boolean;
  /** What the program, the providers and their commands see; it names the local Azure. */
  readonly environment: NodeJS.ProcessEnv;
  /** Where states and their key are kept. */
  readonly stateDirectory: string;
  readonly onEvent?: (event: EngineEvent) => void;
  /** Aborting ends the run; the next one finds out what the interrupted steps left behind. */
  readonly signal?: AbortSignal;
}

/** What the program or a step said. */
export interface Message {
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
  readonly urn?: string;
}

export interface RunResult {
  readonly ok: boolean;
  /** The stack's outputs; secrets are marked, see `wire.ts`. */
  readonly outputs: Properties;
  readonly steps: readonly Step[];
  /** How many steps of each kind; looking at what is there is none. */
  readonly summary: Readonly<Record<string, number>>;
  /** Values given for this run alone show as `[secret]`: only the program knows which of its keys are secret. */
  readonly config: Readonly<Record<string, string>>;
  readonly messages: readonly Message[];
  /** Those of them that are errors. */
  readonly errors: readonly Message[];
  readonly seconds: number;
  /** Of which the program ran, including the steps that it waited for. */
  readonly programSeconds: number;
}

const versions = { "azure-native": azureNativeVersion, command: commandVersion };

/** Runs an unmodified Pulumi program against the local Azure: Pulumi's published protocol, on loopback only. */
export async function runStack(options: RunOptions): Promise<RunResult> {
  const start = performance.now();
  const project = readProject(options.projectDirectory);
  const config = readConfig(project, options.stack, options.config ?? {});
  const signal = options.signal ?? new AbortController().signal;
  const preview = options.mode === "preview";
  const steps: Step[] = [];
  const messages: Message[] = [];
  const emit = (event: EngineEvent): void => {
    if (event.kind === "end") steps.push(event.step);
    if (event.kind === "log" || event.kind === "failed") {
      const { message, urn } = event;
      messages.push({ severity: event.kind === "log" ? event.severity : "error", message, ...(urn && { urn }) });
    }
    options.onEvent?.(event);
  };

  await using resources = new AsyncDisposableStack();
  const file = resources.use(openState(options.stateDirectory, project.name, options.stack));
  const provider = providers(options, resources, signal);
  const deployment = new Deployment({ state: file.load(), preview, save: file.save, provider, emit });
  await deployment.refresh(options.mode === "refresh" || (options.refresh ?? project.refresh));

  let programSeconds = 0;
  if ((options.mode === "up" || preview) && !deployment.failed && !signal.aborted) {
    const { stack, environment } = options;
    const at = { project: project.name, stack };
    const { address } = resources.use(await serveMonitor({ deployment, ...at, provider, emit }));
    const onLine = (message: string): void => {
      if (!deployment.failed) emit({ kind: "log", severity: "info", message });
    };
    const began = performance.now();
    const ends = AbortSignal.any([signal, deployment.failure]);
    const code = await runProgram({ project, stack, config, address, preview, environment, signal: ends, onLine });
    programSeconds = (performance.now() - began) / 1000;
    if (code !== 0) deployment.stop();
    await deployment.idle();
  }
  if (options.mode !== "refresh" && !deployment.failed && !signal.aborted) await deployment.deleteLeftovers();

  const stack = deployment.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  const summary: Record<string, number> = {};
  for (const { op } of steps) if (op !== "refresh") summary[op] = (summary[op] ?? 0) + 1;
  const errors = messages.filter(({ severity }) => severity === "error");
  const seconds = (performance.now() - start) / 1000;
  const ok = !deployment.failed && !signal.aborted;
  const shown = shownConfig(config, options.config ?? {});
  const outputs = stack?.outputs ?? {};
  return { ok, outputs, steps, summary, config: shown, messages, errors, seconds, programSeconds };
}

/** Starts a package's provider when its first resource comes, and connects to it over gRPC as Pulumi's engine would. */
function providers(options: RunOptions, resources: AsyncDisposableStack, signal: AbortSignal) {
  const { environment, projectDirectory } = options;
  const make: Record<string, () => Provider> = {
    "azure-native": () => azureNative({ environment }),
    command: () => command(environment, projectDirectory),
  };
  const running = new Map<string, Promise<Provider>>();
  const start = async (name: keyof typeof versions): Promise<Provider> => {
    const own = make[name]?.();
    if (own === undefined)
      throw new Error(`no provider for package '${name}'; there are: ${Object.keys(make).join(", ")}`);
    signal.addEventListener("abort", () => own.cancel(), { once: true });
    const server = resources.use(await serveProvider(own, versions[name]));
    return resources.use(await connectProvider(server.address));
  };
  return (type: string): Promise<Provider> => {
    const name = type.split(":")[0] as keyof typeof versions;
    const found = running.get(name) ?? start(name);
    running.set(name, found);
    return found;
  };
}
