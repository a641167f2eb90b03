import { describe, expect, test } from "vitest";
import {
  decideDrift,
  driftMarkdown,
  driftMarker,
  type StackWatch,
  stateOf,
} from "../../../src/delivery/comment/driftIssue.ts";
import { stacksOf, touchedStacks } from "../../../src/delivery/decisions/touchedStacks.ts";
import { app, digest, step } from "./digests.ts";

const drifted = digest(
  step("refresh", "app", app("sticky"), app("sticky")),
  step("update", "app", app("none"), app("sticky"), ["configuration"]),
);
const ill = {
  id: "affinity",
  check: "affinity",
  status: "not ok",
  found: "none",
  fix: "pulumi up --stack prod",
} as const;
const there = { id: "app-exists", check: "app exists", status: "ok", found: "Succeeded" } as const;
/** A stack that both saw. */
const watch = (stack: string, previewExit: number, more: Partial<StackWatch> = {}): StackWatch => ({
  stack,
  previewExit,
  doctor: [there],
  ...more,
});
const notLookedAt = (stack: string): StackWatch => ({ stack, previewExit: undefined });
const open = { number: 7, body: driftMarker };

describe("what becomes of the drift issue", () => {
  test.each([
    ["clean", watch("prod", 0)],
    ["clean", watch("prod", 0, { doctor: [there, { ...ill, status: "unknown" }] })],
    ["unknown", watch("prod", 0, { doctor: [{ ...there, status: "unknown" }] })],
    ["unknown", watch("prod", 0, { doctor: [] })],
    ["drifted", watch("prod", 7)],
    ["drifted", watch("prod", 0, { doctor: [ill] })],
    ["drifted", watch("prod", 255, { doctor: [ill] })],
    ["unknown", watch("prod", 255)],
    ["unknown", notLookedAt("prod")],
    ["unknown", { stack: "prod", previewExit: 0 }],
  ])("a stack is %s", (state, seen) => expect(stateOf(seen)).toBe(state));

  test("drift without an issue opens one", () => {
    expect(decideDrift([watch("dev", 0), watch("prod", 7, { preview: drifted })], undefined)).toMatchObject({
      kind: "open",
      title: "Drift: prod",
    });
  });

  test("drift with an issue updates it, and leaves it where it says the same", () => {
    const watches = [watch("prod", 7, { preview: drifted })];
    expect(decideDrift(watches, open)).toMatchObject({ kind: "update", number: 7 });
    const body = driftMarkdown(watches).replaceAll("\n", "\r\n");
    expect(decideDrift(watches, { number: 7, body })).toMatchObject({ kind: "leave" });
  });

  test("mended on every stack closes the issue", () => {
    expect(decideDrift([watch("dev", 0), watch("prod", 0)], open)).toEqual({
      kind: "close",
      number: 7,
      comment: "Mended: `dev`, `prod`.",
    });
  });

  test.each([
    ["a stack could not be seen", [watch("dev", 0), watch("prod", 255)]],
    ["a stack was not looked at", [watch("dev", 0), notLookedAt("prod")]],
    ["the doctor did not look", [watch("dev", 0), { stack: "prod", previewExit: 0 }]],
    ["no stack was looked at", []],
  ])("the issue stays open where %s", (_title, watches) => {
    expect(decideDrift(watches, open).kind).toBe("leave");
  });

  test("no drift and no issue: nothing", () => expect(decideDrift([watch("prod", 0)], undefined).kind).toBe("leave"));

  test.each([
    [notLookedAt("eu"), "It could not be looked at; see the run."],
    [watch("eu", 255), "The preview failed (exit code 255); see the run."],
    [watch("eu", 7), "Its preview cannot be read; see the run."],
    [{ stack: "eu", previewExit: 0, preview: digest() }, "The doctor did not see the app; see the run."],
  ])("the issue of one stack says of another that is unseen: %j", (unseen, says) => {
    expect(driftMarkdown([watch("prod", 7, { preview: drifted }), unseen])).toContain(`### Stack \`eu\`\n\n${says}`);
  });

  test("the issue says what drifted, what the doctor found and how to mend it, within GitHub's limit", () => {
    const long = { ...ill, found: "x".repeat(200_000) };
    const many = ["a", "b", "c"].map((stack) => watch(stack, 7, { preview: drifted, doctor: [long] }));
    expect(Buffer.byteLength(driftMarkdown(many))).toBeLessThanOrEqual(65_536);
    const text = driftMarkdown([watch("prod", 7, { preview: drifted, doctor: [there, ill] }), watch("dev", 0)]);
    expect(text).toContain("**drifted**: it is `none` on the live app");
    expect(text).toContain("affinity: none\n  fix: pulumi up --stack prod");
    expect(text).not.toContain("`dev`");
    expect(text, "what the doctor found well is left out").not.toContain("app exists");
    expect(text.match(/<!--/g)).toHaveLength(1);
  });
});

describe("which stacks a change touches", () => {
  const stacks = ["dev", "staging", "prod"];

  test("stacks are the files of the root, in the order of delivery", () => {
    const root = [
      "Pulumi.prod.yaml",
      "Pulumi.yaml",
      "Pulumi.eu.yaml",
      "Pulumi.dev.yaml",
      "Pulumi.staging.yaml",
      "x.ts",
    ];
    expect(stacksOf(root)).toEqual(["dev", "staging", "prod", "eu"]);
    const others = ["Pulumi.zz.yaml", "Pulumi.aa.yaml", "Pulumi.dev.yaml.orig", "old.Pulumi.dev.yaml"];
    expect(stacksOf(others)).toEqual(["aa", "zz"]);
  });

  test.each([
    [["Pulumi.prod.yaml"], ["prod"]],
    [
      ["Pulumi.prod.yaml", "Pulumi.dev.yaml", "README.md"],
      ["dev", "prod"],
    ],
    [["src/rules/rules.ts"], stacks],
    [["index.ts"], stacks],
    [["package-lock.json"], stacks],
    [["gateway/config.yaml"], stacks],
    [["policy/index.ts"], stacks],
    [["Pulumi.yaml"], stacks],
    [["a new folder/file"], stacks],
    [["gateway/docs/config.yaml"], stacks],
    [["policy/src/local/x.ts"], stacks],
    [["gateway/README.md"], stacks],
    [["README.md.ts"], stacks],
    [["docs/delivery.md", "tests/unit/x.test.ts", "packages/agw/src/main.ts", ".github/workflows/drift.yml"], []],
    [[], []],
  ])("%j", (changed, expected) => expect(touchedStacks(stacks, changed)).toEqual(expected));
});
