import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { fillPlaceholders } from "./commandLine.ts";
import { freePort } from "./freePort.ts";
import type { ListeningMessage } from "./main.ts";

/** Where a replica's process listens, on 127.0.0.1. */
export interface Endpoint {
  readonly port: number;
  /** Undefined where the command was not told one. */
  readonly healthPort: number | undefined;
}

export interface ProcessOptions {
  /** Words of the command, with `{port}`, `{healthPort}` and `{files}` still in them; undefined: the default replica. */
  readonly command: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; also the value of `{files}`. */
  readonly directory: string;
  onLine(line: string): void;
}

/** A replica's running process. It does not outlive this process, however this one ends. */
export interface ReplicaProcess {
  readonly pid: number;
  /** Rejects where the process ends before it has said where it listens. */
  readonly endpoint: Promise<Endpoint>;
  /** Resolves to what a log line says of the end, for example `exit code 1`. */
  readonly ended: Promise<string>;
  /** SIGTERM, and SIGKILL after the grace period. Resolves when the process is gone. */
  stop(graceMilliseconds: number): Promise<void>;
}

/**
 * Runs its arguments as a command in this process group and ends the whole group as soon as file descriptor 3, held open
 * by the parent, closes: the parent's end, even by SIGKILL, is then the replica's. The text is constant; the command
 * comes as arguments.
 */
const guard = `
trap : TERM INT HUP
"$@" 3<&- &
child=$!
(trap '' TERM INT HUP; read -r _ <&3; kill -KILL 0) &
while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
exit "$code"`;

const defaultReplica = fileURLToPath(new URL("./main.ts", import.meta.url));

export async function startProcess(options: ProcessOptions): Promise<ReplicaProcess> {
  return options.command === undefined ? startDefault(options) : await startCommand(options, options.command);
}

function startDefault(options: ProcessOptions): ReplicaProcess {
  const child = spawn(process.execPath, [defaultReplica], {
    env: options.env,
    cwd: options.directory,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const endpoint = new Promise<Endpoint>((resolve, reject) => {
    child.once("message", (message) => resolve(message as ListeningMessage));
    child.once("exit", () => reject(new Error("ended before it listened")));
  });
  return track(child, options, endpoint, (signal) => child.kill(signal));
}

async function startCommand(options: ProcessOptions, command: readonly string[]): Promise<ReplicaProcess> {
  const wantsHealth = command.some((word) => word.includes("{healthPort}"));
  const port = await freePort();
  const healthPort = wantsHealth ? await freePort() : undefined;
  const values = { port: String(port), healthPort: String(healthPort), files: options.directory };
  const words = command.map((word) => fillPlaceholders(word, values));
  const child = spawn("/bin/sh", ["-c", guard, "replica", ...words], {
    env: { ...options.env, PORT: values.port },
    cwd: options.directory,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // A process group of its own, so that a signal reaches whatever the command starts.
    detached: true,
  });
  return track(child, options, Promise.resolve({ port, healthPort }), (signal) => {
    try {
      process.kill(-(child.pid as number), signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  });
}

function track(
  child: ChildProcess,
  options: ProcessOptions,
  endpoint: Promise<Endpoint>,
  signal: (name: NodeJS.Signals) => void,
): ReplicaProcess {
  endpoint.catch(() => {});
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream as Readable }).on("line", options.onLine);
  }
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, name) => resolve(name === null ? `exit code ${code}` : `signal ${name}`));
  });
  // Whatever the command left behind in its group ends with it.
  if (options.command !== undefined) void ended.then(() => child.pid !== undefined && signal("SIGKILL"));
  return {
    pid: child.pid ?? 0,
    endpoint,
    ended,
    async stop(grace) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      signal("SIGTERM");
      const timer = setTimeout(() => signal("SIGKILL"), grace);
      await ended;
      clearTimeout(timer);
    },
  };
}
