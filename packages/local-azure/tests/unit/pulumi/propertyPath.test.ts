import { describe, expect, test } from "vitest";
import { ignoreChanges, pathKeys, touches } from "../../../src/pulumi/engine/propertyPath.ts";
import { type Properties, secret } from "../../../src/pulumi/protocol/values.ts";

test.each([
  ["root", ["root"]],
  ["root.nested", ["root", "nested"]],
  ['root["key with a ."].nested', ["root", "key with a .", "nested"]],
  ['["key with \\"quotes\\""][100]', ['key with "quotes"', "100"]],
  ["root.array[*].field", ["root", "array", "*", "field"]],
  ['root.array["*"].field', ["root", "array", "*", "field"]],
])("the path %s has the keys %j", (path, keys) => {
  expect(pathKeys(path)).toEqual(keys);
});

test.each([
  ["triggers[*]", "triggers[0]", true],
  ["triggers[*]", "triggers", true],
  ["triggers", "triggers[2].a", true],
  ["tags.a", "tags.b", false],
  ["tags", "tagsOther", false],
  ['tags["a.b"]', "tags.a", false],
])("the pattern %s touches a change of %s: %s", (pattern, path, touched) => {
  expect(touches(pattern, path)).toBe(touched);
});

describe("ignoreChanges", () => {
  const keep = (path: string, olds: Properties, news: Properties) => ignoreChanges(news, olds, [path]);

  test.each<[string, Properties, Properties, Properties]>([
    // path, recorded, declared, what counts
    ["a", { a: 1 }, { a: 2, b: 3 }, { a: 1, b: 3 }],
    ["a", { a: 1 }, {}, { a: 1 }],
    ["a", {}, { a: 2, b: 3 }, { b: 3 }],
    ["a.b", { a: { b: 1, c: 1 } }, { a: { b: 2, c: 2 } }, { a: { b: 1, c: 2 } }],
    ["a.b", { a: {} }, { a: { b: 2 } }, { a: {} }],
    ["a.b", {}, { a: { b: 2, c: 2 } }, { a: { c: 2 } }],
    ["a.b.c", {}, {}, {}],
    ['a["x.y"]', { a: { "x.y": 1 } }, { a: { "x.y": 2 } }, { a: { "x.y": 1 } }],
    ["a[1]", { a: [1, 2] }, { a: [3, 4] }, { a: [3, 2] }],
    ["a[0].b", { a: [{ b: 1 }] }, { a: [{ b: 2, c: 2 }] }, { a: [{ b: 1, c: 2 }] }],
    ["a[*].b", { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 8 }, { b: 9 }] }, { a: [{ b: 1 }, { b: 2 }] }],
    ["a[*]", { a: { x: 1, y: 2 } }, { a: { y: 3, z: 4 } }, { a: { x: 1, y: 2 } }],
    ["a[*]", { a: 1 }, { a: [1] }, { a: [1] }],
    ["a[7]", { a: [1] }, { a: [2] }, { a: [2] }],
  ])("%s of %j over %j leaves %j", (path, olds, news, inputs) => {
    expect(keep(path, olds, news)).toEqual({ inputs, invalid: [] });
  });

  test.each<[string, Properties, Properties]>([
    ["a.b", { a: { b: 1 } }, {}],
    ["a.b", { a: { b: 1 } }, { a: 2 }],
    ["a[1]", { a: [1] }, { a: [1, 2] }],
    ["a[1]", { a: [1, 2] }, { a: [1] }],
    ["a[0].b", { a: [] }, { a: [{ b: 2 }] }],
    ["a[0]", { a: { 0: 1 } }, { a: [2] }],
    ["a[*].b", { a: { x: { b: 1 } } }, { a: {} }],
    ["a[*].b", { a: 1 }, { a: 2 }],
  ])("%s of %j over %j is invalid, and the declared inputs stay", (path, olds, news) => {
    expect(keep(path, olds, news)).toEqual({ inputs: news, invalid: [path] });
  });

  test("a list of another length is invalid, but elements on both sides are still reset", () => {
    expect(keep("a[*].b", { a: [{ b: 1 }] }, { a: [{ b: 2 }, { b: 3 }] })).toEqual({
      inputs: { a: [{ b: 1 }, { b: 3 }] },
      invalid: ["a[*].b"],
    });
  });

  test("a path goes through secrets; a secret value stays secret and is marked only once", () => {
    const [olds, news] = [{ a: secret({ b: 1 }) }, { a: { b: 2, c: 2 } }];
    expect(keep("a.b", olds, news).inputs).toEqual({ a: { b: secret(1), c: 2 } });
    expect(keep("a.b", olds, { a: secret({ b: 2 }) }).inputs).toEqual({ a: secret({ b: 1 }) });
    expect(keep("a.b", { a: { b: secret(1) } }, news).inputs).toEqual({ a: { b: secret(1), c: 2 } });
  });

  test("changes neither the recorded nor the declared object", () => {
    const [olds, news] = [{ a: { b: { c: 1 } } }, { a: { b: { c: 2 } } }];
    const { inputs } = keep("a.b", olds, news);
    expect([olds, news, inputs]).toEqual([{ a: { b: { c: 1 } } }, { a: { b: { c: 2 } } }, { a: { b: { c: 1 } } }]);
    expect((inputs.a as Properties).b).not.toBe(olds.a.b);
  });

  test("accepts no path and several paths", () => {
    expect(ignoreChanges({ a: 1 }, { a: 2 })).toEqual({ inputs: { a: 1 }, invalid: [] });
    const several = ignoreChanges({ a: 2, b: 2, c: 2 }, { a: 1 }, ["a", "b"]);
    expect(several).toEqual({ inputs: { a: 1, c: 2 }, invalid: [] });
  });
});
