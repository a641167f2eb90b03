import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** A command's only access to the terminal and the process, so tests can run commands in-process. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  /** Prints results to stdout. With `--json`, that is exactly one JSON document. */
  out(text: string): void;
  /** Prints progress, warnings and errors to stderr. */
  err(text: string): void;
  /** Whether stderr is a terminal, so progress lines can be rewritten. */
  readonly interactive: boolean;
  /** Colors the text if stdout and stderr are terminals and NO_COLOR is not set. Otherwise returns it unchanged. */
  style(style: Style, text: string): string;
  /**
   * Aborted by the first SIGINT, SIGTERM or SIGHUP (the terminal was closed). The command then cleans up and returns.
   * A second SIGINT or SIGTERM ends the process at once.
   */
  readonly signal: AbortSignal;
}

/** Returns an Io for the real terminal and process. */
export function processIo(): Io {
  const controller = new AbortController();
  let signalled = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (signalled) process.exit(130);
    signalled = true;
    controller.abort(new Error(signal));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // When a terminal is closed, both the kernel and the shell send SIGHUP, so a second one does not mean "end at once".
  process.on("SIGHUP", () => {
    signalled = true;
    controller.abort(new Error("SIGHUP"));
  });
  if (process.env.npm_command === "exec") onParentGone(() => signalled || stop("SIGTERM"));
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that went away (EPIPE, `agw … | head`) or a closed terminal (EIO) is not an error. A full disk is.
    if (error.code !== "EPIPE" && error.code !== "EIO") failAtExit(error);
    // Nobody reads further output, so the command cleans up and ends. Its exit code still reports what it found.
    controller.abort(error);
  });
  // The command continues if nobody reads its progress.
  process.stderr.on("error", () => {});
  // Styled text goes to both streams, so color is off if either is a file, unless FORCE_COLOR is set.
  const streams = [process.stdout, process.stderr];
  const colors = streams.every((stream) => styleText("bold", "x", { stream }) !== "x");
  return {
    env: process.env,
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    interactive: process.stderr.isTTY === true,
    style: (style, text) => (colors ? styleText(style, text, { validateStream: false }) : text),
    signal: controller.signal,
  };
}

/**
 * Under `npx agw …`, npm passes signals to the shell that runs agw. That shell ends without passing them on, so agw would
 * keep running without a parent.
 */
function onParentGone(act: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    act();
  }, 500).unref();
}

function failAtExit({ message }: Error): void {
  process.stderr.write(`agw: the output could not be written: ${message}\n`);
  process.once("exit", (code) => {
    if (code === 0) process.exitCode = 1;
  });
}
