import { describe, expect, test } from "vitest";
import { CommandError } from "../../../src/terminal/command.ts";
import { flag, list, option, optionLines, readOptions } from "../../../src/terminal/options.ts";

function level(name: string, text = "1", problems: string[]): number {
  if (!/^\d$/.test(text)) problems.push(`${name}: a digit, got '${text}'`);
  return Number(text);
}

const table = {
  level: option("N", "how much (1)", level),
  config: list("K=V", ["a setting", "for this run"], (_flag, texts) => texts, "c"),
  file: option("FILE", "where to"),
  json: flag("one document"),
};

describe("an option table", () => {
  test("uses defaults for omitted options and lists only the given ones as given", () => {
    const { values, given, positionals, problems } = readOptions([], table);
    expect(values).toEqual({ level: 1, config: [], file: undefined, json: false });
    expect([given.size, positionals, problems]).toEqual([0, [], []]);
  });

  test("reads given options, including short names", () => {
    const { values, given, positionals } = readOptions(["-c", "a=1", "--json", "x", "--config", "b=2"], table);
    expect(values).toMatchObject({ config: ["a=1", "b=2"], json: true });
    expect([...given].sort()).toEqual(["config", "json"]);
    expect(positionals).toEqual(["x"]);
  });

  test("collects problems", () => {
    expect(readOptions(["--level", "high"], table).problems).toEqual(["--level: a digit, got 'high'"]);
  });

  test("refuses an unknown option", () => {
    expect(() => readOptions(["--leve", "1"], table)).toThrow(CommandError);
    expect(() => readOptions(["--leve", "1"], table)).toThrow("Did you mean --level?");
  });

  test("formats the lines of the help", () => {
    expect(optionLines(table, 22)).toEqual([
      "  --level N           how much (1)",
      "  -c, --config K=V    a setting",
      "                      for this run",
      "  --file FILE         where to",
      "  --json              one document",
    ]);
  });
});
