import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** All that a command may touch of the terminal and the process, so that tests can run one in the same process. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  /** Results; with `--json` exactly one JSON document. */
  out(text: string): void;
  /** Progress, warnings and errors. */
  err(text: string): void;
  /** True when stderr is a terminal: progress lines may then be rewritten. */
  readonly interactive: boolean;
  /** Colours the text where stdout and stderr are terminals and NO_COLOR is not set; else returns it as it is. */
  style(style: Style, text: string): string;
  /**
   * Aborted by the first SIGINT, SIGTERM or SIGHUP (a terminal that is closed). A command then cleans up and returns; a second
   * SIGINT or SIGTERM ends the process.
   */
  readonly signal: AbortSignal;
}

/** The real terminal and process. */
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
  // A closed terminal sends it twice, by the kernel and by the shell: that is no second wish to end.
  process.on("SIGHUP", () => {
    signalled = true;
    controller.abort(new Error("SIGHUP"));
  });
  if (process.env.npm_command === "exec") onParentGone(() => signalled || stop("SIGTERM"));
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that has gone away (`agw … | head`, or EIO: a closed terminal) is no error of ours; a full disk is.
    if (error.code !== "EPIPE" && error.code !== "EIO") failAtExit(error);
    // Nobody sees what comes now, so the command cleans up and ends; what it has found out stays its exit code.
    controller.abort(error);
  });
  // Without readers of its progress a command goes on.
  process.stderr.on("error", () => {});
  // Styled text goes to both: neither may be a file, unless FORCE_COLOR says so.
  const streams = [process.stdout, process.stderr];
  const colours = streams.every((stream) => styleText("bold", "x", { stream }) !== "x");
  return {
    env: process.env,
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    interactive: process.stderr.isTTY === true,
    style: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
    signal: controller.signal,
  };
}

/**
 * `npx agw …` runs agw by a shell. npm passes a signal that it gets (`kill` of its process) on to that shell, which ends and
 * tells nobody: what it ran would go on without a parent.
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
