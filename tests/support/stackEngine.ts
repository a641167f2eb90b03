import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { runStack } from "../../src/local/engine/runStack.ts";
import { mask } from "../../src/local/protocol/wire.ts";
import { attachProviders } from "../../src/local/providers/providers.ts";
import { removeDirectory } from "../../src/local/removeDirectory.ts";
import type { TestAzure } from "./localAzure.ts";

const project = join(import.meta.dirname, "..", "..");

export interface StackRun {
  readonly ok: boolean;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Resources that were changed, as `update agentgateway-app`; `same`, `read` and `refresh` are no changes. */
  readonly changes: readonly string[];
  /** All that the run printed, or said in events. */
  readonly text: string;
}

export interface RunSettings {
  readonly config?: Readonly<Record<string, string>>;
  readonly refresh?: boolean;
  /** Default: this checkout. */
  readonly projectDirectory?: string;
  /** Environment of the engine and of the affinity step, on top of the local Azure's. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One stack on one engine, against one local Azure. */
export interface StackEngine extends AsyncDisposable {
  up(settings?: RunSettings): Promise<StackRun>;
  preview(settings?: RunSettings): Promise<StackRun>;
  destroy(settings?: RunSettings): Promise<StackRun>;
}

const changing = new Set(["create", "update", "delete", "replace", "create-replacement", "delete-replaced"]);
const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

/** The project's own engine. */
export async function embeddedEngine(azure: TestAzure, stack: string): Promise<StackEngine> {
  const stateDirectory = await mkdtemp(join(tmpdir(), "agw-state-"));
  const run = async (mode: "up" | "preview" | "destroy", settings: RunSettings = {}): Promise<StackRun> => {
    const lines: string[] = [];
    const { config, refresh } = settings;
    const result = await runStack({
      mode,
      projectDirectory: settings.projectDirectory ?? project,
      stack,
      stateDirectory,
      environment: { ...process.env, ...azure.environment, PATH: process.env.PATH, ...settings.environment },
      onEvent: (event) => void ("message" in event && lines.push(event.message)),
      ...(config && { config }),
      ...(refresh !== undefined && { refresh }),
    });
    // As Pulumi, whose preview shows a replacement as one step.
    const told = (op: string): boolean => changing.has(op) && !(mode === "preview" && /replacement|replaced/.test(op));
    const steps = result.steps.filter(({ op }) => told(op)).map(({ op, urn }) => `${op} ${nameOf(urn)}`);
    return {
      ok: result.ok,
      outputs: mask(result.outputs) as Record<string, unknown>,
      changes: steps.sort(),
      text: lines.join("\n"),
    };
  };
  return {
    up: (settings) => run("up", settings),
    preview: (settings) => run("preview", settings),
    destroy: (settings) => run("destroy", settings),
    [Symbol.asyncDispose]: () => removeDirectory(stateDirectory),
  };
}

/** Whether Pulumi's own CLI and its Node language host are on the PATH. */
export function pulumiIsThere(): Promise<boolean> {
  return new Promise((resolve) => execFile("pulumi", ["version"], (error) => resolve(error === null)));
}

interface PulumiPreview {
  readonly steps?: readonly { readonly op: string; readonly urn: string }[];
  readonly diagnostics?: readonly { readonly message: string; readonly severity: string }[];
}

interface PulumiEvent {
  readonly resourcePreEvent?: { readonly metadata: { readonly op: string; readonly urn: string } };
  readonly diagnosticEvent?: { readonly message: string; readonly severity: string };
}

/** Pulumi's own engine, with this project's providers attached: it shows the program on the real engine, not the real provider. */
export async function pulumiEngine(azure: TestAzure, stack: string): Promise<StackEngine> {
  const home = await mkdtemp(join(tmpdir(), "agw-pulumi-"));
  const env: NodeJS.ProcessEnv = { ...process.env, ...azure.environment, PATH: process.env.PATH };
  const pulumi = (args: string[], cwd: string, extra: Readonly<Record<string, string>> = {}) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const settings = {
        ...env,
        PULUMI_HOME: join(home, "home"),
        PULUMI_BACKEND_URL: `file://${home}`,
        PULUMI_CONFIG_PASSPHRASE: "only-for-tests",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        ...extra,
      };
      execFile(
        "pulumi",
        [...args, "--non-interactive", "--color", "never"],
        { cwd, env: settings, maxBuffer: 1 << 26 },
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
        },
      );
    });
  // Pulumi writes to the stack's file: a folder of its own, with this checkout's program.
  const folder = join(home, "project");
  await copyProject(folder);
  await pulumi(["stack", "init", stack], folder);
  const initial = await readFile(join(folder, `Pulumi.${stack}.yaml`), "utf8");

  const run = async (args: string[], settings: RunSettings = {}): Promise<StackRun> => {
    const cwd = settings.projectDirectory ?? folder;
    if (cwd !== folder) await pulumi(["stack", "select", stack], cwd);
    // Pulumi's own `-c` would write to the stack's file, and so to every later run.
    const file = join(home, "config.yaml");
    const { config = {} } = parse(initial);
    const given = Object.entries(settings.config ?? {}).map(([key, value]) => [`agentgateway:${key}`, value]);
    await writeFile(file, stringify({ ...parse(initial), config: { ...config, ...Object.fromEntries(given) } }));
    const refresh = settings.refresh === false ? ["--refresh=false"] : [];
    // Pulumi cancels the providers at the end of its run, so each run has its own.
    await using attached = await attachProviders({ ...env, ...settings.environment }, project);
    const more = ["--stack", stack, "--config-file", file, "--json", ...refresh];
    const done = await pulumi([...args, ...more], cwd, attached.variables);
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
      text: [...said, done.stderr].join("\n"),
    };
  };
  return {
    up: (settings) => run(["up", "--yes", "--skip-preview"], settings),
    preview: (settings) => run(["preview"], settings),
    destroy: (settings) => run(["destroy", "--yes", "--skip-preview"], settings),
    [Symbol.asyncDispose]: () => removeDirectory(home),
  };
}

/** `up --json` prints an event a line; `preview --json` one document, whose diagnostics are events without the rest. */
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

/** This checkout's program in another folder, as another checkout has it; its packages are the same. */
export async function copyProject(folder: string): Promise<void> {
  for (const entry of [
    "index.ts",
    "package.json",
    "tsconfig.json",
    "Pulumi.yaml",
    "Pulumi.prod.yaml",
    "Pulumi.dev.yaml",
    "gateway",
  ]) {
    await cp(join(project, entry), join(folder, entry), { recursive: true });
  }
  await cp(join(project, "src", "stack"), join(folder, "src", "stack"), { recursive: true });
  await symlink(join(project, "node_modules"), join(folder, "node_modules"));
}
