import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyDrift, differences } from "../../../src/pulumi/protocol/difference.ts";
import { equal, type Properties } from "../../../src/pulumi/protocol/values.ts";

const properties = fc.dictionary(
  fc.constantFrom("a", "b", "c"),
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.constantFrom("x", "y"),
      fc.array(tie("value"), { maxLength: 3 }),
      tie("object"),
    ),
    object: fc.dictionary(fc.constantFrom("a", "b"), tie("value")),
  })).value,
) as fc.Arbitrary<Properties>;

describe("differences", () => {
  test("returns each path with its kind of change", () => {
    const found = differences({ a: 1, b: { c: [1, 2] }, d: 4 }, { a: 2, b: { c: [1, 3, 5] }, e: 6 });
    expect(Object.entries(found)).toEqual([
      ["a", "update"],
      ["b.c[1]", "update"],
      ["b.c[2]", "add"],
      ["e", "add"],
      ["d", "delete"],
    ]);
  });
  test("is empty if and only if the two are equal (any values)", () => {
    fc.assert(
      fc.property(properties, properties, (a, b) => {
        expect(Object.keys(differences(a, b)).length === 0).toBe(equal(a, b));
        expect(differences(a, structuredClone(a))).toEqual({});
      }),
    );
  });
  test("below a create-only property, they require a replacement", () => {
    expect(differences({ location: "a", tags: { x: "1" } }, { location: "b", tags: { x: "2" } }, ["location"])).toEqual(
      {
        location: "update-replace",
        "tags.x": "update",
      },
    );
  });
});

test("a nested create-only property also requires a replacement when it appears or disappears, but not with its object", () => {
  const replaced = (old: Properties, now: Properties) => differences(old, now, ["network.subnet", "rules[].name"]);
  expect(replaced({ network: { subnet: "a" } }, { network: { subnet: "b" } })).toEqual({
    "network.subnet": "update-replace",
  });
  expect(replaced({ network: { subnet: "a", internal: true } }, { network: { internal: true } })).toEqual({
    "network.subnet": "delete-replace",
  });
  expect(replaced({ network: {} }, { network: { subnet: "a", internal: true } })).toEqual({
    "network.subnet": "add-replace",
    "network.internal": "add",
  });
  expect(replaced({}, { network: { subnet: "a" } })).toEqual({ network: "add" });
  expect(replaced({ rules: [{ name: "a" }] }, { rules: [{ name: "b" }] })).toEqual({
    "rules[0].name": "update-replace",
  });
});

describe("applyDrift", () => {
  test("without old values, every new value becomes an input", () => {
    const now = { ingress: { transport: "Http" }, profile: "Consumption" };
    expect(applyDrift({ ingress: { affinity: "sticky" }, name: "n" }, {}, now)).toEqual({ ...now, name: "n" });
  });
  test("a default that Azure filled in is not drift", () => {
    const filled = { ingress: { transport: "Auto", affinity: "sticky" } };
    expect(applyDrift({ ingress: { affinity: "sticky" } }, filled, filled)).toEqual({
      ingress: { affinity: "sticky" },
    });
  });
  test("a changed value becomes an input, even if the inputs did not set it", () => {
    const old = { ingress: { transport: "Auto", affinity: "sticky" }, scale: { min: 1 } };
    const now = { ingress: { transport: "Http", affinity: "none" }, scale: { min: 1 } };
    expect(applyDrift({ ingress: { affinity: "sticky" } }, old, now)).toEqual({
      ingress: { affinity: "none", transport: "Http" },
    });
  });
  test("a removed value is removed from the inputs, an added array element is added", () => {
    expect(
      applyDrift({ a: [{ n: 1, secret: "s" }], b: 2 }, { a: [{ n: 1 }], b: 2 }, { a: [{ n: 1 }, { n: 3 }] }),
    ).toEqual({
      a: [{ n: 1, secret: "s" }, { n: 3 }],
    });
  });
  test("without a difference the inputs stay as they are (any values)", () => {
    fc.assert(
      fc.property(properties, properties, (inputs, outputs) => {
        expect(applyDrift(inputs, outputs, structuredClone(outputs))).toEqual(inputs);
      }),
    );
  });
});
