import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts", "packages/*/tests/**/*.test.ts", "policy/tests/*.test.ts"],
    globalSetup: ["tests/support/vitest/setup.ts"],
    setupFiles: ["tests/support/vitest/seed.ts"],
    reporters: ["default", "./tests/support/vitest/closingLine.ts"],
    // Two cores: the tests also start az processes and replicas, so more workers would only compete for CPU.
    maxWorkers: 2,
    // Only to catch hangs: on a busy machine, the processes that tests start take several times as long.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 20_000,
    // The reason for skipping a test is at the end of its title.
    taskTitleValueFormatTruncate: 0,
    // A hiccup on a CI machine must not block a good change. The closing lines list the tests that passed only on retry.
    retry: process.env.CI === undefined ? 0 : 1,
    // For the same reason; a condition that already holds is found on the first poll.
    expect: { poll: { timeout: 60_000 } },
  },
});
