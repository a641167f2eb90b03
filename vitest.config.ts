import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts", "policy/**/*.test.ts"],
    globalSetup: ["tests/support/setup.ts"],
    setupFiles: ["tests/support/seed.ts"],
    reporters: ["default", "./tests/support/closingLine.ts"],
    // Two cores: real az processes and replicas run beside the tests, so the files do not fight for more workers.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // The default second is short for real processes on a busy machine; what holds is found at the first look anyway.
    expect: { poll: { timeout: 10_000 } },
  },
});
