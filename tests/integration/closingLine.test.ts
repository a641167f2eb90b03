import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

test("the last line counts failed tests, failed clean-ups and files that do not load; lines before it list reasons for skips and tests that passed on retry", () => {
  const config = join(root, "tests", "support", "vitest", "closing", "vitest.config.ts");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const { status, stdout } = spawnSync(process.execPath, [vitest, "run", "--config", config], { encoding: "utf8" });
  expect(stdout.trimEnd().split("\n").slice(-5)).toEqual([
    "skipped: 2 tests: no tool on the PATH",
    "skipped: 1 test: no reason in the title",
    "skipped: 1 test: needs something",
    "second try: unsteady.case.ts > passes the second time",
    "2 passed, 3 failed, 4 skipped",
  ]);
  expect(status).toBe(1);
});
