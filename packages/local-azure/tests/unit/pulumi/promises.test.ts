import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const local = join(import.meta.dirname, "..", "..", "..", "src", "pulumi");
const sources = (folder: string): string[] =>
  readdirSync(join(local, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(local, folder, name), "utf8"));

/** Counts lines of code, without comments and blank lines. */
const codeLines = (...folders: readonly string[]): number =>
  folders
    .flatMap(sources)
    .flatMap((text) => text.split("\n"))
    .filter((line) => line.trim() !== "" && !/^\s*(\/\/|\/\*|\*)/.test(line)).length;

test("engine and providers are under 1,400 lines of code together, and under 1,850 with Pulumi's wire format, without comments and blank lines", () => {
  expect(codeLines("engine", "run", "providers")).toBeLessThan(1400);
  expect(codeLines("engine", "run", "providers", "protocol", "monitor")).toBeLessThan(1850);
});

test("docs/engine.md says first what the engine is not", () => {
  const page = readFileSync(join(local, "..", "..", "..", "..", "docs", "engine.md"), "utf8");
  expect(page.split("\n\n")[1]).toMatch(/^\*\*What it is not\.\*\* It is not Pulumi/);
});
