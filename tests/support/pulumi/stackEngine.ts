import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeDirectory } from "agentgateway-local-azure/host";
import { attachProviders, pulumiVariables, runStack } from "agentgateway-local-azure/pulumi";
import { parse, stringify } from "yaml";
import { openState } from "../../../packages/local-azure/src/pulumi/engine/state.ts";
import {
  isSecret,
  mapValue,
  mask,
  type Properties,
  type Value,
} from "../../../packages/local-azure/src/pulumi/protocol/values.ts";
import { attachedInTests } from "./pulumiCli.ts";

const project = join(import.meta.dirname, "..", "..", "..");

export interface StackRun {
  readonly ok: boolean;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Changes, such as `update agentgateway-app`. `same`, `read` and `refresh` do not count. */
  readonly changes: readonly string[];
  /** Everything that the run printed or reported in events. */
  readonly text: string;
}

export interface RunSettings {
  readonly config?: Readonly<Record<string, string>>;
  readonly refresh?: boolean;
  /** Default: this checkout. */
  readonly projectDirectory?: string;
  /** Additional environment variables of the engine and of the affinity step. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Interrupts the run like one Ctrl-C. For engines that are processes, the reason can name another signal. */
  readonly signal?: AbortSignal;
}

/** The part of a local Azure that runs need. */
type Cloud = { readonly environment: NodeJS.ProcessEnv };

/** A resource in the engine's state; every secret is `[secret]`. */
export interface Recorded {
  readonly id?: string;
  readonly inputs?: Properties;
  readonly outputs?: Properties;
  readonly protect?: boolean;
  readonly initErrors?: readonly string[];
  readonly ignoreChanges?: readonly string[];
  readonly resourceHooks?: Readonly<Record<string, readonly string[]>>;
}

/** One stack on one engine and one local Azure. */
export interface StackEngine extends AsyncDisposable {
  up(settings?: RunSettings): Promise<StackRun>;
  preview(settings?: RunSettings): Promise<StackRun>;
  destroy(settings?: RunSettings): Promise<StackRun>;
  /** The resources in the state, by name. */
  recorded(): Promise<Readonly<Record<string, Recorded>>>;
  /** Whether this text is in the state, decrypted. */
  holds(text: string): Promise<boolean>;
}

/** A program outside this checkout, with its stack's file. */
export const smallProgram = join(import.meta.dirname, "programs", "small");

const changing = new Set(["create", "update", "delete", "replace", "create-replacement", "delete-replaced"]);
const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

interface Checkpoint {
  readonly deployment: { readonly resources?: readonly (Recorded & { readonly urn: string })[] };
}

/** The two engines store secrets differently. */
function resourcesOf({ deployment }: Checkpoint): Record<string, Recorded> {
  const hide = (value: Value): Value | undefined => (isSecret(value) ? "[secret]" : undefined);
  return Object.fromEntries(
    (deployment.resources ?? []).map((resource) => [nameOf(resource.urn), mapValue(resource as never, hide)]),
  );
}

/** The built-in engine. */
export async function embeddedEngine(azure: Cloud, stack: string, program = project): Promise<StackEngine> {
  const stateDirectory = await mkdtemp(join(tmpdir(), "agw-state-"));
  const run = async (mode: "up" | "preview" | "destroy", settings: RunSettings = {}): Promise<StackRun> => {
    const lines: string[] = [];
    const { config, refresh, signal } = settings;
    const result = await runStack({
      mode,
      projectDirectory: settings.projectDirectory ?? program,
      stack,
      stateDirectory,
      environment: { ...process.env, ...azure.environment, PATH: process.env.PATH, ...settings.environment },
      onEvent: (event) => void ("message" in event && lines.push(event.message)),
      ...(config && { config }),
      ...(refresh !== undefined && { refresh }),
      ...(signal && { signal }),
    });
    // Like Pulumi's previews, which show a replacement as one step.
    const told = (op: string): boolean => changing.has(op) && !(mode === "preview" && /replacement|replaced/.test(op));
    const steps = result.steps.filter(({ op }) => told(op)).map(({ op, urn }) => `${op} ${nameOf(urn)}`);
    return {
      ok: result.ok,
      outputs: mask(result.outputs) as Record<string, unknown>,
      changes: steps.sort(),
      text: lines.join("\n"),
    };
  };
  const { name } = parse(await readFile(join(program, "Pulumi.yaml"), "utf8"));
  return {
    up: (settings) => run("up", settings),
    preview: (settings) => run("preview", settings),
    destroy: (settings) => run("destroy", settings),
    recorded: async () => resourcesOf(JSON.parse(await readFile(join(stateDirectory, name, `${stack}.json`), "utf8"))),
    holds: async (text) => {
      using state = openState(stateDirectory, name, stack);
      return JSON.stringify(state.load()).includes(text);
    },
    [Symbol.asyncDispose]: () => removeDirectory(stateDirectory),
  };
}

interface PulumiPreview {
  readonly steps?: readonly { readonly op: string; readonly urn: string }[];
  readonly diagnostics?: readonly { readonly message: string; readonly severity: string }[];
}

interface PulumiEvent {
  readonly resourcePreEvent?: { readonly metadata: { readonly op: string; readonly urn: string } };
  readonly diagnosticEvent?: { readonly message: string; readonly severity: string };
}

