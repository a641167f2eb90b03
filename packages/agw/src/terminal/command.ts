import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { closestMatch } from "leven";
import type { Io } from "./io.ts";

/** Exit codes of `agw`. For the probe, 0 is held or not needed, 1 is moved or lost, 3 is inconclusive. */
export const exitCode = { done: 0, failed: 1, usage: 2, unknown: 3, interrupted: 130 } as const;

/** A subcommand of `agw`. `commands/NAME.ts` exports it as `command`. */
export interface Command {
  /** The complete help text. It starts with `Usage: agw NAME …` and gives the unit and default of each option. */
  readonly help: string;
  /** Runs the command with the arguments after its name and returns the exit code. */
  run(args: string[], io: Io): Promise<number>;
}

/**
 * An error that is shown to the user as its message only, without a stack trace. Any error with a numeric `exitCode`
 * property is treated the same way, so other packages need not import this class.
 */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(message: string, code: number = exitCode.failed) {
    super(message);
    this.exitCode = code;
  }
}

/** Returns ". Did you mean NAME?" for the closest name, or `otherwise` if no name is close enough to be a typo. */
export function didYouMean(word: string, names: readonly string[], otherwise = ""): string {
  const near = closestMatch(word, names, { maxDistance: Math.max(1, Math.floor(word.length / 3)) });
  return near === undefined ? otherwise : `. Did you mean ${near}?`;
}

/** Calls Node's `parseArgs`. @throws CommandError with exit code 2 for a wrong option */
export function parseOptions<const T extends ParseArgsOptionsConfig>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandError(optionProblem(error as Error, args, Object.keys(options)), exitCode.usage);
  }
}

/** Returns Node's message, except for an unknown option: Node then advises on positionals, which doesn't help here. */
function optionProblem(error: Error & { code?: string }, args: string[], names: readonly string[]): string {
  if (error.code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") return error.message;
  const given = /'(-[^']*)'/.exec(error.message)?.[1] ?? args.find((arg) => arg.startsWith("-")) ?? "";
  const known = names.map((name) => `--${name}`);
  return `Unknown option '${given}'${didYouMean(given, known)}`;
}
