import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { resultMarkdown } from "../../../../src/delivery/comment/stackComment.ts";
import {
  type PreviewResult,
  readResult,
  resultOf,
  writtenResult,
} from "../../../../src/delivery/digest/previewResult.ts";
import { app, digest, step } from "../digests.ts";

const given: PreviewResult = {
  exitCode: 0,
  preview: digest(step("update", "app", app("sticky"), app("none"), ["configuration"])),
  output: "\n",
  violations: [{ level: "advisory", policy: "p", resource: "r", message: "m" }],
};
const written = JSON.parse(writtenResult(given));
const read = (value: object): PreviewResult | undefined => readResult(JSON.stringify(value));
const stepWith = (more: object) => ({ ...written, preview: { steps: [{ ...written.preview.steps[0], ...more }] } });

describe("the data of a comment", () => {
  test.each(["first-deployment", "toggle-off", "rebuild", "hook"])("gives the same comment: %s", (name) => {
    const result = resultOf({
      text: readFileSync(`packages/agw/tests/support/previews/${name}.json`, "utf8"),
      exitCode: name === "hook" ? 1 : 0,
    });
    const back = readResult(writtenResult(result)) as PreviewResult;
    expect(resultMarkdown(back, { stack: "prod" })).toBe(resultMarkdown(result, { stack: "prod" }));
  });

  test("has neither the config nor fields that comments don't use", () => {
    const preview = { ...given.preview, config: { token: "hunter2" }, duration: 3 };
    expect(readResult(writtenResult({ ...given, preview }))).toEqual(read(written));
    expect(read({ ...written, more: 1, preview: { ...written.preview, more: 1 } })).toEqual(read(written));
  });

  test.each<[string, object]>([
    ["another version", { ...written, version: 2 }],
    ["no version", { ...written, version: undefined }],
    ["a list", [written]],
    ["an unknown operation", stepWith({ op: "@octocat" })],
    ["an unknown kind of difference", stepWith({ detailedDiff: { a: { kind: "@octocat" } } })],
    ["a step without a URN", stepWith({ urn: undefined })],
    ["inputs that are no object", stepWith({ newState: { type: "t", inputs: "x" } })],
    ["a URN that is no string", stepWith({ urn: { toString: "x" } })],
    ["a count that is none", { ...written, preview: { changeSummary: { update: "<img>" } } }],
    ["too many steps", { ...written, preview: { steps: Array(5_001).fill(written.preview.steps[0]) } }],
    ["an unknown level", { ...written, violations: [{ ...written.violations[0], level: "x" }] }],
    ["free text as the problem", { ...written, problem: "@octocat" }],
    ["an exit code that is none", { ...written, exitCode: -1 }],
  ])("is refused if its shape is wrong: %s", (_title, value) => expect(read(value)).toBeUndefined());

  test("is refused if it is nested too deeply or isn't JSON", () => {
    const deep = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
    expect(readResult(JSON.stringify(stepWith({ newState: { type: "t", inputs: "@" } })).replace('"@"', deep))).toBe(
      undefined,
    );
    expect(readResult("{")).toBeUndefined();
  });

  test("keeps the end of long output, and the start of long names and messages", () => {
    const output = `${"x".repeat(20_000)}end`;
    expect(read({ ...written, output })?.output).toHaveLength(20_000);
    expect(read({ ...written, output })?.output).toMatch(/end$/);
    expect(read(stepWith({ urn: "u".repeat(3_000) }))?.preview?.steps?.[0]?.urn).toBe(`${"u".repeat(2_000)}…`);
  });
});
