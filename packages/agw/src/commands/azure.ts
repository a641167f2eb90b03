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
import { type Command, CommandError, exitCode } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import { flag, option, optionLines, readOptions, type ValuesOf } from "../terminal/options.ts";
import { writableLocalDirectory } from "./localDirectory.ts";

const number =
  (most: number, kind: "" | "whole " = "") =>
  (flag: string, text: string | undefined, problems: string[]): number | undefined => {
    if (text === undefined) return undefined;
    const value = Number(text);
    const ok = text.trim() !== "" && value >= 0 && value <= most && (kind === "" || Number.isInteger(value));
    if (!ok) problems.push(`${flag} must be a ${kind}number from 0 to ${most}, got '${text}'`);
    return value;
  };

const policies = ["pinned", "hash"] as const;

function policy(flag: string, text: string | undefined, problems: string[]): (typeof policies)[number] | undefined {
  const known = policies.find((name) => name === text);
  if (text !== undefined && known === undefined) problems.push(`${flag} must be 'pinned' or 'hash', got '${text}'`);
  return known;
}

function cookieName(flag: string, text: string | undefined, problems: string[]): string | undefined {
  // RFC 6265's token: the characters that a cookie's name may have.
  if (text !== undefined && !/^[\w!#$%&'*+.^`|~-]+$/.test(text)) problems.push(`${flag} is no cookie name: '${text}'`);
  return text;
}

const options = {
  port: option("N", "port of the control plane (default 0: a free one)", number(65_535, "whole ")),
  policy: option("pinned|hash", "how the ingress keeps clients with their replica (default pinned)", policy),
  cookie: option("NAME", "name of the affinity cookie (default acaAffinity)", cookieName),
  replica: option("COMMAND", [
    "what a replica runs; {port} becomes its port, without it the command gets a network namespace",
    "of its own (default: an MCP server of this project)",
  ]),
  "operation-seconds": option(
    "N",
    "the least that a long operation takes (default 0; Azure takes about 16)",
    number(600),
  ),
  requests: flag("prints each ARM call as it is answered"),
  json: flag("prints one JSON document with the address once it is ready; the rest goes to stderr"),
};

type Values = ValuesOf<typeof options>;

export const command: Command = {
  help: [
    "Usage: agw azure [options]",
    "",
    "Runs a local Azure on 127.0.0.1 until it is interrupted: Container Apps as the Azure CLI, Pulumi and Azure's SDKs",
    "see it, with replicas that are processes of this machine. Nothing outlives it; no Azure account is involved.",
    "",
    ...optionLines(options, 27),
    "",
    "While it runs, '. .local/env' aims a shell's tools at it. AGW_LOCAL names another folder than .local.",
    "",
    "Exit codes: 0 stopped by SIGINT, SIGTERM or SIGHUP, 1 failed, 2 wrong usage.",
  ].join("\n"),
  async run(args, io) {
    const { values, positionals, problems } = readOptions(args, options);
    if (positionals.length > 0) throw usage(`takes no arguments, got '${positionals.join(" ")}'`);
    if (values.replica !== undefined) problems.push(...(await replicaProblems(values.replica, io.env.PATH)));
    if (problems.length > 0) throw usage(problems.join("; "));
    const directory = await writableLocalDirectory(io.env);
    await checkStart(directory, values.port);
    const tools = toolsDirectory(directory);
    await installAz(tools, io);
    if (io.signal.aborted) return exitCode.done;
    await using azure = await startLocalAzure({
      ...startOptions(values),
      ...(values.requests && { onRequest: (request: ArmRequest) => io.err(requestLine(request)) }),
      directory,
      log: (line) => io.err(line),
      azHome: join(tools, "az"),
    });
    io.out(values.json ? JSON.stringify(ready(azure, directory)) : banner(azure, directory, io));
    await aborted(io.signal);
    io.err("Stopping: ingress and replicas first.");
    return exitCode.done;
  },
};

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

/** What the local Azure itself is told; what was left out, it has defaults for. */
function startOptions({ port, policy, cookie, replica, "operation-seconds": operationSeconds }: Values) {
  return {
    ...(port !== undefined && { port }),
    ...(policy !== undefined && { policy }),
    ...(cookie !== undefined && { cookie }),
    ...(replica !== undefined && { replicaCommand: replica }),
    ...(operationSeconds !== undefined && { operationSeconds }),
  };
}

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
