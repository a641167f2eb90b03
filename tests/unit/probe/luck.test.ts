import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fatesOf } from "../../../src/probe/fate.ts";
import type { History, Step } from "../../../src/probe/history.ts";
import { identify } from "../../../src/probe/identify.ts";
import { luckOf, luckOfSparing, luckOfStaying, mostLuck, sessionsNeeded } from "../../../src/probe/luck.ts";
import { tally } from "../../../src/probe/tally.ts";
import { judge } from "../../../src/probe/verdict.ts";

const counts = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 5 });

describe("the chance that all calls meet their session's own replica, dealt out without looking at sessions", () => {
  test("1 / n^trials where n replicas are alike", () => {
    expect(luckOfStaying([3, 3])).toBeCloseTo(2 ** -6, 12);
    expect(luckOfStaying([2, 2, 2, 2])).toBeCloseTo(4 ** -8, 12);
  });
  test("no shares of the load make it greater than those of the trials themselves", () => {
    fc.assert(
      fc.property(
        counts,
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 5, maxLength: 5 }),
        (trials, shares) => {
          const all = shares.slice(0, trials.length);
          expect(luckOfStaying(trials)).toBeGreaterThanOrEqual(luckOfStaying(trials, all) * (1 - 1e-9));
        },
      ),
    );
  });
  test("certain on one replica, and with no call at all", () => {
    expect(luckOfStaying([7])).toBe(1);
    expect(luckOfStaying([])).toBe(1);
    expect(luckOfStaying([0, 0])).toBe(1);
  });
});

test("the chance that all losses fall on the control: counted out over all ways to lay them", () => {
  for (const [main, trials, lost] of [
    [2, 3, 1],
    [3, 4, 3],
    [4, 5, 2],
  ] as const) {
    const ways = Array.from({ length: 2 ** (main + trials) }, (_, bits) =>
      bits.toString(2).padStart(main + trials, "0"),
    ).filter((bits) => bits.split("1").length - 1 === lost);
    const spared = ways.filter((bits) => !bits.slice(0, main).includes("1"));
    expect(luckOfSparing(main, { sessions: 1, trials, lost })).toBeCloseTo(spared.length / ways.length, 12);
  }
});

test("the sessions that are said to be needed are enough, and one less is not", () => {
  const verdict = { verdict: "held", cause: "held-no-control" } as const;
  const seen = (sessions: number) => ({
    sessions,
    trials: 2 * sessions,
    trialsAt: [sessions, sessions],
    control: { sessions: 0, trials: 0, lost: 0 },
    elsewhere: 0,
  });
  expect(sessionsNeeded(verdict, seen(1))).toBe(5);
  expect(luckOf(verdict, seen(4))).toBeGreaterThan(mostLuck);
  expect(luckOf(verdict, seen(5))).toBeLessThanOrEqual(mostLuck);
  expect(sessionsNeeded(verdict, { ...seen(1), trialsAt: [2] })).toBeUndefined();
});

/** Deterministic numbers from 0 to below 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ((state ^ (state >>> 15)) >>> 0) / 2 ** 32;
  };
}

type Balances = "requests" | "connections";

/** Sessions behind a gateway that deals out by chance and looks at no cookie; a call at another replica is lost. */
function run(
  group: "main" | "control",
  size: number,
  balances: Balances,
  replicas: number,
  random: () => number,
): History[] {
  const pick = () => Math.min(Math.floor(random() ** 1.5 * replicas), replicas - 1);
  const shared = pick();
  return Array.from({ length: size }, (_, i): History => {
    const home = pick();
    const steps: Step[] = [step("open", true, `r${home}`, false)];
    for (let call = 0; call < 5 && steps.at(-1)?.result.kind !== "lost"; call++) {
      const fresh = group === "control" || call === 4;
      const at = fresh || balances === "requests" ? pick() : shared;
      steps.push(step("call", fresh, `r${at}`, at !== home));
    }
    return { ordinal: i + 1, group, id: undefined, steps };
  });
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

describe("8,000 runs against a gateway without affinity that deals out by chance", () => {
  test.each([
    ["requests", 2],
    ["requests", 3],
    ["connections", 2],
    ["connections", 3],
  ] as const)("%s over %i replicas: at most one in 1,000 is called held, whatever its size", (balances, replicas) => {
    const random = generator(replicas);
    let [lucky, held] = [0, 0];
    for (let i = 0; i < 8_000; i++) {
      const size = 1 + (i % 4);
      const groups = {
        main: run("main", size, balances, replicas, random),
        control: run("control", size, balances, replicas, random),
      };
      const identity = identify({ ...groups, told: false });
      const tallied = (histories: History[]) => tally(histories, fatesOf(histories, identity), identity);
      const [main, control] = [tallied(groups.main), tallied(groups.control)];
      if (main.lost === 0) lucky += 1;
      const verdict = judge({
        unopened: undefined,
        sessions: "ids",
        main,
        control,
        cookie: identity.cookie,
        notReturned: undefined,
        replicasBy: identity.by,
        streams: undefined,
        clientOk: true,
        interrupted: false,
      });
      if (verdict.verdict === "held") held += 1;
    }
    // Some runs were lucky, so that the bound was put to the test.
    expect(lucky).toBeGreaterThan(10);
    expect(held).toBeLessThanOrEqual(8);
  });
});