/**
 * Pulumi's engine with this project's azure-native stand-in: tests the program on the real engine, not the real
 * provider.
 */
export async function pulumiEngine(azure: Cloud, stack: string, program = project): Promise<StackEngine> {
  const home = await mkdtemp(join(tmpdir(), "agw-pulumi-"));
  await mkdir(join(home, "backend"));
  const env: NodeJS.ProcessEnv = { ...process.env, ...azure.environment, PATH: process.env.PATH };
  const pulumi = (args: string[], cwd: string, extra: NodeJS.ProcessEnv = {}, signal?: AbortSignal) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const settings = {
        ...env,
        ...pulumiVariables(home, "only-for-tests"),
        ...extra,
      };
      const child = execFile(
        "pulumi",
        [...args, "--non-interactive", "--color", "never"],
        { cwd, env: settings, maxBuffer: 1 << 26 },
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
        },
      );
      signal?.addEventListener("abort", () => child.kill(signal.reason === "SIGTERM" ? "SIGTERM" : "SIGINT"), {
        once: true,
      });
    });
  // Pulumi writes to the stack's file, so it runs in a copy of the project.
  const folder = join(home, "project");
  if (program === project) await copyProject(folder);
  else await copyProgram(program, folder);
  await pulumi(["stack", "init", stack], folder);
  const { name } = parse(await readFile(join(program, "Pulumi.yaml"), "utf8"));
  const initial = await readFile(join(folder, `Pulumi.${stack}.yaml`), "utf8");

  const run = async (args: string[], settings: RunSettings = {}): Promise<StackRun> => {
    const cwd = settings.projectDirectory ?? folder;
    if (cwd !== folder) await pulumi(["stack", "select", stack], cwd);
    // Pulumi's `-c` would write to the stack's file, and so affect later runs.
    const file = join(home, "config.yaml");
    const { config = {} } = parse(initial);
    // As with the built-in engine, where nothing needs protection.
    const given = Object.entries({ deletionProtection: "false", ...settings.config }).map(([key, value]) => [
      `${name}:${key}`,
      value,
    ]);
    await writeFile(file, stringify({ ...parse(initial), config: { ...config, ...Object.fromEntries(given) } }));
    const refresh = settings.refresh === undefined ? [] : [`--refresh=${settings.refresh}`];
    // Pulumi stops the providers at the end of a run, so each run starts new ones.
    await using attached = await attachProviders({ ...env, ...settings.environment }, project, attachedInTests);
    const more = ["--stack", stack, "--config-file", file, "--json", ...refresh];
    const done = await pulumi(
      [...args, ...more],
      cwd,
      { ...settings.environment, ...attached.variables },
      settings.signal,
    );
    const outputs = await pulumi(["stack", "output", "--json", "--stack", stack], cwd);
    const events = eventsOf(done.stdout);
    const changes = events
      .flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? [])
      .filter(({ op }) => changing.has(op));
    const said = events.flatMap(({ diagnosticEvent }) =>
      diagnosticEvent === undefined || diagnosticEvent.severity === "debug" ? [] : diagnosticEvent.message,
    );
    return {
      ok: done.code === 0,
      outputs: JSON.parse(outputs.stdout || "{}"),
      changes: changes.map(({ op, urn }) => `${op} ${nameOf(urn)}`).sort(),
      text: [...said.filter((line) => !ownProvider.test(line)), done.stderr].join("\n"),
    };
  };
  return {
    up: (settings) => run(["up", "--yes", "--skip-preview"], settings),
    preview: (settings) => run(["preview"], settings),
    destroy: (settings) => run(["destroy", "--yes", "--skip-preview"], settings),
    recorded: async () => resourcesOf(JSON.parse((await pulumi(["stack", "export", "--stack", stack], folder)).stdout)),
    holds: async (text) =>
      (await pulumi(["stack", "export", "--show-secrets", "--stack", stack], folder)).stdout.includes(text),
    [Symbol.asyncDispose]: () => removeDirectory(home),
  };
}

/** `up --json` prints one event per line; `preview --json` prints one document with diagnostics. */
function eventsOf(stdout: string): PulumiEvent[] {
  try {
    const { diagnostics = [], steps = [] } = JSON.parse(stdout) as PulumiPreview;
    return [
      ...diagnostics.map((diagnosticEvent) => ({ diagnosticEvent })),
      ...steps.map((metadata) => ({ resourcePreEvent: { metadata } })),
    ];
  } catch {
    return stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line): PulumiEvent => JSON.parse(line));
  }
}

/** Pulumi warns about every provider that it finds on the PATH. */
const ownProvider = /^(warning: )?using pulumi-resource-command from \$PATH/;

/** Copies a small program to another folder, with this checkout's packages. */
async function copyProgram(program: string, folder: string): Promise<void> {
  await cp(program, folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await symlink(join(project, "node_modules"), join(folder, "node_modules"));
}

/** Copies this checkout's program to another folder, with the same packages. */
export async function copyProject(folder: string): Promise<void> {
  for (const entry of [
    "index.ts",
    "package.json",
    "tsconfig.json",
    "Pulumi.yaml",
    "Pulumi.prod.yaml",
    "Pulumi.dev.yaml",
    "gateway",
    "src",
    "affinity-step",
  ]) {
    await cp(join(project, entry), join(folder, entry), { recursive: true });
  }
  await symlink(join(project, "node_modules"), join(folder, "node_modules"));
}
