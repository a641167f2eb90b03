import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export interface AgwOptions {
  /** Default: the project itself. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** In a process group of its own, to which signals can be sent as a terminal does (by the negative process id). */
  readonly ownGroup?: boolean;
  /** Called with the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

export interface AgwRun {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const project = join(import.meta.dirname, "..", "..");
export const agwFile = join(project, "packages", "agw", "src", "agw.ts");

/** Runs the `agw` of this checkout as a user would, in a process of its own, which ends with the test at the latest. */
export function agw(
  args: readonly string[],
  { cwd = project, env = {}, ownGroup = false, onStart }: AgwOptions = {},
): Promise<AgwRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [agwFile, ...args], {
      cwd,
      env: { ...process.env, ...env },
      detached: ownGroup,
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        text[name] += chunk;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...text }));
    onStart?.(child);
  });
}
