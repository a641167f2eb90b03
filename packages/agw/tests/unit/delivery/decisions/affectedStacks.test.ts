import { describe, expect, test } from "vitest";
import { affectedStacks, stacksOf } from "../../../../src/delivery/decisions/affectedStacks.ts";

describe("which stacks a change affects", () => {
  const stacks = ["dev", "staging", "prod"];

  test("reads stacks from the files in the root, in the order of deployment", () => {
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
  ])("a change to %j affects %j", (changed, expected) => expect(affectedStacks(stacks, changed)).toEqual(expected));
});
