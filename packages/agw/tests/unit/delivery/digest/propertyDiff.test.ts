import { describe, expect, test } from "vitest";
import {
  type Properties,
  type ResourceChange,
  secretValue,
  unknownValue,
} from "../../../../src/delivery/digest/previewDigest.ts";
import { differingPaths, diffOf } from "../../../../src/delivery/digest/propertyDiff.ts";

function change(before: Properties, after: Properties, more: Partial<ResourceChange> = {}): ResourceChange {
  const type = "azure-native:app:ContainerApp";
  const state = (inputs: Properties) => ({ type, inputs });
  const plain = {
    urn: "",
    type,
    name: "app",
    op: "update",
    isComponent: false,
    paths: [],
    kinds: {},
    replaceReasons: [],
  } as const;
  return { ...plain, before: state(before), after: state(after), ...more };
}

const lines = (before: Properties, after: Properties, more?: Partial<ResourceChange>) =>
  diffOf(change(before, after, more)).slice(1);

describe("the differences of one resource", () => {
  test("are a heading and each changed input with its path, without unchanged inputs and Pulumi's own", () => {
    const before = { tags: { a: "1", same: "x" }, list: [{ n: 1 }, { n: 2 }], gone: true, __defaults: ["a"] };
    const after = { tags: { a: "2", same: "x", b: "3" }, list: [{ n: 1 }, { n: 3 }, "new"], __defaults: ["b"] };
    expect(diffOf(change(before, after))).toEqual([
      "@@ ~ azure-native:app:ContainerApp app (update) @@",
      '- tags.a: "1"',
      '+ tags.a: "2"',
      '+ tags.b: "3"',
      "- list[1].n: 2",
      "+ list[1].n: 3",
      '+ list[2]: "new"',
      "- gone: true",
    ]);
    expect(differingPaths(change(before, after))).toEqual(["tags.a", "tags.b", "list[1].n", "list[2]", "gone"]);
  });

  test("number the items of an added or removed list, even if it replaces another kind of value", () => {
    expect(lines({}, { list: ["x"] })).toEqual(['+ list[0]: "x"']);
    expect(lines({ list: ["x"] }, { list: "none" })).toEqual(['+ list: "none"', '- list[0]: "x"']);
    expect(lines({ object: null }, { object: { a: 1 } })).toEqual(["- object: null", "+ object.a: 1"]);
  });

  test("show an added empty object or list, but not one that gets filled", () => {
    expect(lines({}, { list: [], object: {} })).toEqual(["+ list: []", "+ object: {}"]);
    expect(lines({ list: [] }, { list: ["x"] })).toEqual(['+ list[0]: "x"']);
  });

  test("mark secrets and values that are known only after the update", () => {
    expect(lines({ a: secretValue, b: "x" }, { a: "y", b: unknownValue })).toEqual([
      "- a: [secret]",
      '+ a: "y"',
      '- b: "x"',
      "+ b: (known after the update)",
    ]);
  });

  test("cut a long value to start just before the first difference", () => {
    const head = "h".repeat(300);
    const [before, after] = lines({ text: `${head}old` }, { text: `${head}new${"n".repeat(200)}` });
    expect(before).toBe(`- text: …${"h".repeat(20)}old"`);
    expect(after).toBe(`+ text: …${"h".repeat(20)}new${"n".repeat(137)}…`);
    expect(lines({}, { text: "x".repeat(158) })).toEqual([`+ text: "${"x".repeat(158)}"`]);
    expect(lines({}, { text: "x".repeat(159) })).toEqual([`+ text: "${"x".repeat(159)}…`]);
  });

  test("are only a heading for a deleted resource, and empty for a component without inputs", () => {
    expect(diffOf(change({ a: 1 }, {}, { op: "delete" }))).toHaveLength(1);
    expect(diffOf(change({}, {}))).toEqual([]);
  });

  test("list paths that only the provider reports as changed, without a value", () => {
    const paths = ["tags.a", "template", "list[0]", "tagsOther", "configuration"];
    const before = { tags: { a: "1" }, template: { image: "1" }, list: [{ n: 1 }], configuration: secretValue };
    const after = { tags: { a: "2" }, template: { image: "2" }, list: [{ n: 2 }], configuration: secretValue };
    expect(lines(before, after, { paths }).filter((line) => line.startsWith("!"))).toEqual([
      "! tagsOther: changed (value not shown)",
      "! configuration: changed (value not shown)",
    ]);
  });
});
