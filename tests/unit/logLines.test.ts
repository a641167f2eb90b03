import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newLines } from "../../src/local/azure/logs.ts";

describe("lines that are new in a window on a growing log", () => {
  test("are exactly those that were added, however the window slides", () => {
    const log = fc
      .array(fc.nat(), { maxLength: 40 })
      .map((values) => values.map((value, index) => `${index} ${value}`));
    fc.assert(
      fc.property(log, log, fc.integer({ min: 1, max: 50 }), (old, added, window) => {
        const more = added.map((line) => `new ${line}`);
        const [before, after] = [old.slice(-window), [...old, ...more].slice(-window)];
        expect(newLines(before, after)).toEqual(more.slice(-window));
      }),
    );
  });
});
