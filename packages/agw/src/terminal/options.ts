import type { ParseArgsOptionsConfig } from "node:util";
import { parseOptions } from "./command.ts";

/** One option of a command: how it is parsed, what its text becomes, and what the help says of it. */
export interface Option<Value> {
  readonly type: "boolean" | "string";
  readonly multiple: boolean;
  /** The one letter that is short for it. */
  readonly short: string | undefined;
  /** What stands for the value in the help; empty for a flag, which takes none. */
  readonly placeholder: string;
  /** What the help says, line by line. */
  readonly help: Help;
  /** Reads what was given, nothing if the option was left out, and adds what is wrong with it to `problems`. */
  read(flag: string, given: readonly string[], problems: string[]): Value;
}

export type Help = string | readonly string[];

/** All options of one command by their names without dashes, in the order of its help. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** What the options of a table are read to. */
export type ValuesOf<Table extends OptionTable> = {
  readonly [name in keyof Table]: Table[name] extends Option<infer Value> ? Value : never;
};

/** `--name`, which takes no value. */
export const flag = (help: Help): Option<boolean> => ({
  type: "boolean",
  multiple: false,
  short: undefined,
  placeholder: "",
  help,
  read: (_flag, given) => given.length > 0,
});

/** `--name VALUE`. `read` gets no text if the option was left out, so its default is the one of that parameter. */
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

/** `--name VALUE`, as often as wanted. */
export const list = <Value>(
  placeholder: string,
  help: Help,
  read: (flag: string, texts: readonly string[], problems: string[]) => Value,
  short?: string,
): Option<Value> => ({ type: "string", multiple: true, short, placeholder, help, read });

export interface Parsed<Table extends OptionTable> {
  readonly values: ValuesOf<Table>;
  /** Names of the options that were given, whether their values are right or wrong. */
  readonly given: ReadonlySet<keyof Table>;
  readonly positionals: readonly string[];
  /** All that is wrong with single values, in the order of the table. A command adds what does not go together. */
  readonly problems: string[];
}

/** Reads a command line by its table. @throws CommandError if there is no such option, or a value is missing */
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

/** What `parseArgs` gives for an option; a flag that was given has one empty text. */
function textsOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return [value].flat().map((one) => (typeof one === "string" ? one : ""));
}

/** The lines of the help on a table's options. @param column where the texts start, counted from 0 */
export function optionLines(table: OptionTable, column: number): string[] {
  return Object.entries(table).flatMap(([name, { short, placeholder, help }]) => {
    const [first = "", ...more] = [help].flat();
    const head = `  ${short === undefined ? "" : `-${short}, `}--${name} ${placeholder}`;
    return [head.trimEnd().padEnd(column) + first, ...more.map((line) => " ".repeat(column) + line)];
  });
}
