import type { Reporter, TestCase, TestModule } from "vitest/node";

/**
 * Ends a run with `N passed, N failed[, N skipped]` alone on a line, so that a person and a CI system read the same
 * count. A file that could not be loaded, a group's set-up or clean-up that failed, or an error outside any test counts as
 * one failure: none of them is a test of its own. Before it stands a line for each reason why tests were skipped, and for
 * each test that passed at its second try (which there is on CI only): that one is to be looked into.
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
    // After vitest's own summary, which is printed in the same event by an earlier reporter.
    process.once("exit", () => process.stdout.write(`${lines.join("\n")}\n`));
  }
}

/** A line for each reason in the titles of skipped tests: `(skipped: no az …)`, `(skipped where …)` or `(needs …)`. */
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
