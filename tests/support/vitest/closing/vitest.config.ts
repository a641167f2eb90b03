import { defineConfig } from "vitest/config";

/** A run with every kind of failure outside of tests, for the test of its closing line. */
export default defineConfig({
  test: { root: import.meta.dirname, include: ["*.case.ts"], reporters: ["../closingLine.ts"], retry: 1 },
});
