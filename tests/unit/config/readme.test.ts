import { glob, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { withConfigTable } from "../../../docs/configTable.ts";

test("the README's configuration table is the program's own", async () => {
  const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  expect(readme, "make it anew with: npm run readme").toBe(withConfigTable(readme));
});

test("a README without the marks around the table, or with them in the wrong order, is refused", async () => {
  const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  const [before = "", after = ""] = readme.split(/<!-- The table is made by[\s\S]*<!-- End of the table. -->/);
  const [start, end] = [/<!-- The table is made by.*\n/, /\n<!-- End of the table. -->/].map(
    (mark) => mark.exec(readme)?.[0],
  );
  for (const wrong of [before + after, before + start + after, before + end + after, before + end + start + after]) {
    expect(() => withConfigTable(wrong)).toThrow("README.md lacks the marks");
  }
});

test("every row of the README's table on affinity has a test titled with it", async () => {
  const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  const table = readme.split("## What happens to affinity")[1]?.split("## ")[0] ?? "";
  const rows = [...table.matchAll(/^\| (.+?) \|/gm)].map(([, when = ""]) => when.replaceAll("`", "")).slice(1);
  expect(rows.length).toBeGreaterThan(8);
  const tests: string[] = [];
  for await (const file of glob("tests/**/*.test.ts", { cwd: new URL("../../..", import.meta.url) })) {
    tests.push(await readFile(new URL(`../../../${file}`, import.meta.url), "utf8"));
  }
  const titles = tests.join("\n");
  expect(rows.filter((row) => !titles.includes(`"${row}`))).toEqual([]);
});
