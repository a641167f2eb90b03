import { spawn } from "node:child_process";

export interface TokenCommandContext {
  readonly env: NodeJS.ProcessEnv;
  /** Stops the command when it aborts. */
  readonly signal: AbortSignal;
  /** Timeout in ms. Default: 60,000. */
  readonly timeout?: number;
}

/** Longer output can't be a token. */
const mostCharacters = 65_536;

/** Variables that only the probe needs, so the command doesn't get them. */
const own = ["TOKEN", "PROBE_TOKEN_COMMAND", "PROBE_HEADERS", "PROBE_CLIENT_CERT", "PROBE_CLIENT_KEY"];

/**
 * Returns a function that runs a command without a shell and resolves to the token that it prints. The command's stderr
 * goes to the terminal. The function rejects, without showing output, if the command fails or prints anything else.
 */
export const tokenCommand = (words: readonly string[], context: TokenCommandContext) => (): Promise<string> =>
  new Promise((resolve, reject) => {
    const [command = "", ...args] = words;
    const { signal, timeout = 60_000 } = context;
    const env = Object.fromEntries(Object.entries(context.env).filter(([name]) => !own.includes(name)));
    // In its own process group, so that programs that the command started are stopped with it.
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "inherit"], detached: true });
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
    const end = (): void => {
      child.stdout.destroy();
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
    };
    limit.addEventListener("abort", end, { once: true });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.length > mostCharacters) end();
    });
    child.once("error", ({ code }: NodeJS.ErrnoException) => reject(new Error(notRun(command, code))));
    child.once("close", (code) => {
      limit.removeEventListener("abort", end);
      const problem = limit.aborted ? interrupted(signal, timeout) : problemWith(text.trim(), code);
      if (problem === undefined) resolve(text.trim());
      else reject(new Error(problem));
    });
  });

const notRun = (command: string, code = "unknown error"): string =>
  code === "ENOENT" ? `the command ${command} is not on the PATH` : `the command ${command} can't be run (${code})`;

const interrupted = ({ aborted }: AbortSignal, timeout: number): string =>
  aborted ? "interrupted" : `the command did not finish within ${timeout / 1_000} s`;

function problemWith(text: string, code: number | null): string | undefined {
  if (text.length > mostCharacters) return `the command printed more than ${mostCharacters} characters`;
  if (code !== 0) return code === null ? "a signal ended the command" : `the command failed with exit code ${code}`;
  if (text === "") return "the command printed nothing";
  const lines = text.split("\n").length;
  return lines === 1 ? undefined : `the command printed ${lines} lines instead of a token`;
}
