import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical, isObject, type Json, mergePatch } from "../../../src/arm/json.ts";

const json = fc.jsonValue() as fc.Arbitrary<Json>;

describe("JSON merge patch (RFC 7396)", () => {
  // Test cases of the RFC's appendix A: original, patch, result.
  const cases: [Json, Json, Json][] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  test.each(cases)("%j patched with %j is %j", (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  test("applying a patch twice has the same result as applying it once", () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const once = mergePatch(target, patch);
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });

  test("every property of a patch without nulls is in the result, and neither argument changes", () => {
    fc.assert(
      fc.property(json, json, (target, value) => {
        const [before, patch] = [JSON.stringify(target), withoutNulls(value)];
        const sent = JSON.stringify(patch);
        const merged = mergePatch(target, patch);
        expect(contains(merged, patch)).toBe(true);
        expect([JSON.stringify(target), JSON.stringify(patch)]).toEqual([before, sent]);
      }),
    );
  });

  test("__proto__ is an ordinary name and changes no prototype", () => {
    const merged = mergePatch({ a: 1 }, JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(Object.keys(merged as object)).toContain("__proto__");
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("canonical text doesn't depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonical(reversed)).toBe(canonical(value));
      }),
    );
  });
});

/** Whether every property of `part` is in `whole` with the same value. */
function contains(whole: Json | undefined, part: Json): boolean {
  if (!isObject(part)) return JSON.stringify(whole) === JSON.stringify(part);
  return (
    isObject(whole) &&
    Object.entries(part).every(([key, value]) => Object.hasOwn(whole, key) && contains(whole[key], value))
  );
}

/** Returns the value without nulls in objects, because a patch can't set them. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}
