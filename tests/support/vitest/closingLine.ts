import type { Reporter, TestCase, TestModule } from "vitest/node";

/**
 * Ends a run with the line `N passed, N failed[, N skipped]`, so that people and CI systems read the same count. A file
 * that does not load, a failed set-up or clean-up of a group, and an error outside of tests count as one failure each.
 * Lines before it list the reasons for skipped tests, and tests that passed on retry (on CI only), which need
 * investigation.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const groups = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const inState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state);
    const broken = groups.filter((group) => group.errors().length > 0);
    const failed = inState("failed").length + broken.length + unhandledErrors.length;
    const skipped = inState("skipped");
    const count = [`${inState("passed").length} passed`, `${failed} failed`];
    if (skipped.length > 0) count.push(`${skipped.length} skipped`);
    const unsteady = tests
      .filter((test) => test.diagnostic()?.flaky)
      .map(({ module, fullName }) => `second try: ${module.relativeModuleId} > ${fullName}`);
    const lines = [...reasonLines(skipped.map(({ fullName }) => fullName)), ...unsteady, count.join(", ")];
    // After vitest's summary, which an earlier reporter prints in the same event.
    process.once("exit", () => process.stdout.write(`${lines.join("\n")}\n`));
  }
}

/** A line for each reason in the titles of skipped tests, such as `(skipped: no az …)` or `(needs …)`. */
function reasonLines(titles: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const title of titles) {
    const [, skipped, needs] = [...title.matchAll(/\((?:skipped:? ([^()]+)|(needs [^()]+))\)/g)].at(-1) ?? [];
    const reason = skipped ?? needs ?? "no reason in the title";
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([reason, count]) => `skipped: ${count} ${count === 1 ? "test" : "tests"}: ${reason}`);
}
