import { type SpawnOptions, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { findOnPath } from "agentgateway-local-azure/host";
import { attachProviders, pulumiVariables, readConfig } from "agentgateway-local-azure/pulumi";
import { stringify } from "yaml";
import { CommandError, exitCode } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import { type Engine, endedWith, type Mode, type Place, type StackRun } from "./engine.ts";
import { readRecord } from "./records.ts";

/** Pulumi's CLI with this project's providers. */
export const pulumi: Engine = {
  name: "pulumi",
  title: "Pulumi's engine (--engine pulumi)",
  recorded: (stack, { directory, project }) => readRecord("pulumi", directory, project.name, stack),
  preview: (...run) => runPulumi("preview", ...run),
  up: (...run) => runPulumi("up", ...run),
  destroy: (...run) => runPulumi("destroy", ...run),
};

/** Runs the program with Pulumi's CLI. Uses neither the user's Pulumi account nor the project's stack files. */
async function runPulumi(mode: Mode, run: StackRun, place: Place, io: Io): Promise<number> {
  // Checked before anything is written.
  if ((await findOnPath("pulumi", place.environment.PATH ?? "")) === undefined)
    throw new CommandError(
      "--engine pulumi: pulumi is not on the PATH. Install it: https://www.pulumi.com/docs/install",
    );
  const home = join(place.directory, "pulumi");
  const project = shadowProject(run, place, home);
  await using attached = await attachProviders(place.environment, place.projectDirectory);
  const env = {
    ...place.environment,
    ...pulumiVariables(home, passphrase(join(home, "passphrase"))),
    ...attached.variables,
    // Providers on the PATH are not used, and Pulumi would print a warning about them.
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
  };
  const start: Start = (args, stdio) =>
    spawnPulumi(["--non-interactive", "--cwd", project, ...args, "--stack", run.stack], { env, stdio }, io.signal);
  const selected = await start(["stack", "select", "--create"], ["ignore", "ignore", "inherit"]);
  if (selected.code !== 0) return exitCode.failed;
  const begin = Date.now();
  const { code } = await start(...commandLine(mode, run));
  if (run.json && mode !== "preview") io.out(JSON.stringify(await updateDocument(start, begin)));
  return endedWith(code === 0, io);
}

type Start = (args: readonly string[], stdio: SpawnOptions["stdio"]) => Promise<Ended>;

function commandLine(mode: Mode, { json, refresh }: StackRun): Parameters<Start> {
  const preview = mode === "preview";
  const yes = preview ? [] : ["--yes", "--skip-preview"];
  const refreshing = refresh === undefined ? [] : [`--refresh=${refresh}`];
  // With --json, Pulumi prints one document only for a preview.
  const asJson = json && preview ? ["--json"] : [];
  return [
    [mode, ...yes, ...refreshing, ...asJson],
    ["ignore", json && !preview ? 2 : "inherit", "inherit"],
  ];
}

async function updateDocument(start: Start, begin: number): Promise<object> {
  const document = async (...args: string[]) =>
    JSON.parse((await start([...args, "--json"], ["ignore", "pipe", "inherit"])).stdout || "null");
  const [last] = await document("stack", "history", "--page-size", "1");
  return { changeSummary: changesSince(begin, last), outputs: await document("stack", "output") };
}

/** Returns the changes of the last update, or none if it began before this run, which then made no update. */
const changesSince = (begin: number, last?: { startTime: string; resourceChanges?: object }): object =>
  // Times in the history are in whole seconds.
  last !== undefined && Date.parse(last.startTime) >= begin - 1000 ? (last.resourceChanges ?? {}) : {};

/** Creates a folder of links to the project's files, with a stack file that merges the stack's settings and this run's. */
function shadowProject({ stack, config }: StackRun, { projectDirectory, project }: Place, home: string): string {
  const shadow = join(home, "project");
  rmSync(shadow, { recursive: true, force: true });
  mkdirSync(shadow, { recursive: true, mode: 0o700 });
  const linked = readdirSync(projectDirectory).filter((name) => !/^(Pulumi\..+\.yaml|\.local|\.git)$/.test(name));
  for (const name of linked) symlinkSync(resolve(projectDirectory, name), join(shadow, name));
  const merged = readConfig(project, stack, config);
  writeFileSync(join(shadow, `Pulumi.${stack}.yaml`), stringify({ config: merged }), { mode: 0o600 });
  // Lets the program find this checkout's packages if its own folder has none.
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
  /** Empty unless stdout is piped. */
  readonly stdout: string;
}

function spawnPulumi(args: readonly string[], options: SpawnOptions, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // Ctrl-C goes to the whole process group, and on a second signal Pulumi gives up in the middle of a step. In a separate
    // group it gets one signal for the first Ctrl-C, and another only if a second Ctrl-C ends this process.
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
