import { existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { isGone, localDirectory, readEnvironmentFile } from "agentgateway-local-azure/host";
import type { EngineEvent } from "agentgateway-local-azure/pulumi";
import {
  mask,
  type RunOptions,
  type RunResult,
  readConfig,
  readProject,
  runStack,
} from "agentgateway-local-azure/pulumi";
import { leaveToOtherEngine } from "../stack/otherEngine.ts";
import { digest, outputLines, showErrors, showProgress, summaryLine } from "../stack/stackDisplay.ts";
import { type EngineName, engines } from "../stack/stackStates.ts";
import { CommandError, exitCode, parseOptions } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import { checkVariables, readText } from "../terminal/optionValues.ts";

export const stackOptionsHelp = [
  "  --stack NAME        settings from Pulumi.NAME.yaml; default: prod",
  "  -c, --config K=V    a setting for this run only; objects and arrays as JSON, K=@FILE reads the value from a file",
  "  --refresh           look at the live resources first; default: as options.refresh in Pulumi.yaml says",
  "  --no-refresh        trust the recorded state",
  "  --engine NAME       embedded (default), or pulumi: Pulumi's own CLI with this project's providers attached",
  "  --json              one JSON document on stdout",
  "",
  "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.",
  "Needs a local Azure that runs: npx agw azure. It never reaches a real subscription; for that, use pulumi itself.",
];

export interface StackOptions {
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
  readonly refresh?: boolean;
  readonly engine: EngineName;
  readonly json: boolean;
}

/** Options that all stack commands share. @throws CommandError for a wrong one. */
function parseStackOptions(args: string[], env: NodeJS.ProcessEnv): StackOptions {
  const { values, positionals } = parseOptions(args, {
    stack: { type: "string", default: "prod" },
    config: { type: "string", short: "c", multiple: true, default: [] },
    refresh: { type: "boolean" },
    "no-refresh": { type: "boolean" },
    engine: { type: "string", default: "embedded" },
    json: { type: "boolean", default: false },
  });
  const problems: string[] = [];
  if (positionals.length > 0) problems.push(`no argument is expected, got '${positionals.join(" ")}'`);
  if (!/^[A-Za-z0-9_.-]+$/.test(values.stack))
    problems.push(`--stack: letters, digits, '_', '.' and '-', got '${values.stack}'`);
  const engine = engines.find((name) => name === values.engine);
  if (engine === undefined) problems.push(`--engine: ${engines.join(" or ")}, got '${values.engine}'`);
  if (values.refresh && values["no-refresh"]) problems.push("--refresh and --no-refresh exclude each other");
  const config = readPairs(values.config, problems);
  checkVariables(env, problems);
  if (engine === undefined || problems.length > 0) throw new CommandError(problems.join("\n"), exitCode.usage);
  const refresh = values.refresh ?? (values["no-refresh"] ? false : undefined);
  return { stack: values.stack, config, engine, json: values.json, ...(refresh !== undefined && { refresh }) };
}

function readPairs(pairs: readonly string[], problems: string[]): Record<string, string> {
  const entries = pairs.flatMap((pair): [string, string][] => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined) {
      problems.push(`-c: KEY=VALUE or KEY=@FILE, got '${pair.split("=")[0]}'`);
      return [];
    }
    const text = value.startsWith("@") ? readText(`-c ${key}`, value.slice(1), problems)?.trimEnd() : value;
    return text === undefined ? [] : [[key, text]];
  });
  return Object.fromEntries(entries);
}

/** Settings of a command that takes nothing else. @throws CommandError for a wrong one. */
export function readSettings(
  pairs: readonly string[],
  positionals: readonly string[],
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  const problems = positionals.map((argument) => `no argument is expected, got '${argument}'`);
  const config = readPairs(pairs, problems);
  checkVariables(env, problems);
  if (problems.length > 0) throw new CommandError(problems.join("\n"), exitCode.usage);
  return config;
}

/** The folder of the nearest Pulumi.yaml, upwards from the current one; outside of any project, this one. */
export function findProject(): string {
  for (let folder = process.cwd(); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
  }
  return resolve(import.meta.dirname, "..", "..", "..", "..");
}

