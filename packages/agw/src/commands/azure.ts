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
    if (!ok) problems.push(`${flag}: must be a ${kind}number from 0 to ${most}, got '${text}'`);
    return value;
  };

const policies = ["pinned", "hash"] as const;

function policy(flag: string, text: string | undefined, problems: string[]): (typeof policies)[number] | undefined {
  const known = policies.find((name) => name === text);
  if (text !== undefined && known === undefined) problems.push(`${flag}: must be pinned or hash, got '${text}'`);
  return known;
}

function cookieName(flag: string, text: string | undefined, problems: string[]): string | undefined {
  // RFC 6265: a cookie name is a token.
  const valid = text === undefined || /^[\w!#$%&'*+.^`|~-]+$/.test(text);
  if (!valid) problems.push(`${flag}: must be a valid cookie name, got '${text}'`);
  return text;
}

const options = {
  port: option("N", "port of the control plane (default: 0, a free port)", number(65_535, "whole ")),
  policy: option(
    "pinned|hash",
    "how the ingress uses the affinity cookie (default: pinned); see docs/ingress.md",
    policy,
  ),
  cookie: option("NAME", "name of the affinity cookie (default: acaAffinity)", cookieName),
  replica: option("COMMAND", [
    "what a replica runs (default: this project's test MCP server). {port} is replaced by its port;",
    "without {port}, each replica runs in a separate network namespace",
  ]),
  "operation-seconds": option(
    "N",
    "minimum duration of a long-running operation (default: 0; on Azure it is about 16)",
    number(600),
  ),
  requests: flag("print each ARM request and its status to stderr"),
  json: flag("print one JSON document with the address to stdout when ready; everything else goes to stderr"),
};

type Values = ValuesOf<typeof options>;

export const command: Command = {
  help: [
    "Usage: agw azure [options]",
    "",
    "Runs a local Azure on 127.0.0.1 until you interrupt it. The Azure CLI, Pulumi and Azure's SDKs can use it to run",
    "Container Apps; replicas are processes on this machine. It needs no Azure account. When it stops, everything on it",
    "is deleted.",
    "",
    ...optionLines(options, 27),
    "",
    "To use it in another shell, run '. .local/env' there. Set AGW_LOCAL to use a folder other than .local.",
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
    io.err("Stopping.");
    return exitCode.done;
  },
};

/** Checked before the start: a command that can't run would make every replica fail and restart forever. */
async function replicaProblems(command: string, path = ""): Promise<string[]> {
  let word: string;
  try {
    [word = ""] = splitCommandLine(command);
  } catch (error) {
    return [`--replica: ${(error as Error).message}`];
  }
  const found = word.includes("/") ? existsSync(word) : (await findOnPath(word, path)) !== undefined;
  if (!found) return [`--replica: program '${word}' not found`];
  if (command.includes("{port}")) return [];
  const tried = spawnSync("unshare", ["--user", "--map-root-user", "--net", "true"]);
  if (tried.status === 0) return [];
  return [
    `--replica: must contain {port}, got '${command}'. You can omit {port} only if this machine can create network namespaces, but unshare --user --map-root-user --net failed`,
  ];
}

/** Options for the local Azure, without those that were omitted. */
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
 * Returns the folder for the Azure CLI that this project installs. Every folder that AGW_LOCAL names shares the CLI of the
 * checkout, except if the folder has one already or the checkout is read-only.
 */
function toolsDirectory(directory: string): string {
  const shared = localDirectory({});
  const hasAz = (folder: string): boolean => existsSync(join(folder, "az", "bin", "az"));
  if (hasAz(directory)) return directory;
  return hasAz(shared) || canWrite(shared) ? shared : directory;
}

/** Whether the folder is writable or can be created. */
function canWrite(folder: string): boolean {
  try {
    accessSync(existsSync(folder) ? folder : dirname(folder), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Installs the Azure CLI if needed. Other clients work without it, so a failure is only reported. */
async function installAz(directory: string, io: Io): Promise<void> {
  try {
    const path = io.env.PATH === undefined ? {} : { path: io.env.PATH };
    await ensureAz({ directory, ...path, log: (line) => io.err(line), signal: io.signal });
  } catch (error) {
    if (!(error instanceof AzMissing)) throw error;
    if (!io.signal.aborted) io.err(`${error.message}\nContinuing without the Azure CLI.`);
  }
}

/** Names of the exported variables. AGW_LOCAL is one of them unless the folder is this project's .local. */
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
    // The listening server, not the AbortSignal, keeps the process alive.
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
