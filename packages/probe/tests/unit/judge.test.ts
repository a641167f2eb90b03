import { describe, expect, test } from "vitest";
import type { Evidence } from "../../src/evidence/evidence.ts";
import type { CookieFinding } from "../../src/evidence/identity.ts";
import type { GroupTally } from "../../src/evidence/tally.ts";
import { judge } from "../../src/judge/judge.ts";
import { constant, evidence, group } from "../support/evidence.ts";

// One group for each rule of `judge`. tests/integration shows how real gateways get into these situations.

const obstacles = ["secure", "domain", "path", "expired"] as const;
const scope = { domain: "app.example", path: "/app", lifetime: 60 };

const lostAtOnce = group({ lost: 10, lostBy: { "at-once": 10 } });
const verdictOf = (overrides: Partial<Evidence>) => judge(evidence(overrides));

describe("rule 1: the first session couldn't be opened", () => {
  test.each([
    "dns",
    "refused",
    "tls",
    "timeout",
    "sign-in",
    "forbidden",
    "rate-limited",
    "not-mcp",
    "garbage",
  ] as const)("%s: inconclusive", (reason) =>
    expect(verdictOf({ unopened: reason })).toEqual({ verdict: "inconclusive", cause: reason }),
  );
});

describe("rule 2: sessions were lost", () => {
  test("no cookie: affinity-off", () => {
    expect(verdictOf({ main: lostAtOnce, cookie: { kind: "none" } }).cause).toBe("affinity-off");
  });
  test("a cookie with one value for all sessions: no-affinity-cookie", () => {
    expect(verdictOf({ main: lostAtOnce, cookie: constant }).cause).toBe("no-affinity-cookie");
  });
  test.each(obstacles)("a cookie that clients don't return (%s): cookie-not-returned", (why) => {
    expect(verdictOf({ main: lostAtOnce, notReturned: { ...scope, why } }).cause).toBe("cookie-not-returned");
  });
  test("as many as without cookies: cookie-not-honoured", () => {
    expect(verdictOf({ main: lostAtOnce }).cause).toBe("cookie-not-honoured");
  });
  test("many lost at once, without a control group: cookie-not-honoured", () => {
    expect(verdictOf({ main: lostAtOnce, control: undefined }).cause).toBe("cookie-not-honoured");
  });
  test("the cookie counts as not honored from 80% of the control group's losses, or above 25% lost at once without one", () => {
    const lost = (count: number) => group({ held: 20 - count, lost: count, lostBy: { "at-once": count } });
    const causes = (control: GroupTally | undefined, ...counts: number[]) =>
      counts.map((count) => verdictOf({ main: lost(count), control }).cause);
    const half = group({ held: 5, lost: 5, lostBy: { "at-once": 5 } });
    expect(causes(half, 8, 7)).toEqual(["cookie-not-honoured", "misrouted"]);
    expect(causes(undefined, 6, 5)).toEqual(["cookie-not-honoured", "misrouted"]);
    expect(causes(group({ held: 10 }), 6, 5)).toEqual(["cookie-not-honoured", "misrouted"]);
  });
  test("as many as without cookies, but more calls held at first than chance allows: misrouted", () => {
    const lost = { lost: 10, lostBy: { misrouted: 10 } };
    const causes = [12, 13].map((trialsBeforeLoss) => verdictOf({ main: group({ ...lost, trialsBeforeLoss }) }).cause);
    expect(causes).toEqual(["cookie-not-honoured", "misrouted"]);
  });
  test("far fewer than without cookies: misrouted", () => {
    const main = group({ held: 9, lost: 1, lostBy: { misrouted: 1 } });
    expect(verdictOf({ main })).toEqual({ verdict: "lost", cause: "misrouted" });
    expect(verdictOf({ main, control: undefined }).cause).toBe("misrouted");
  });
  test("no affinity cookie, and none lost without cookies: misrouted", () => {
    const evidence = { main: lostAtOnce, control: group({ held: 10 }) };
    expect(verdictOf({ ...evidence, cookie: { kind: "none" } }).cause).toBe("misrouted");
    expect(verdictOf({ ...evidence, cookie: constant }).cause).toBe("misrouted");
  });
  test("only those of a stopped replica: replica-gone", () => {
    const main = group({ held: 5, lost: 5, lostBy: { "replica-gone": 5 } });
    expect(verdictOf({ main }).cause).toBe("replica-gone");
  });
  test("all at once as by a restart, but no cookie and most lost without cookies too: affinity-off", () => {
    const main = group({ lost: 10, lostBy: { "replica-gone": 10 } });
    const none = { main, cookie: { kind: "none" } } as const;
    expect(verdictOf(none).cause).toBe("affinity-off");
    expect(verdictOf({ ...none, control: group({ held: 10 }) }).cause).toBe("gateway-restarted");
  });
  test("those of a stopped replica, and fewer at their first call: replica-gone", () => {
    const main = group({ held: 5, lost: 5, lostBy: { "replica-gone": 4, "at-once": 1 } });
    expect(verdictOf({ main }).cause).toBe("replica-gone");
    const most = group({ held: 5, lost: 5, lostBy: { "replica-gone": 1, "at-once": 4 } });
    expect(verdictOf({ main: most }).cause).not.toBe("replica-gone");
  });
  test("all of them, on replicas that still answer: gateway-restarted", () => {
    expect(verdictOf({ main: group({ lost: 10, lostBy: { restarted: 10 } }) }).cause).toBe("gateway-restarted");
  });
  test("some on every replica: gateway-restarted", () => {
    const main = group({ held: 3, lost: 7, lostBy: { "replica-gone": 7 } });
    expect(verdictOf({ main: { ...main, allLose: true } }).cause).toBe("gateway-restarted");
    expect(verdictOf({ main }).cause).toBe("replica-gone");
  });
  test("for an unknown reason, with one replica seen: lost-unexplained", () => {
    const main = group({ lost: 10, lostBy: { unknown: 10 }, on: ["a"] });
    expect(verdictOf({ main, control: undefined }).cause).toBe("lost-unexplained");
  });
  test("the same with a control group that lost none: lost-unexplained", () => {
    const main = group({ held: 5, lost: 5, lostBy: { unknown: 5 }, on: ["a"] });
    expect(verdictOf({ main, control: group({ held: 10, on: ["a"] }) }).cause).toBe("lost-unexplained");
    expect(verdictOf({ main }).cause).not.toBe("lost-unexplained");
  });
  test("one of 10,000 is enough, even in an interrupted run", () => {
    const main = group({ held: 9_999, lost: 1, lostBy: { misrouted: 1 } });
    expect(verdictOf({ main, interrupted: true }).verdict).toBe("lost");
  });
  test("only sessions that their replica should still know: sessions-ended", () => {
    const ended = { verdict: "lost", cause: "sessions-ended" };
    expect(verdictOf({ main: group({ held: 8, lost: 2, lostBy: { forgotten: 2 } }) })).toEqual(ended);
    const both = { forgotten: 2, "replica-gone": 3 };
    expect(verdictOf({ main: group({ held: 5, lost: 5, lostBy: both }) }).cause).toBe("replica-gone");
  });
});

