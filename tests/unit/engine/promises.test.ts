import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const local = join(import.meta.dirname, "..", "..", "..", "src", "local");
const sources = (folder: string): string[] =>
  readdirSync(join(local, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(local, folder, name), "utf8"));

test("engine and providers are under 1,200 lines of code together, without comments, blank lines and the wire format", () => {
  const lines = [...sources("engine"), ...sources("providers")].flatMap((text) => text.split("\n"));
  const code = lines.filter((line) => line.trim() !== "" && !/^\s*(\/\/|\/\*|\*)/.test(line));
  expect(code.length).toBeLessThan(1200);
});

test("docs/engine.md says first what the engine is not", () => {
  const page = readFileSync(join(local, "..", "..", "docs", "engine.md"), "utf8");
  expect(page.split("\n\n")[1]).toMatch(/^\*\*What it is not\.\*\* It is not Pulumi/);
});
