import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Affinity, type AffinityPolicy } from "../../../src/dataPlane/ingress/affinity/affinity.ts";

const names = fc.uniqueArray(fc.stringMatching(/^[\da-f]{16}$/), { minLength: 1, maxLength: 12 });
const none: ReadonlySet<never> = new Set();
const seed = (): string => "0123456789abcdef";

function withMembers(ids: readonly string[]): Affinity<{ readonly id: string }> {
  const affinity = new Affinity<{ readonly id: string }>();
  affinity.replace(ids.map((id) => ({ id })));
  return affinity;
}

function pick(affinity: Affinity<{ readonly id: string }>, policy: AffinityPolicy, cookie?: string) {
  const choice = affinity.choose(policy, cookie, seed, none);
  if (choice.kind !== "chosen") throw new Error("none chosen");
  return { id: choice.candidate.id, newCookie: choice.newCookie };
}

describe("pinned", () => {
  test("a client stays with its replica while that one runs, whichever others come or go", () => {
    fc.assert(
      fc.property(names, names, (before, after) => {
        const first = pick(withMembers(before), "pinned");
        const again = pick(withMembers([...after, first.id]), "pinned", first.newCookie);
        expect(again).toEqual({ id: first.id, newCookie: undefined });
      }),
    );
  });

  test("a client whose cookie names no running replica gets a running one and a new cookie", () => {
    fc.assert(
      fc.property(names, fc.string(), (members, cookie) => {
        fc.pre(!members.includes(cookie));
        const { id, newCookie } = pick(withMembers(members), "pinned", cookie);
        expect(members).toContain(id);
        expect(newCookie).toBe(id);
      }),
    );
  });

  test("new clients are spread evenly", () => {
    const affinity = withMembers(["a", "b", "c", "d"]);
    const counts = Map.groupBy(
      Array.from({ length: 40 }, () => pick(affinity, "pinned").id),
      (id) => id,
    );
    expect([...counts.values()].map(({ length }) => length)).toEqual([10, 10, 10, 10]);
  });
});

describe("hash", () => {
  const keys = Array.from({ length: 400 }, (_, i) => `cookie-${i}`);
  const place = (ids: readonly string[]): string[] => {
    const affinity = withMembers(ids);
    return keys.map((key) => pick(affinity, "hash", key).id);
  };
  const four = ["aaaa", "bbbb", "cccc", "dddd"];

  test("the same cookie leads to the same replica and is never replaced", () => {
    fc.assert(
      fc.property(names, fc.string({ minLength: 1 }), (members, cookie) => {
        const { id, newCookie } = pick(withMembers(members), "hash", cookie);
        expect(newCookie).toBeUndefined();
        expect(pick(withMembers([...members].reverse()), "hash", cookie).id).toBe(id);
      }),
    );
  });

  test("a new replica takes over some clients, and no client moves anywhere else", () => {
    const before = place(four);
    const after = place([...four, "eeee"]);
    const moved = after.filter((id, i) => id !== before[i]);
    expect(new Set(moved)).toEqual(new Set(["eeee"]));
    expect(moved.length).toBeGreaterThan(keys.length / 20);
    expect(moved.length).toBeLessThan(keys.length / 2);
  });

  test("only the clients of a removed replica move", () => {
    const before = place(four);
    const after = place(four.slice(0, 3));
    expect(after.filter((id, i) => id !== before[i]).length).toBe(before.filter((id) => id === "dddd").length);
  });

  test("a client without a cookie gets the seed as its cookie", () => {
    expect(pick(withMembers(four), "hash").newCookie).toBe(seed());
  });
});

describe("every policy", () => {
  const policies = fc.constantFrom<AffinityPolicy>("none", "pinned", "hash");

  test("tries each replica once if they cannot be reached", () => {
    fc.assert(
      fc.property(policies, names, fc.option(fc.string(), { nil: undefined }), (policy, members, cookie) => {
        const affinity = withMembers(members);
        const tried = new Set<{ readonly id: string }>();
        for (const _ of members) {
          const choice = affinity.choose(policy, cookie, seed, tried);
          if (choice.kind !== "chosen") throw new Error("gave up early");
          expect(tried).not.toContain(choice.candidate);
          tried.add(choice.candidate);
        }
        expect(affinity.choose(policy, cookie, seed, tried)).toEqual({ kind: "none available" });
      }),
    );
  });

  test("none uses each replica in turn and sets no cookie", () => {
    const affinity = withMembers(["a", "b"]);
    expect([1, 2, 3].map(() => pick(affinity, "none", "a"))).toEqual(
      ["b", "a", "b"].map((id) => ({ id, newCookie: undefined })),
    );
  });
});
