import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ArmRequest, type LocalAzure, startLocalAzure } from "agentgateway-local-azure";
import {
  AzMissing,
  checkStart,
  ensureAz,
  findOnPath,
  localDirectory,
  quote,
  readEnvironmentFile,
  splitCommandLine,
} from "agentgateway-local-azure/host";
import { type Command, CommandError, exitCode, parseOptions } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import { writableLocalDirectory } from "./localDirectory.ts";

export const command: Command = {
  help: [
    "Usage: agw azure [options]",
    "",
    "Runs a local Azure on 127.0.0.1 until it is interrupted: Container Apps as the Azure CLI, Pulumi and Azure's SDKs",
    "see it, with replicas that are processes of this machine. Nothing outlives it; no Azure account is involved.",
    "",
    "  --port N                 port of the control plane (default 0: a free one)",
    "  --policy pinned|hash     how the ingress keeps clients with their replica (default pinned)",
    "  --cookie NAME            name of the affinity cookie (default acaAffinity)",
    "  --replica COMMAND        what a replica runs; {port} becomes its port, without it the command gets a network namespace",
    "                           of its own (default: an MCP server of this project)",
    "  --operation-seconds N    the least that a long operation takes (default 0; Azure takes about 16)",
    "  --requests               prints each ARM call as it is answered",
    "  --json                   prints one JSON document with the address once it is ready; the rest goes to stderr",
    "",
    "While it runs, '. .local/env' aims a shell's tools at it. AGW_LOCAL names another folder than .local.",
    "",
    "Exit codes: 0 stopped by SIGINT, SIGTERM or SIGHUP, 1 failed, 2 wrong usage.",
  ].join("\n"),
  async run(args, io) {
    const { values, positionals } = parseOptions(args, flags);
    if (positionals.length > 0) throw usage(`takes no arguments, got '${positionals.join(" ")}'`);
    const given = await settings(values, io.env.PATH);
    const directory = await writableLocalDirectory(io.env);
    const options = { ...given, directory, log: (line: string) => io.err(line) };
    await checkStart(directory, options.port);
    const tools = toolsDirectory(directory);
    await installAz(tools, io);
    if (io.signal.aborted) return exitCode.done;
    const onRequest = values.requests ? { onRequest: (request: ArmRequest) => io.err(requestLine(request)) } : {};
    await using azure = await startLocalAzure({ ...options, ...onRequest, azHome: join(tools, "az") });
    io.out(values.json ? JSON.stringify(ready(azure, directory)) : banner(azure, directory, io));
    await aborted(io.signal);
    io.err("Stopping: ingress and replicas first.");
    return exitCode.done;
  },
};

const flags = {
  port: { type: "string" },
  policy: { type: "string" },
  cookie: { type: "string" },
  replica: { type: "string" },
  "operation-seconds": { type: "string" },
  requests: { type: "boolean" },
  json: { type: "boolean" },
} as const;

type Values = { readonly [name in keyof typeof flags]?: string | boolean | undefined };

