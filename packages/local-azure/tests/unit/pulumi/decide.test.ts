import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, deletionOrder, type Resource } from "../../../src/pulumi/engine/decide.ts";
import type { Change, Diff } from "../../../src/pulumi/protocol/provider.ts";
import { annotateSecrets, secret } from "../../../src/pulumi/protocol/values.ts";

const resource = (urn: string, more: Partial<Resource> = {}): Resource => ({
  urn,
  type: "test:index:Thing",
  custom: true,
  id: urn,
  inputs: {},
  outputs: {},
  dependencies: [],
  propertyDependencies: {},
  ...more,
});

const diff = (changes: Record<string, Change>, more: Partial<Diff> = {}): Diff => ({
  changes,
  deleteBeforeReplace: false,
  ...more,
});

describe("decide", () => {
  const old = resource("a");
  test("without a recorded resource: create", () => {
    expect(decide(undefined, undefined)).toEqual({ op: "create" });
  });
  test("without a difference: same", () => {
    expect(decide(old, diff({}))).toEqual({ op: "same" });
  });
  test("without a difference, but after an interrupted step: update", () => {
    expect(decide({ ...old, pending: "updating" }, diff({}))).toMatchObject({ op: "update" });
  });
  test("without a difference, but with init errors: update; a difference that requires a replacement still replaces", () => {
    const failed = { ...old, initErrors: ["it crashed"] };
    expect(decide(failed, diff({}))).toMatchObject({ op: "update" });
    expect(decide({ ...old, initErrors: [] }, diff({}))).toEqual({ op: "same" });
    expect(decide(failed, diff({ location: "update-replace" }))).toMatchObject({ op: "replace" });
  });
  test("a difference in place: update", () => {
    expect(decide(old, diff({ "tags.a": "update" }))).toMatchObject({ op: "update" });
  });
  test("a difference that requires a replacement: replace", () => {
    const decision = decide(old, diff({ location: "update-replace", tags: "add" }));
    expect(decision).toMatchObject({ op: "replace", reasons: ["location"] });
  });
  test.each([
    ["triggers[*]", "triggers[0]", true],
    ["tags.a", "tags.b", false],
  ])("replaceOnChanges %s with a change of %s: replaced is %s", (pattern, path, replaced) => {
    const decision = decide(old, diff({ [path]: "update" }), [pattern]);
    expect(decision.op).toBe(replaced ? "replace" : "update");
  });
});

describe("annotateSecrets", () => {
  test("marks values whose input was secret; an array that contains a secret is marked as a whole", () => {
    const inputs = { configuration: { ingress: { port: 1 }, secrets: [{ value: secret("x") }] }, plain: "y" };
    const outputs = { configuration: { ingress: { port: 1 }, secrets: [{ name: "n" }] }, plain: "y", id: "z" };
    expect(annotateSecrets(outputs, inputs)).toEqual({
      configuration: { ingress: { port: 1 }, secrets: secret([{ name: "n" }]) },
      plain: "y",
      id: "z",
    });
  });
});

describe("deletionOrder", () => {
  test("dependents and children come before the resource (any graph)", () => {
    const graph = fc.array(fc.array(fc.nat(9), { maxLength: 3 }), { minLength: 1, maxLength: 10 }).map((edges) =>
      edges.map((targets, i) => {
        const earlier = targets.filter((target) => target < i).map(String);
        return resource(String(i), { dependencies: earlier.slice(1), ...(earlier[0] && { parent: earlier[0] }) });
      }),
    );
    fc.assert(
      fc.property(graph, (resources) => {
        const order = deletionOrder(resources);
        expect(order).toHaveLength(resources.length);
        for (const { urn, dependencies, parent } of resources) {
          for (const needed of [...dependencies, ...(parent === undefined ? [] : [parent])]) {
            expect(order.findIndex((r) => r.urn === urn)).toBeLessThan(order.findIndex((r) => r.urn === needed));
          }
        }
      }),
    );
  });
});
