import { existsSync, readFileSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { withConfigTable } from "../../docs/configTable.ts";
import { steps } from "../../packages/agw/src/demo/steps.ts";
import { keys } from "../../src/config/keys.ts";
import type { Key } from "../../src/config/valueKinds.ts";

const readme = readFileSync("README.md", "utf8");
const configuration = readFileSync("docs/configuration.md", "utf8");

/** Returns the cells of a document's table rows below a heading, without the head of the table. */
function rowsBelow(document: string, heading: string): string[][] {
  const section = document.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Reads every test file, in which titles are searched. */
async function readTests(): Promise<string> {
  const files: string[] = [];
  for await (const file of glob("{tests,policy/tests,packages/*/tests}/**/*.test.ts")) files.push(file);
  return (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
}

const allTests = readTests();

describe("docs/configuration.md", () => {
  test("lists exactly the program's keys", () => {
    expect(configuration, "update it with: npm run docs").toBe(withConfigTable(configuration));
  });

  test("is refused without the comments around its table, or with them in the wrong order", () => {
    const [start, end] = [/<!-- The table is made by.*\n/, /<!-- End of the table. -->/].map(
      (mark) => mark.exec(configuration)?.[0],
    );
    for (const page of ["", `${start}`, `${end}`, `${end}${start}`]) expect(() => withConfigTable(page)).toThrow();
    expect(withConfigTable(`${start}${end}`)).toContain("enableStickySessions");
  });
});

describe("the README", () => {
  test("has at most 150 lines", () => {
    expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(150);
  });

  test("names keys that exist, with their defaults", () => {
    const rows = rowsBelow(readme, "Configure");
    const named = rows.flatMap(([names = "", value = ""]) =>
      names.split(", ").map((name) => ({ name: name.replaceAll("`", ""), value })),
    );
    expect(named.length).toBeGreaterThan(7);
    for (const { name, value } of named) {
      const key = (keys as Record<string, Key<unknown>>)[name];
      expect(key, name).toBeDefined();
      if (/^`.*`$/.test(value) && key?.default !== undefined) expect(value, name).toBe(`\`${key.default}\``);
    }
  });

  test("shows steps of the demo under their own numbers and titles", () => {
    const shown = [...readme.matchAll(/^\[(\d+)\/(\d+)\] (.+)$/gm)];
    expect(shown.length).toBeGreaterThan(2);
    for (const [, number, total, title] of shown) {
      expect(Number(total)).toBe(steps.length + 1);
      expect(title).toBe(steps[Number(number) - 1]?.title);
    }
  });
});

test("every row of docs/lifecycle.md is the title of a test", async () => {
  const lifecycle = (await readFile("docs/lifecycle.md", "utf8")).replace("\n| When", "\n## Table\n| When");
  const rows = rowsBelow(lifecycle, "Table").map(([when = ""]) => when.replaceAll("`", ""));
  expect(rows.length).toBeGreaterThan(15);
  const tests = await allTests;
  expect(rows.filter((row) => !tests.includes(`"${row}`))).toEqual([]);
});

test("every test that docs/specification.md names exists", async () => {
  const named = [...(await readFile("docs/specification.md", "utf8")).matchAll(/“(.+?)”/g)].map(
    ([, title = ""]) => title,
  );
  expect(named.length).toBeGreaterThan(10);
  const tests = await allTests;
  expect(named.filter((title) => !tests.includes(title))).toEqual([]);
});

/** As GitHub makes an anchor of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

test("every link between the documents leads to a file and a heading that exist", async () => {
  const broken: string[] = [];
  for await (const file of glob("{*.md,docs/*.md,packages/*/*.md}")) {
    for (const [, target = ""] of (await readFile(file, "utf8")).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", heading] = target.split("#");
      const linked = path === "" ? file : join(dirname(file), path);
      const headings =
        existsSync(linked) && linked.endsWith(".md") ? (await readFile(linked, "utf8")).matchAll(/^#+ (.+)$/gm) : [];
      const anchors = [...headings].map(([, title = ""]) => anchor(title));
      if (!existsSync(linked) || (heading !== undefined && !anchors.includes(heading)))
        broken.push(`${file}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});
