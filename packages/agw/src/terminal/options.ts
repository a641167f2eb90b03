import type { ParseArgsOptionsConfig } from "node:util";
import { parseOptions } from "./command.ts";

/** An option of a command: how to parse it, how to read its value, and its help. */
export interface Option<Value> {
  readonly type: "boolean" | "string";
  readonly multiple: boolean;
  /** Its one-letter form. */
  readonly short: string | undefined;
  /** The name of the value in the help. Empty for a flag, which takes no value. */
  readonly placeholder: string;
  /** The help text, one entry per line. */
  readonly help: Help;
  /** Reads the given texts (none if the option was omitted) and adds any problems with them to `problems`. */
  read(flag: string, given: readonly string[], problems: string[]): Value;
}

export type Help = string | readonly string[];

/** The options of a command by name, without dashes, in the order of the help. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The values that the options of a table produce. */
export type ValuesOf<Table extends OptionTable> = {
  readonly [name in keyof Table]: Table[name] extends Option<infer Value> ? Value : never;
};

/** Defines `--name`, which takes no value. */
export const flag = (help: Help): Option<boolean> => ({
  type: "boolean",
  multiple: false,
  short: undefined,
  placeholder: "",
  help,
  read: (_flag, given) => given.length > 0,
});

/** Defines `--name VALUE`. If it is omitted, `read` gets undefined, so a default parameter is the option's default. */
export const option = <Value = string | undefined>(
  placeholder: string,
  help: Help,
  read: (flag: string, text: string | undefined, problems: string[]) => Value = (_flag, text) => text as Value,
): Option<Value> => ({
  type: "string",
  multiple: false,
  short: undefined,
  placeholder,
  help,
  read: (flag, [text], problems) => read(flag, text, problems),
});

/** Defines `--name VALUE`, which can be repeated. */
export const list = <Value>(
  placeholder: string,
  help: Help,
  read: (flag: string, texts: readonly string[], problems: string[]) => Value,
  short?: string,
): Option<Value> => ({ type: "string", multiple: true, short, placeholder, help, read });

export interface Parsed<Table extends OptionTable> {
  readonly values: ValuesOf<Table>;
  /** The names of the given options, including those with wrong values. */
  readonly given: ReadonlySet<keyof Table>;
  readonly positionals: readonly string[];
  /** Problems with single values, in the order of the table. The command adds options that can't be combined. */
  readonly problems: string[];
}

/** Parses a command line. @throws CommandError for an unknown option or a missing value */
export function readOptions<const Table extends OptionTable>(args: string[], table: Table): Parsed<Table> {
  const entries = Object.entries(table);
  const config = entries.map(([name, { type, multiple, short }]) => [
    name,
    { type, multiple, ...(short !== undefined && { short }) },
  ]);
  const { values: texts, positionals } = parseOptions(args, Object.fromEntries(config) as ParseArgsOptionsConfig);
  const problems: string[] = [];
  const values = entries.map(([name, { read }]) => [name, read(`--${name}`, textsOf(texts[name]), problems)]);
  return {
    values: Object.fromEntries(values) as ValuesOf<Table>,
    given: new Set(Object.keys(texts)),
    positionals,
    problems,
  };
}

/** Converts a value from `parseArgs` to texts. A given flag becomes one empty text. */
function textsOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return [value].flat().map((one) => (typeof one === "string" ? one : ""));
}

/** Returns the help lines for a table. @param column 0-based column where the help texts start */
export function optionLines(table: OptionTable, column: number): string[] {
  return Object.entries(table).flatMap(([name, { short, placeholder, help }]) => {
    const [first = "", ...more] = [help].flat();
    const head = `  ${short === undefined ? "" : `-${short}, `}--${name} ${placeholder}`;
    return [head.trimEnd().padEnd(column) + first, ...more.map((line) => " ".repeat(column) + line)];
  });
}