describe("rule 3: interrupted before anything was lost", () => {
  test("inconclusive", () => expect(verdictOf({ interrupted: true }).cause).toBe("interrupted"));
});

describe("rule 4: more than 5 percent failed for other reasons", () => {
  test("calls", () => expect(verdictOf({ main: group({ held: 10, callsFailed: 3 }) }).cause).toBe("calls-failed"));
  test("sessions", () => expect(verdictOf({ main: group({ held: 9, failed: 1 }) }).cause).toBe("calls-failed"));
  test("including 429: rate-limited", () => {
    const main = group({ held: 10, callsFailed: 3, failures: { "rate-limited": 3 } });
    expect(verdictOf({ main }).cause).toBe("rate-limited");
  });
  test("up to 5 percent don't change the verdict", () => {
    expect(verdictOf({ main: group({ held: 10, callsFailed: 2 }) }).verdict).toBe("held");
  });
});

test("rule 4 starts above 5 percent: with 1 in 20, the sessions are judged", () => {
  const control = group({ lost: 20, lostBy: { "at-once": 20 } });
  expect(verdictOf({ main: group({ held: 19, failed: 1 }), control }).verdict).toBe("held");
  expect(verdictOf({ main: group({ held: 20, calls: 100, callsFailed: 5 }), control }).verdict).toBe("held");
  expect(verdictOf({ main: group({ held: 20, calls: 100, callsFailed: 6 }), control }).cause).toBe("calls-failed");
});

