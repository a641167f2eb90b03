import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends a run with `N passed, N failed[, N skipped]` alone on a line, so that a person and a CI system read the same
 * count. A file that could not be loaded, a group's set-up or clean-up that failed, or an error outside any test counts as
 * one failure: none of them is a test of its own.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state !== "pending") count[state] += 1;
      }
      for (const group of [module, ...module.children.allSuites()]) {
        if (group.errors().length > 0) count.failed += 1;
      }
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
    // After vitest's own summary, which is printed in the same event by an earlier reporter.
    process.once("exit", () => process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`));
  }
}
