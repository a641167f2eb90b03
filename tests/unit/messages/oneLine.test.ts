import { expect, test } from "vitest";
import { oneLine } from "../../../src/messages/oneLine.ts";

test.each([
  ["first\nsecond", "first second"],
  ["\u001b[31mred\u001b[0m", "red"],
  ["a\u202eb\u0007c", "a b c"],
  ["x".repeat(600), `${"x".repeat(499)}…`],
  ["", ""],
])("shows foreign text in one bounded line without control characters: %j", (text, shown) => {
  expect(oneLine(text)).toBe(shown);
});
