import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import type { Io } from "./io.ts";

/** What `agw` exits with. The probe: held or not needed 0, moved or lost 1, inconclusive 3. */
export const exitCode = { done: 0, failed: 1, usage: 2, unknown: 3, interrupted: 130 } as const;

/** One subcommand of `agw`. A module in this folder exports exactly one, as `command`. */
export interface Command {
  /** The whole help text, first line `Usage: agw NAME …`, options with unit and default. */
  readonly help: string;
  /** Runs the command with the arguments after its name; resolves to the exit code. */
  run(args: string[], io: Io): Promise<number>;
}

/**
 * An error whose message is all that the user sees. Modules outside `src/cli` need not import it: any error with a
 * numeric `exitCode` property is shown the same way.
 */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(message: string, code: number = exitCode.failed) {
    super(message);
    this.exitCode = code;
  }
}

/** `parseArgs`, but a wrong option is a {@link CommandError} that ends with exit code 2. */
export function parseOptions<const T extends ParseArgsOptionsConfig>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), exitCode.usage);
  }
}
