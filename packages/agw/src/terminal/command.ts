import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { closestMatch } from "leven";
import type { Io } from "./io.ts";

/** What `agw` exits with. The probe: held or not needed 0, moved or lost 1, inconclusive 3. */
export const exitCode = { done: 0, failed: 1, usage: 2, unknown: 3, interrupted: 130 } as const;

/** One subcommand of `agw`: `commands/NAME.ts` exports it as `command`. */
export interface Command {
  /** The whole help text, first line `Usage: agw NAME …`, options with unit and default. */
  readonly help: string;
  /** Runs the command with the arguments after its name; resolves to the exit code. */
  run(args: string[], io: Io): Promise<number>;
}

/**
 * An error whose message is all that the user sees. Other modules need not import it: any error with a numeric
 * `exitCode` property is shown the same way.
 */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(message: string, code: number = exitCode.failed) {
    super(message);
    this.exitCode = code;
  }
}

/** ". Did you mean NAME?" for the nearest of the names; else, or where none is a plausible slip of the pen, the other text. */
export function didYouMean(word: string, names: readonly string[], otherwise = ""): string {
  const near = closestMatch(word, names, { maxDistance: Math.max(1, Math.floor(word.length / 3)) });
  return near === undefined ? otherwise : `. Did you mean ${near}?`;
}

/** `parseArgs`, but a wrong option is a {@link CommandError} that ends with exit code 2. */
export function parseOptions<const T extends ParseArgsOptionsConfig>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandError(optionProblem(error as Error, args, Object.keys(options)), exitCode.usage);
  }
}

/** Node's own message, save for an unknown option, where Node's advice (positionals) leads astray. */
function optionProblem(error: Error & { code?: string }, args: string[], names: readonly string[]): string {
  if (error.code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") return error.message;
  const given = /'(-[^']*)'/.exec(error.message)?.[1] ?? args.find((arg) => arg.startsWith("-")) ?? "";
  const known = names.map((name) => `--${name}`);
  return `Unknown option '${given}'${didYouMean(given, known)}`;
}
