import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts", "packages/*/tests/**/*.test.ts", "policy/tests/*.test.ts"],
    globalSetup: ["tests/support/vitest/setup.ts"],
    setupFiles: ["tests/support/vitest/seed.ts"],
    reporters: ["default", "./tests/support/vitest/closingLine.ts"],
    // Two cores: real az processes and replicas run beside the tests, so the files do not fight for more workers.
    maxWorkers: 2,
    // Only against what hangs: a busy machine takes several times as long for the processes that tests start.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 20_000,
    // The reason why a test is skipped stands at the end of a title.
    taskTitleValueFormatTruncate: 0,
    // A CI machine's hiccup is not to hold a good change back; the closing lines name whatever passed at its second try.
    retry: process.env.CI === undefined ? 0 : 1,
    // As above; what holds is found at the first look anyway.
    expect: { poll: { timeout: 60_000 } },
  },
});
