import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { RoundOrder, Rounds } from "../../src/run/roundOrder.ts";

test("each round has every session once, in its own order, which is the same in every run", () => {
  const deal = () => {
    const order = new RoundOrder(50);
    return Array.from({ length: 4 }, (_, round) => Array.from({ length: 50 }, (_, i) => order.session(round * 50 + i)));
  };
  const rounds = deal();
  for (const round of rounds) expect([...round].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(new Set(rounds.map(String)).size).toBe(4);
  expect(deal()).toEqual(rounds);
});

test("jobs requested slightly out of order still belong to their rounds", () => {
  const order = new RoundOrder(3);
  const sessions = [0, 1, 3, 2, 4, 5].map((job) => [Math.floor(job / 3), order.session(job)] as const);
  for (const round of [0, 1]) {
    const dealt = sessions.filter(([of]) => of === round).map(([, session]) => session);
    expect(dealt.sort()).toEqual([0, 1, 2]);
  }
});

describe("rounds", () => {
  const started = (rounds: Rounds, jobs: number) => {
    const began: number[] = [];
    for (let job = 0; job < jobs; job++) void (rounds.turn(job) ?? Promise.resolve()).then(() => began.push(job));
    return began;
  };
  test("a round's jobs begin in order once all jobs of the previous round are done", async () => {
    const rounds = new Rounds(2, new AbortController().signal);
    const began = started(rounds, 6);
    await setImmediate();
    expect(began).toEqual([0, 1]);
    rounds.done();
    await setImmediate();
    expect(began).toEqual([0, 1]);
    rounds.done();
    await setImmediate();
    expect(began).toEqual([0, 1, 2, 3]);
  });
  test("an abort ends all waiting, also of later jobs", async () => {
    const end = new AbortController();
    const rounds = new Rounds(1, end.signal);
    const began = started(rounds, 3);
    end.abort();
    await setImmediate();
    expect(began).toEqual([0, 1, 2]);
    expect(rounds.turn(9)).toBeUndefined();
  });
});
