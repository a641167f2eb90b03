import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { signalGroup, spawnGuarded } from "../../../system/guardedProcess.ts";
import { type Endpoint, loopback } from "../../net/address.ts";
import type { ListeningMessage } from "../mcp/mcpReplica.ts";
import type { Launch } from "./launch.ts";
import { claimPort } from "./portClaim.ts";
import { relay } from "./relay.ts";

export interface ProcessOptions {
  readonly launch: Launch;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path of the working directory. */
  readonly directory: string;
  onLine(line: string): void;
}

/** A replica's running process. It never outlives this process, even if this one is killed. */
export interface ReplicaProcess {
  readonly pid: number;
  /** Rejects if the process ends before it has reported its ports. */
  readonly endpoint: Promise<Endpoint>;
  /** Resolves to the reason for the log, for example `exit code 1`. */
  readonly ended: Promise<string>;
  /**
   * Sends SIGTERM to the process, not to its children, and SIGKILL after the grace period. Resolves when it has ended.
   */
  stop(graceMilliseconds: number): Promise<void>;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Every replica but the first reuses the compiled sources, which saves 0.2 s and 30 MB each. */
const compileCache = here("../../../../../../node_modules/.cache/compiled");

export async function startProcess(options: ProcessOptions): Promise<ReplicaProcess> {
  switch (options.launch.kind) {
    case "default":
      return startDefault(options, options.launch.file);
    case "command":
      return await startCommand(options, options.launch);
    case "namespace":
      return await startInNamespace(options, options.launch);
  }
}

function startDefault(options: ProcessOptions, file: string | undefined): ReplicaProcess {
  const child = spawn(process.execPath, [here("../mcp/mcpReplica.ts"), ...(file === undefined ? [] : [file])], {
    env: { NODE_COMPILE_CACHE: compileCache, ...options.env },
    cwd: options.directory,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const endpoint = new Promise<Endpoint>((resolve, reject) => {
    child.once("message", ({ port, healthPort }: ListeningMessage) => {
      // Nothing listens on this path.
      const nowhere = { path: join(options.directory, "not-listening") };
      const at = (reported: number | undefined) => (reported === undefined ? nowhere : loopback(reported));
      resolve({ data: at(port), health: at(healthPort) });
    });
    child.once("exit", () => reject(new Error("the process ended before it was listening")));
  });
  return track(child, options, endpoint, () => child.kill("SIGKILL"));
}

async function startCommand(
  options: ProcessOptions,
  launch: Extract<Launch, { kind: "command" }>,
): Promise<ReplicaProcess> {
  const [data, forHealth] = [await claimPort(), await claimPort()];
  const ports = { port: data.port, healthPort: forHealth.port };
  const env = {
    PORT: String(ports.port),
    NODE_OPTIONS: `--import=${new URL("loopbackOnly.mjs", import.meta.url).href}`,
  };
  const child = startGuarded(launch.words(ports), options, env);
  const health = launch.usesHealthPort ? loopback(ports.healthPort) : undefined;
  const tracked = trackGroup(child, options, { data: loopback(ports.port), health });
  void tracked.ended.then(() => {
    data.release();
    forHealth.release();
  });
  return tracked;
}

async function startInNamespace(
  options: ProcessOptions,
  { words, dataPort, healthPort, hostPorts }: Extract<Launch, { kind: "namespace" }>,
): Promise<ReplicaProcess> {
  // Short, because the path of a Unix socket can have at most 107 bytes.
  const directory = await mkdtemp(join(tmpdir(), "replica-"));
  const outward: Server[] = await Promise.all(
    hostPorts.map((port) => relay({ path: join(directory, `out-${port}`) }, loopback(port))),
  );
  const inward = healthPort === undefined ? [dataPort] : [dataPort, healthPort];
  // With a user namespace, the network namespace needs no privileges.
  const unshare = ["unshare", "--user", "--map-root-user", "--net", "--", process.execPath, here("inNamespace.ts")];
  const child = startGuarded([...unshare, directory, inward.join(","), hostPorts.join(","), ...words], options, {});
  child.once("exit", () => {
    for (const server of outward) server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const address = (port: number) => ({ path: join(directory, `in-${port}`) });
  const health = healthPort === undefined ? undefined : address(healthPort);
  return trackGroup(child, options, { data: address(dataPort), health });
}

function startGuarded(words: readonly string[], options: ProcessOptions, env: Record<string, string>): ChildProcess {
  const from = { env: { ...options.env, ...env }, cwd: options.directory };
  return spawnGuarded(words, { name: "replica", last: "KILL", stdin: "ignore", ...from });
}

function trackGroup(child: ChildProcess, options: ProcessOptions, endpoint: Endpoint): ReplicaProcess {
  const kill = (): void => signalGroup(child.pid, "SIGKILL");
  const tracked = track(child, options, Promise.resolve(endpoint), kill);
  // Ends any processes that the command left behind in its group.
  void tracked.ended.then(kill);
  return tracked;
}

function track(
  child: ChildProcess,
  options: ProcessOptions,
  endpoint: Promise<Endpoint>,
  kill: () => void,
): ReplicaProcess {
  endpoint.catch(() => {});
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream as Readable }).on("line", options.onLine);
  }
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, name) => resolve(name === null ? `exit code ${code}` : `signal ${name}`));
  });
  return {
    pid: child.pid ?? 0,
    endpoint,
    ended,
    async stop(grace) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const timer = setTimeout(kill, grace);
      await ended;
      clearTimeout(timer);
    },
  };
}
