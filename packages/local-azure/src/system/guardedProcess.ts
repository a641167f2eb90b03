import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

/**
 * Runs its arguments as the command. Descriptor 3 is held open by this process, and even SIGKILL closes it: the command's
 * process group then gets the signal that the first argument names, for the command must not outlive us. The shell arranges for that before
 * the command begins. The process that waits is no child of the command, whose own `wait` it would hold up. A line on the
 * descriptor says that all is over. The text is constant; the command comes as arguments.
 */
const guard = `
last=$1; shift
( ( trap '' TERM INT HUP; read -r _ <&3 || kill -s "$last" 0 ) </dev/null >/dev/null 2>&1 & )
exec "$@" 3<&-`;

export interface GuardedOptions extends Pick<SpawnOptions, "cwd" | "env"> {
  /** By which the shell names itself, if it cannot start the command. */
  readonly name: string;
  /** What the group gets if this process ends first. */
  readonly last: "TERM" | "KILL";
  readonly stdin: "ignore" | "pipe";
}

/**
 * Starts a command in a process group of its own that ends with this process, however that ends. Its fourth stream is what
 * holds it: write a line there to let go of what the command has left behind.
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

/** Sends a signal to a process group; one that has ended already, or that may not be signalled, is fine. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch (error) {
    // macOS says EPERM of a group of which nothing runs any more.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
