import { defineConfig } from "vitest/config";

/** A run that fails in every way that is not a test's own; for the test of its closing line. */
export default defineConfig({
  test: { root: import.meta.dirname, include: ["*.case.ts"], reporters: ["../closingLine.ts"], retry: 1 },
});
