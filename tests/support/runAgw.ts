import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const agw = fileURLToPath(new URL("../../packages/agw/src/agw.ts", import.meta.url));

export interface AgwResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Seconds from start to exit. */
  readonly seconds: number;
}

export interface AgwOptions {
  readonly env?: Readonly<Record<string, string>>;
  onStart?(interrupt: () => void): void;
  /** Called with all of stderr whenever there is more, so that a test can interrupt at the right moment. */
  onStderr?(soFar: string, interrupt: () => void): void;
}

/** Runs `agw` in a separate process, without environment variables that would change its behavior. */
export function runAgw(args: readonly string[], { env = {}, onStart, onStderr }: AgwOptions = {}): Promise<AgwResult> {
  const began = performance.now();
  const { GATEWAY_URL: _url, TOKEN: _token, ...own } = process.env;
  const child = spawn(process.execPath, [agw, ...args], { env: { ...own, NO_COLOR: "1", ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  let interrupted = false;
  // A second Ctrl-C would kill the process at once.
  const interrupt = (): void => {
    if (!interrupted) child.kill("SIGINT");
    interrupted = true;
  };
  onStart?.(interrupt);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    onStderr?.(stderr, interrupt);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr, seconds: (performance.now() - began) / 1_000 }));
  });
}