describe("rule 5: the gateway has no sessions", () => {
  test("stateless", () => {
    expect(verdictOf({ sessions: "none", main: group({ moved: 10 }) })).toEqual({
      verdict: "not needed",
      cause: "stateless",
    });
  });
  test("sessionless 2026-07-28", () => {
    const verdict = verdictOf({ sessions: "sessionless", main: group({ moved: 10 }) });
    expect(verdict).toEqual({ verdict: "not needed", cause: "sessionless" });
  });
});

describe("rule 6: GET streams were refused because the session was unknown", () => {
  test("lost, although calls were answered", () => {
    const streams = { held: 0, lost: 10, dropped: 0, refused: 0 };
    expect(verdictOf({ streams })).toEqual({ verdict: "lost", cause: "streams-lost" });
  });
});

describe("rule 7: the official client failed", () => {
  test("inconclusive", () => expect(verdictOf({ clientOk: false }).cause).toBe("client-failed"));
});

describe("rule 8: several replicas answered, and no session was lost", () => {
  test("with an affinity cookie: moved", () => {
    expect(verdictOf({ main: group({ moved: 10 }) })).toEqual({ verdict: "moved", cause: "cookie-not-honoured" });
  });
  test("with one, and only from a stopped replica: moved, replica-gone", () => {
    const main = group({ held: 5, moved: 5, movedFromGone: 5 });
    expect(verdictOf({ main })).toEqual({ verdict: "moved", cause: "replica-gone" });
  });
  test("with one, and some from a serving replica, or all of them: moved, cookie-not-honoured", () => {
    const moved = { verdict: "moved", cause: "cookie-not-honoured" };
    expect(verdictOf({ main: group({ held: 5, moved: 5, movedFromGone: 4 }) })).toEqual(moved);
    expect(verdictOf({ main: group({ moved: 5, movedFromGone: 5 }) })).toEqual(moved);
  });
  test("without one: not needed", () => {
    const verdict = verdictOf({ main: group({ moved: 10 }), cookie: { kind: "none" } });
    expect(verdict).toEqual({ verdict: "not needed", cause: "resumes-anywhere" });
  });
});

describe("rule 8, unknown cookie", () => {
  const trial: CookieFinding = { kind: "affinity", name: "trial", known: false, per: "replica" };
  const moved = (movedWithNewCookie: number) =>
    verdictOf({ main: group({ moved: 10, movedWithNewCookie }), control: undefined, cookie: trial });
  test("replaced when sessions move: moved", () => {
    expect(moved(10)).toEqual({ verdict: "moved", cause: "cookie-not-honoured" });
  });
  test("never replaced: not needed, because it has nothing to do with replicas", () => {
    expect(moved(0)).toEqual({ verdict: "not needed", cause: "resumes-anywhere" });
  });
});

