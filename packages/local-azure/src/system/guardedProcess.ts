import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

/**
 * Shell script that runs its arguments as a command and makes sure that the command doesn't outlive this process.
 *
 * This process holds the other end of descriptor 3, which closes even on SIGKILL. A background subshell waits for that
 * and then sends the command's process group the signal in the first argument; a line on the descriptor cancels it. The
 * subshell starts before the command, and is not a child of it, so that the command's own `wait` doesn't block. The
 * text is constant; the command is passed as arguments.
 */
const guard = `
last=$1; shift
( ( trap '' TERM INT HUP; read -r _ <&3 || kill -s "$last" 0 ) </dev/null >/dev/null 2>&1 & )
exec "$@" 3<&-`;

export interface GuardedOptions extends Pick<SpawnOptions, "cwd" | "env"> {
  /** Name that the shell uses in its own error messages, e.g. if it can't start the command. */
  readonly name: string;
  /** Signal that the process group gets if this process ends first. */
  readonly last: "TERM" | "KILL";
  readonly stdin: "ignore" | "pipe";
}

/**
 * Starts a command in a new process group that ends when this process does, however that happens. Write a line to its
 * fourth stream to cancel that, so that processes the command left behind keep running.
 */
export function spawnGuarded(
  words: readonly string[],
  { name, last, stdin, ...options }: GuardedOptions,
): ChildProcess {
  return spawn("/bin/sh", ["-c", guard, name, last, ...words], {
    ...options,
    stdio: [stdin, "pipe", "pipe", "pipe"],
    detached: true,
  });
}

/** Sends a signal to a process group. Ignores a group that has ended or that this process can't signal. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch (error) {
    // macOS reports EPERM for a group with no running process.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
