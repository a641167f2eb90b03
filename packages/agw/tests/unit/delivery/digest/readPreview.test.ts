import { describe, expect, test } from "vitest";
import { parsePreview, readPreview } from "../../../../src/delivery/digest/readPreview.ts";

const preview = { steps: [{ op: "same", urn: 'urn:"{' }], changeSummary: { same: 1 }, note: "\\" };
const printed = JSON.stringify(preview, null, 2);

describe("the preview surrounded by other text (pulumi/pulumi #19775)", () => {
  test.each([
    ["nothing", "", ""],
    [
      "policy packs being installed",
      "Installing policy pack example 0.0.7...\nFinished installing policy pack\n\n",
      "",
    ],
    ["warnings, before and after", "warning: {a: [1}\n", "\nwarning: }{\n"],
    ["a line that begins with a brace", "{ is how a set begins\n", ""],
    ["a line of braces", "{{}\n", ""],
    ["an open string", '{ "a\n', ""],
    ["braces around it", "{\n", "\n}"],
    ["other JSON documents, before and after", '{"level":"info"}\n{\n  "steps {": 1\n}\n', '\n{"steps":[]}\n'],
    ["a byte order mark", "\ufeff", "\n"],
  ])("%s", (_title, before, after) => {
    for (const text of [before + printed + after, (before + printed + after).replaceAll("\n", "\r\n")]) {
      expect(parsePreview(text)).toEqual(preview);
    }
  });

  test("keeps the text around it, without any JSON", () => {
    const text = `before\n{"token":"hunter2"}\n${printed}\nafter`;
    expect(readPreview(text)).toMatchObject({ around: "before\n\n\nafter" });
    expect(readPreview(`before\n{"token":"hunter2"}\nafter\n${printed.slice(0, -3)}`)).toEqual({
      problem: "cut off",
      around: "before\n\nafter\n",
    });
  });
});

test.each([
  ["error: no stack", "is not JSON (15 characters)"],
  ["[]", "is not JSON (2 characters)"],
  ["{hunter2}", "is not JSON (9 characters)"],
  ['{"steps":["hunter2"', "contains truncated JSON (19 characters)"],
  ['{"hunter2":1}', "has neither `steps` nor `changeSummary` (13 characters)"],
  ['{"diagnostics":[]}', "has neither `steps` nor `changeSummary` (18 characters)"],
  ['{"steps":"hunter2","changeSummary":{}}', "has malformed `steps`, `diagnostics` or `changeSummary` (38 characters)"],
  [
    '{"steps":[],"diagnostics":[{"message":3}]}',
    "has malformed `steps`, `diagnostics` or `changeSummary` (42 characters)",
  ],
  ['{"steps":[{"op":"same"}]}', "has malformed `steps`, `diagnostics` or `changeSummary` (25 characters)"],
  ['{"changeSummary":[]}', "has malformed `steps`, `diagnostics` or `changeSummary` (20 characters)"],
])("text that is no preview is refused, and not quoted: %j", (text, why) => {
  const message = `the preview ${why}: expected the output of pulumi preview --json`;
  expect(() => parsePreview(text)).toThrow(message);
  expect(message).not.toContain("hunter2");
});
