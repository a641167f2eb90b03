import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { withConfigTable } from "../../../src/stack/configTable.ts";

test("the README's configuration table is the program's own", async () => {
  const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  expect(readme, "make it anew with: npm run readme").toBe(withConfigTable(readme));
});