/** All that is wrong with the options, at once. */
async function settings(values: Values, path: string | undefined) {
  const problems: string[] = [];
  const text = (name: keyof Values): string | undefined =>
    typeof values[name] === "string" ? values[name] : undefined;
  const number = (name: keyof Values, most: number, whole: boolean): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const parsed = Number(value);
    const ok = value.trim() !== "" && parsed >= 0 && parsed <= most && (!whole || Number.isInteger(parsed));
    if (!ok) problems.push(`--${name} must be a ${whole ? "whole " : ""}number from 0 to ${most}, got '${value}'`);
    return parsed;
  };
  const [policy, cookie, replica] = [text("policy"), text("cookie"), text("replica")];
  const port = number("port", 65_535, true);
  const operationSeconds = number("operation-seconds", 600, false);
  if (policy !== undefined && policy !== "pinned" && policy !== "hash") {
    problems.push(`--policy must be 'pinned' or 'hash', got '${policy}'`);
  }
  // RFC 6265's token: the characters that a cookie's name may have.
  if (cookie !== undefined && !/^[\w!#$%&'*+.^`|~-]+$/.test(cookie))
    problems.push(`--cookie is no cookie name: '${cookie}'`);
  if (replica !== undefined) problems.push(...(await replicaProblems(replica, path)));
  if (problems.length > 0) throw usage(problems.join("; "));
  return defined({
    port,
    policy: policy as "pinned" | "hash" | undefined,
    cookie,
    replicaCommand: replica,
    operationSeconds,
  });
}

/** Found out before anything starts: else each replica would fail by itself, and be started again and again. */
async function replicaProblems(command: string, path = ""): Promise<string[]> {
  let word: string;
  try {
    [word = ""] = splitCommandLine(command);
  } catch (error) {
    return [`--replica: ${(error as Error).message}`];
  }
  const found = word.includes("/") ? existsSync(word) : (await findOnPath(word, path)) !== undefined;
  if (!found) return [`--replica: there is no program '${word}' on the PATH`];
  if (command.includes("{port}")) return [];
  const tried = spawnSync("unshare", ["--user", "--map-root-user", "--net", "true"]);
  if (tried.status === 0) return [];
  return [
    `--replica: without {port}, where a command takes its port, it needs a network namespace of its own, and this machine gives none (unshare --user --map-root-user --net). Got '${command}'`,
  ];
}

/** The object without its undefined properties, as exact optional properties want it. */
const defined = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [key in keyof T]?: Exclude<T[key], undefined>;
  };

const usage = (message: string): CommandError => new CommandError(message, exitCode.usage);

/**
 * Where the project's own CLI is or goes: one for all folders that AGW_LOCAL names, but for one that has its own, and for
 * all where the checkout cannot be written.
 */
function toolsDirectory(directory: string): string {
  const shared = localDirectory({});
  const holdsAz = (folder: string): boolean => existsSync(join(folder, "az", "bin", "az"));
  if (holdsAz(directory)) return directory;
  return holdsAz(shared) || canWrite(shared) ? shared : directory;
}

/** Whether the folder, or the one that it is to be made in, can be written. */
function canWrite(folder: string): boolean {
  try {
    accessSync(existsSync(folder) ? folder : dirname(folder), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The local Azure serves other clients without the CLI, so its absence is told and not fatal. */
async function installAz(directory: string, io: Io): Promise<void> {
  try {
    const path = io.env.PATH === undefined ? {} : { path: io.env.PATH };
    await ensureAz({ directory, ...path, log: (line) => io.err(line), signal: io.signal });
  } catch (error) {
    if (!(error instanceof AzMissing)) throw error;
    if (!io.signal.aborted) io.err(`${error.message}\nGoing on without it: 'az' will not be there.`);
  }
}

/** Names of what the file exports; AGW_LOCAL is among them where the folder is not the project's own. */
const exported = (directory: string): string[] => Object.keys(readEnvironmentFile(directory) ?? {});

const ready = (azure: LocalAzure, directory: string): object => ({
  url: azure.url,
  environmentFile: join(directory, "env"),
  environment: exported(directory),
});

function banner(azure: LocalAzure, directory: string, io: Io): string {
  const file = join(directory, "env");
  return [
    `${io.style("bold", "Local Azure")} on ${azure.url} (this machine only; Ctrl-C stops it)`,
    "",
    "In another shell:",
    `  . ${quote(file)}`,
    "  az account show",
    "",
    `The file exports ${exported(directory).join(", ")}.`,
  ].join("\n");
}

const requestLine = ({ method, path, status }: ArmRequest): string =>
  `${String(status || "drop").padEnd(4)} ${method.padEnd(6)} ${path}`;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    // An AbortSignal alone does not keep the process; the server that listens does.
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
