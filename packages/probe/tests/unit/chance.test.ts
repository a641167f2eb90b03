import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fatesOf } from "../../src/evidence/fate.ts";
import type { History, Step } from "../../src/evidence/history.ts";
import { identify } from "../../src/evidence/identify.ts";
import { tally } from "../../src/evidence/tally.ts";
import { chanceOf, chanceOfSparing, chanceOfStaying, maxChance, sessionsNeeded } from "../../src/judge/chance.ts";
import { judge } from "../../src/judge/judge.ts";

describe("the chance that all calls reach their session's own replica although the gateway ignores sessions", () => {
  test("round robin: matches a count over all orders of a round", () => {
    const orders = (rest: readonly string[]): string[] =>
      rest.length === 0 ? [""] : rest.flatMap((one, i) => orders(rest.toSpliced(i, 1)).map((more) => one + more));
    for (const homes of ["ab", "aabb", "aaabb", "abcabc"]) {
      const all = orders([...homes]);
      const sessionsAt = [...new Set(homes)].map((name) => homes.split(name).length - 1);
      const round = all.filter((order) => order === homes).length / all.length;
      expect(chanceOfStaying(homes.length, sessionsAt)).toBeCloseTo(round, 12);
      expect(chanceOfStaying(3 * homes.length, sessionsAt)).toBeCloseTo(round ** 3, 12);
    }
  });
  test("random routing: is never greater, however uneven the load", () => {
    const positive = (min: number) => fc.array(fc.integer({ min, max: 12 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(positive(0), positive(1), (sessionsAt, shares) => {
        const [sessions, whole] = [sessionsAt, shares].map((all) => all.reduce((sum, one) => sum + one, 0));
        const dealt = sessionsAt.reduce((chance, count, i) => chance * ((shares[i] ?? 0) / (whole ?? 1)) ** count, 1);
        expect(chanceOfStaying(sessions ?? 0, sessionsAt)).toBeGreaterThanOrEqual(dealt * (1 - 1e-9));
      }),
    );
  });
  test("is 1 on one replica or without calls, and practically 0 for 10,000 sessions", () => {
    expect(chanceOfStaying(7, [7])).toBe(1);
    expect(chanceOfStaying(7, [])).toBe(1);
    expect(chanceOfStaying(0, [2, 2])).toBe(1);
    expect(chanceOfStaying(20_000, [5_000, 5_000])).toBe(0);
  });
});

test("the chance that all losses fall on the control group matches a count over all distributions", () => {
  for (const [main, trials, lost] of [
    [2, 3, 1],
    [3, 4, 3],
    [4, 5, 2],
  ] as const) {
    const ways = Array.from({ length: 2 ** (main + trials) }, (_, bits) =>
      bits.toString(2).padStart(main + trials, "0"),
    ).filter((bits) => bits.split("1").length - 1 === lost);
    const spared = ways.filter((bits) => !bits.slice(0, main).includes("1"));
    expect(chanceOfSparing(main, { sessions: 1, trials, lost })).toBeCloseTo(spared.length / ways.length, 12);
  }
});

test("the number of sessions needed is enough, and one fewer is not", () => {
  const verdict = { verdict: "held", cause: "held-no-control" } as const;
  const seen = (...sessionsAt: number[]) => {
    const sessions = sessionsAt.reduce((sum, count) => sum + count, 0);
    return { sessions, trials: 2 * sessions, sessionsAt, control: { sessions: 0, trials: 0, lost: 0 }, elsewhere: 0 };
  };
  expect(sessionsNeeded(verdict, seen(1, 1))).toBe(7);
  expect(chanceOf(verdict, seen(3, 3))).toBeGreaterThan(maxChance);
  expect(chanceOf(verdict, seen(4, 3))).toBeLessThanOrEqual(maxChance);
  expect(sessionsNeeded(verdict, seen(2))).toBeUndefined();
});

/** Deterministic numbers from 0 up to but not including 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ((state ^ (state >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** What the gateway balances, and how. */
type Balancing = "requests at random" | "connections at random" | "requests round robin";

/**
 * Simulates sessions called in rounds like the probe's, behind a gateway that ignores cookies. A call at another
 * replica loses the session. Random balancing is uneven.
 */
function run(
  group: "main" | "control",
  size: number,
  balancing: Balancing,
  replicas: number,
  random: () => number,
): History[] {
  let turn = Math.floor(random() * replicas);
  const byTurns = balancing.endsWith("round robin");
  const pick = () => (byTurns ? turn++ % replicas : Math.min(Math.floor(random() ** 1.5 * replicas), replicas - 1));
  const homes = Array.from({ length: size }, pick);
  const histories = homes.map((home, i): History => {
    const steps = [step("open", true, `r${home}`, false)];
    return { ordinal: i + 1, group, id: undefined, steps };
  });
  const shared = pick();
  for (let job = 0; job < 5 * size; job++) {
    if (job % size === 0) shuffle(histories, random);
    const { steps, ordinal } = histories[job % size] as History;
    if (steps.at(-1)?.result.kind === "lost") continue;
    const fresh = group === "control" || job % 5 === 4;
    const at = fresh || balancing.startsWith("requests") ? pick() : shared;
    steps.push(step("call", fresh, `r${at}`, at !== homes[ordinal - 1]));
  }
  return histories;
}

function shuffle(list: unknown[], random: () => number): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
}

const step = (phase: Step["phase"], fresh: boolean, replica: string, lost: boolean): Step => ({
  at: 0,
  milliseconds: 1,
  phase,
  fresh,
  result: lost ? { kind: "lost", sign: "404", detail: "" } : { kind: "answered" },
  replica: lost ? undefined : replica,
  cookies: [],
  cookieReplaced: false,
});

describe("8,000 runs against a gateway without affinity", () => {
  test.each([
    ["requests at random", 2],
    ["requests round robin", 2],
    ["connections at random", 2],
    ["connections at random", 3],
  ] as const)("%s over %i replicas: at most 1 in 1,000 gets the verdict held, at any size", (balancing, replicas) => {
    const random = generator(replicas);
    let [lucky, held] = [0, 0];
    for (let i = 0; i < 8_000; i++) {
      const size = 1 + (i % 6);
      const main = run("main", size, balancing, replicas, random);
      const control = i % 2 === 0 ? run("control", size, balancing, replicas, random) : undefined;
      const identity = identify({ main, control, told: false });
      const tallied = (histories: History[]) => tally(histories, fatesOf(histories, identity), identity);
      const counts = { main: tallied(main), control: control === undefined ? undefined : tallied(control) };
      if (counts.main.lost === 0) lucky += 1;
      const seen = { unopened: undefined, sessions: "ids", notReturned: undefined, streams: undefined } as const;
      const { cookie, by: replicasBy } = identity;
      const verdict = judge({ ...seen, ...counts, cookie, replicasBy, clientOk: true, interrupted: false });
      if (verdict.verdict === "held") held += 1;
    }
    // Some runs lost nothing, so the limit was really tested.
    expect(lucky).toBeGreaterThan(10);
    expect(held).toBeLessThanOrEqual(8);
  });
});
