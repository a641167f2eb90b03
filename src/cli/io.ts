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
  /** Colours the text where stdout is a terminal and NO_COLOR is not set; else returns it as it is. */
  style(style: Style, text: string): string;
  /** Aborted by the first SIGINT or SIGTERM. A command then cleans up and returns; a second signal ends the process. */
  readonly signal: AbortSignal;
}

/** The real terminal and process. */
export function processIo(): Io {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error(signal));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // A reader that has gone away (`agw … | head`) is not an error of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  return {
    env: process.env,
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    interactive: process.stderr.isTTY === true,
    style: (style, text) => styleText(style, text, { stream: process.stdout }),
    signal: controller.signal,
  };
}
