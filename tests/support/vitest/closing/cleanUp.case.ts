import { afterAll, describe, expect, test } from "vitest";

describe("a group whose clean-up fails", () => {
  afterAll(() => {
    throw new Error("not empty");
  });
  test("passes", () => expect(1).toBe(1));
  test.skip("is skipped", () => {});
  test.skip("is skipped too (needs something)", () => {});
});

describe.skip("a group (skipped: no tool on the PATH)", () => {
  test("first", () => {});
  test("second", () => {});
});