/** Where a run of this project finds the local Azure, and keeps its state. @throws CommandError when none runs. */
async function localRun(
  io: Io,
): Promise<Pick<RunOptions, "projectDirectory" | "environment" | "stateDirectory" | "signal">> {
  const projectDirectory = findProject();
  const local = localDirectory(io.env);
  const found = readEnvironmentFile(local);
  if (found === undefined)
    throw new CommandError(
      `no local Azure runs here (there is no ${join(local, "env")}). Start one in another terminal: npx agw azure`,
    );
  if (!/:\d{1,5}$/.test(found.ARM_METADATA_HOSTNAME ?? "")) {
    throw new CommandError(
      `${join(local, "env")} names no local Azure: it is not the file that npx agw azure writes. Start that anew in another terminal`,
    );
  }
  if (await isGone(found)) {
    throw new CommandError(
      `the local Azure that ${join(local, "env")} names (${found.ARM_METADATA_HOSTNAME}) does not run any more. Start it in another terminal: npx agw azure`,
    );
  }
  const stateDirectory = join(local, "state");
  // What this shell finds counts too, after what the local Azure brings along.
  const PATH = [found.PATH, io.env.PATH].filter(Boolean).join(delimiter);
  return { projectDirectory, environment: { ...io.env, ...found, PATH }, stateDirectory, signal: io.signal };
}

const titles = { up: "Updating", preview: "Previewing an update of", destroy: "Destroying" };

/** Runs a stack command and shows it; resolves to the exit code. */
export async function runStackCommand(mode: "up" | "preview" | "destroy", args: string[], io: Io): Promise<number> {
  const { json, engine, ...options } = parseStackOptions(args, io.env);
  const where = await localRun(io);
  // A stack that does not exist is refused before anything else is said.
  const project = readProject(where.projectDirectory);
  readConfig(project, options.stack, options.config);
  const directory = localDirectory(io.env);
  const { environment } = where;
  await leaveToOtherEngine({ mode, engine, project: project.name, stack: options.stack, directory, environment }, io);
  if (engine === "pulumi") {
    const { runByPulumi } = await import("../stack/pulumiEngine.ts");
    return runByPulumi({ mode, ...where, ...options, json, directory: join(directory, "pulumi") }, io);
  }
  const preview = mode === "preview";
  io.err(`${titles[mode]} stack ${options.stack} on the local Azure\n`);
  const [show, clock] = [showProgress(io, preview), stepClock()];
  const onEvent = (event: EngineEvent): void => {
    clock.note(event);
    show(event);
  };
  const result = await runStack({ mode, ...where, ...options, onEvent });
  if (io.signal.aborted) io.err("\nInterrupted. The next run finds out what was left undone.");
  else showErrors(io, result);
  const nanoseconds = (seconds: number): number => Math.round(seconds * 1e9);
  const durations = {
    programDuration: nanoseconds(result.programSeconds),
    stepsDuration: nanoseconds(clock.seconds()),
  };
  if (!json) showResult(io, result, preview);
  else if (preview) io.out(JSON.stringify(digest(result)));
  else io.out(JSON.stringify({ ...digest(result), ...durations, outputs: mask(result.outputs) }));
  if (io.signal.aborted) return exitCode.interrupted;
  return result.ok ? exitCode.done : exitCode.failed;
}

/** How long any step ran: what runs side by side counts once. */
function stepClock() {
  const running = new Set<string>();
  let [total, since] = [0, 0];
  const note = (event: EngineEvent): void => {
    if (event.kind === "begin" && running.size === 0) since = performance.now();
    if (event.kind === "begin") running.add(event.urn);
    if (event.kind !== "end" && event.kind !== "failed") return;
    const { urn } = event.kind === "end" ? event.step : event;
    if (running.delete(urn) && running.size === 0) total += performance.now() - since;
  };
  return { note, seconds: () => total / 1000 };
}

function showResult(io: Io, result: RunResult, preview: boolean): void {
  // A preview that failed knows nothing of what the outputs will be.
  const outputs = preview && !result.ok ? [] : outputLines(result, preview);
  if (outputs.length > 0) io.out([io.style("bold", "Outputs:"), ...outputs, ""].join("\n"));
  io.out(io.style("bold", "Resources:"));
  const ended = io.signal.aborted ? "interrupted" : "failed";
  io.out(`    ${summaryLine(result, preview, ended)}\n`);
  const end = result.ok ? "" : io.style("red", ` (${ended})`);
  io.out(`Duration: ${result.seconds.toFixed(1)}s${end}`);
}