describe("rule 9: every session stayed", () => {
  test("some were lost without cookies: affinity-holds", () => {
    expect(verdictOf({})).toEqual({ verdict: "held", cause: "affinity-holds" });
  });
  test("losses in the control group are enough, even if replicas can't be told apart", () => {
    expect(verdictOf({ replicasBy: "unseen", main: group({ held: 10, on: [] }) }).cause).toBe("affinity-holds");
  });
  test("they moved without cookies, and none was lost: not needed", () => {
    expect(verdictOf({ control: group({ moved: 10 }) }).cause).toBe("resumes-anywhere");
  });
  test("without cookies too, across several replicas: held-without-cookies", () => {
    expect(verdictOf({ control: group({ held: 10 }) }).cause).toBe("held-without-cookies");
  });
  test("no control group, several replicas: held", () => {
    expect(verdictOf({ control: undefined })).toEqual({ verdict: "held", cause: "held-no-control" });
  });
  test("on one replica: inconclusive", () => {
    const one = group({ held: 10, on: ["a"] });
    expect(verdictOf({ main: one, control: one })).toEqual({ verdict: "inconclusive", cause: "one-replica" });
  });
  test("replicas can't be told apart, nothing lost: inconclusive", () => {
    const unseen = group({ held: 10, on: [] });
    expect(verdictOf({ main: unseen, control: unseen, replicasBy: "unseen" }).cause).toBe("replicas-unseen");
  });
});

describe("chance: a good verdict needs more than a gateway without affinity gets by chance", () => {
  const small = (trials: number, kinds: Parameters<typeof group>[0]) => ({ ...group(kinds), trials });
  const few = { verdict: "inconclusive", cause: "too-few-calls" };
  const [one, lostOne] = [small(2, { held: 1, on: ["a"] }), small(1, { lost: 1, on: ["b"] })];
  test("one session holds, and one without cookies is lost: too-few-calls", () => {
    expect(verdictOf({ main: one, control: lostOne })).toEqual(few);
  });
  test("one session with many calls, and many lost without cookies: held, even on one replica", () => {
    const control = small(20, { lost: 15, held: 5 });
    expect(verdictOf({ main: small(20, { held: 1, on: ["a"] }), control }).cause).toBe("affinity-holds");
    expect(verdictOf({ main: one, control }).cause).toBe("too-few-calls");
  });
  test("ten sessions on two replicas without a control group need 13 calls that could have reached another replica", () => {
    const main = (trials: number) => small(trials, { held: 10 });
    expect(verdictOf({ main: main(12), control: undefined })).toEqual(few);
    expect(verdictOf({ main: main(13), control: undefined })).toEqual({ verdict: "held", cause: "held-no-control" });
  });
  test("sessions also stay in a control group that is too small to show it: held-no-control", () => {
    const main = group({ held: 10 });
    expect(verdictOf({ main, control: small(4, { held: 2 }) })).toEqual({ verdict: "held", cause: "held-no-control" });
    expect(verdictOf({ main, control: small(14, { held: 10 }) }).cause).toBe("held-without-cookies");
  });
  test("not needed takes 10 answers by another replica, or 10 calls without a session ID", () => {
    const none = { kind: "none" } as const;
    const moved = (elsewhere: number) => group({ moved: 1, elsewhere });
    expect(verdictOf({ main: moved(4), control: moved(5), cookie: none })).toEqual(few);
    expect(verdictOf({ main: moved(5), control: moved(5), cookie: none }).cause).toBe("resumes-anywhere");
    expect(verdictOf({ main: group({ held: 10 }), control: moved(1) })).toEqual(few);
    expect(verdictOf({ sessions: "none", main: one, control: one })).toEqual(few);
    expect(verdictOf({ sessions: "none", main: small(10, { held: 1 }), control: undefined }).cause).toBe("stateless");
  });
  test("one moved or lost session is enough", () => {
    const main = small(2, { held: 1, moved: 1, elsewhere: 1 });
    expect(verdictOf({ main, control: undefined }).verdict).toBe("moved");
    expect(verdictOf({ main: lostOne, control: undefined }).verdict).toBe("lost");
  });
});
