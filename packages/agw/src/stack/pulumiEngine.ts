import { type SpawnOptions, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { findOnPath } from "agentgateway-local-azure/host";
import type { RunOptions } from "agentgateway-local-azure/pulumi";
import { attachProviders, readConfig, readProject } from "agentgateway-local-azure/pulumi";
import { stringify } from "yaml";
import { CommandError, exitCode } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";

type PulumiRun = Pick<RunOptions, "projectDirectory" | "environment" | "stack" | "config" | "refresh"> & {
  readonly mode: "up" | "preview" | "destroy";
  /** Holds state, passphrase and plugins of Pulumi's own engine, apart from the user's own. */
  readonly directory: string;
  readonly json: boolean;
};

/**
 * Runs the same program by Pulumi's own CLI, with this project's providers attached: the same loopback, another engine.
 * Nothing of the user's Pulumi account or of the project's stack files is touched. Resolves to the exit code.
 */
export async function runByPulumi(run: PulumiRun, io: Io): Promise<number> {
  // Looked for before anything is written.
  if ((await findOnPath("pulumi", run.environment.PATH ?? "")) === undefined)
    throw new CommandError("--engine pulumi: there is no 'pulumi' on the PATH (https://www.pulumi.com/docs/install)");
  const project = shadowProject(run);
  await using attached = await attachProviders(run.environment, run.projectDirectory);
  const env = {
    ...run.environment,
    PULUMI_BACKEND_URL: `file://${join(run.directory, "backend")}`,
    PULUMI_HOME: join(run.directory, "home"),
    PULUMI_CONFIG_PASSPHRASE: passphrase(join(run.directory, "passphrase")),
    ...attached.variables,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // The providers are attached: what else is on the PATH is of no use, and Pulumi would warn of it.
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
  };
  const pulumi = (args: readonly string[], stdio: SpawnOptions["stdio"]): Promise<Ended> =>
    start(["--non-interactive", "--cwd", project, ...args, "--stack", run.stack], { env, stdio }, io.signal);
  const document = async (...args: string[]) =>
    JSON.parse((await pulumi([...args, "--json"], ["ignore", "pipe", "inherit"])).stdout || "null");

  const selected = await pulumi(["stack", "select", "--create"], ["ignore", "ignore", "inherit"]);
  if (selected.code !== 0) return exitCode.failed;
  const yes = run.mode === "preview" ? [] : ["--yes", "--skip-preview"];
  const refresh = run.refresh === undefined ? [] : [`--refresh=${run.refresh}`];
  // Only a preview has one document of its own.
  const own = run.json && run.mode === "preview" ? ["--json"] : [];
  const shown = run.json && run.mode !== "preview" ? 2 : "inherit";
  const begin = Date.now();
  const { code } = await pulumi([run.mode, ...yes, ...refresh, ...own], ["ignore", shown, "inherit"]);
  if (run.json && run.mode !== "preview") {
    const [last] = await document("stack", "history", "--page-size", "1");
    io.out(JSON.stringify({ changeSummary: changesSince(begin, last), outputs: await document("stack", "output") }));
  }
  if (io.signal.aborted) return exitCode.interrupted;
  return code === 0 ? exitCode.done : exitCode.failed;
}

/** What the last update of the history changed; nothing where it is an earlier one, as this run did not come to begin any. */
const changesSince = (begin: number, last?: { startTime: string; resourceChanges?: object }): object =>
  // The history's times are whole seconds.
  last !== undefined && Date.parse(last.startTime) >= begin - 1000 ? (last.resourceChanges ?? {}) : {};

/** A project of links to the real one, with the stack's settings and this run's own merged in a file beside them. */
function shadowProject({ projectDirectory, directory, stack, config }: PulumiRun): string {
  const shadow = join(directory, "project");
  rmSync(shadow, { recursive: true, force: true });
  mkdirSync(shadow, { recursive: true, mode: 0o700 });
  const linked = readdirSync(projectDirectory).filter((name) => !/^(Pulumi\..+\.yaml|\.local|\.git)$/.test(name));
  for (const name of linked) symlinkSync(resolve(projectDirectory, name), join(shadow, name));
  const merged = readConfig(readProject(projectDirectory), stack, config ?? {});
  writeFileSync(join(shadow, `Pulumi.${stack}.yaml`), stringify({ config: merged }), { mode: 0o600 });
  // A program finds its packages upwards from where it lies: also where those are not in its own folder.
  const packages = resolve(import.meta.dirname, "..", "..", "..", "..", "node_modules");
  if (!existsSync(join(shadow, "node_modules"))) symlinkSync(packages, join(shadow, "node_modules"));
  return shadow;
}

function passphrase(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600 });
  mkdirSync(join(file, "..", "backend"), { recursive: true });
  return readFileSync(file, "utf8");
}

interface Ended {
  readonly code: number;
  /** Empty unless it was piped. */
  readonly stdout: string;
}

function start(args: readonly string[], options: SpawnOptions, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // A terminal's Ctrl-C goes to a whole process group, and a second signal has Pulumi give up at once, in the middle of a
    // step. In a group of its own it gets one for the first Ctrl-C, and another only when this process ends for a second.
    const child = spawn("pulumi", args, { ...options, detached: true });
    const stop = (): void => void child.kill("SIGINT");
    signal.addEventListener("abort", stop, { once: true });
    process.once("exit", stop);
    let stdout = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      signal.removeEventListener("abort", stop);
      process.off("exit", stop);
      resolve({ code: code ?? exitCode.failed, stdout });
    });
  });
}
