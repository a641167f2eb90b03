import { describe, expect, test } from "vitest";
import {
  decideDrift,
  driftMarkdown,
  driftMarker,
  type StackWatch,
  stateOf,
} from "../../../../src/delivery/comment/driftIssue.ts";
import { affinitySentence } from "../../../../src/delivery/forecast/commentSentences.ts";
import { app, digest, step } from "../digests.ts";

const drifted = digest(
  step("refresh", "app", app("sticky"), app("sticky")),
  step("update", "app", app("none"), app("sticky"), ["configuration"]),
);
const failed = {
  id: "affinity",
  check: "affinity",
  status: "not ok",
  found: "none",
  try: "pulumi up --stack prod",
} as const;
const appExists = { id: "app-exists", check: "app exists", status: "ok", found: "Succeeded" } as const;
/** A stack whose preview ran and whose app the doctor saw. */
const watch = (stack: string, previewExit: number, more: Partial<StackWatch> = {}): StackWatch => ({
  stack,
  previewExit,
  doctor: [appExists],
  ...more,
});
const notChecked = (stack: string): StackWatch => ({ stack, previewExit: undefined });
const open = { number: 7, body: driftMarker };

describe("the drift issue", () => {
  test.each([
    ["clean", watch("prod", 0)],
    ["clean", watch("prod", 0, { doctor: [appExists, { ...failed, status: "unknown" }] })],
    ["unknown", watch("prod", 0, { doctor: [{ ...appExists, status: "unknown" }] })],
    ["unknown", watch("prod", 0, { doctor: [] })],
    ["drifted", watch("prod", 7)],
    ["drifted", watch("prod", 0, { doctor: [failed] })],
    ["drifted", watch("prod", 255, { doctor: [failed] })],
    ["unknown", watch("prod", 255)],
    ["unknown", notChecked("prod")],
    ["unknown", { stack: "prod", previewExit: 0 }],
  ])("a stack is %s", (state, seen) => expect(stateOf(seen)).toBe(state));

  test("is opened for drift", () => {
    expect(decideDrift([watch("dev", 0), watch("prod", 7, { preview: drifted })], undefined)).toMatchObject({
      kind: "open",
      title: "Drift: prod",
    });
  });

  test("is updated if the drift changes, and left alone if it doesn't", () => {
    const watches = [watch("prod", 7, { preview: drifted })];
    expect(decideDrift(watches, open)).toMatchObject({ kind: "update", number: 7 });
    const body = driftMarkdown(watches).replaceAll("\n", "\r\n");
    expect(decideDrift(watches, { number: 7, body })).toMatchObject({ kind: "leave" });
  });

  test("is closed once every stack is clean", () => {
    expect(decideDrift([watch("dev", 0), watch("prod", 0)], open)).toEqual({
      kind: "close",
      number: 7,
      comment: "No drift in `dev`, `prod`.",
    });
  });

  test.each([
    ["the preview of a stack failed", [watch("dev", 0), watch("prod", 255)]],
    ["the job of a stack ended early", [watch("dev", 0), notChecked("prod")]],
    ["the doctor left no report", [watch("dev", 0), { stack: "prod", previewExit: 0 }]],
    ["there are no stacks", []],
  ])("stays open if %s", (_title, watches) => {
    expect(decideDrift(watches, open).kind).toBe("leave");
  });

  test("is not opened without drift", () => expect(decideDrift([watch("prod", 0)], undefined).kind).toBe("leave"));

  test.each([
    [notChecked("eu"), "The job ended before the preview did; see the workflow run."],
    [watch("eu", 255), "The preview failed (exit code 255); see the workflow run."],
    [watch("eu", 7), "The output of the preview can't be read; see the workflow run."],
    [{ stack: "eu", previewExit: 0, preview: digest() }, "`agw doctor` could not see the app; see the workflow run."],
  ])("says why the state of another stack is unknown: %j", (notSeen, says) => {
    expect(driftMarkdown([watch("prod", 7, { preview: drifted }), notSeen])).toContain(`### Stack \`eu\`\n\n${says}`);
  });

  test("says what drifted, what the doctor found and how to fix it, within GitHub's limit", () => {
    const long = { ...failed, found: "x".repeat(200_000) };
    const many = ["a", "b", "c"].map((stack) => watch(stack, 7, { preview: drifted, doctor: [long] }));
    expect(Buffer.byteLength(driftMarkdown(many))).toBeLessThanOrEqual(65_536);
    const text = driftMarkdown([watch("prod", 7, { preview: drifted, doctor: [appExists, failed] }), watch("dev", 0)]);
    expect(text).toContain(affinitySentence({ kind: "drifted", live: "none", wanted: "sticky" }));
    expect(text).toContain("affinity: none\n  try: pulumi up --stack prod");
    expect(text).not.toContain("`dev`");
    expect(text, "checks that passed are left out").not.toContain("app exists");
    expect(text.match(/<!--/g)).toHaveLength(1);
  });
});
