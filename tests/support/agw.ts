import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export interface AgwOptions {
  /** Default: the project itself. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Whether it runs in a new process group, so that signals can be sent like a terminal does (to the negative process
   * ID).
   */
  readonly ownGroup?: boolean;
  /** Called with the process once it has started. */
  readonly onStart?: (child: ChildProcess) => void;
}

export interface AgwRun {
  /** Null if a signal killed it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const project = join(import.meta.dirname, "..", "..");
export const agwFile = join(project, "packages", "agw", "src", "agw.ts");

/** Runs this checkout's `agw` in a separate process, which is killed when the test ends. */
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
