import { describe, expect, test } from "vitest";
import type { Evidence } from "../../src/evidence/evidence.ts";
import type { LossCause } from "../../src/evidence/fate.ts";
import type { CookieFinding } from "../../src/evidence/identity.ts";
import type { GroupTally } from "../../src/evidence/tally.ts";
import { judge } from "../../src/judge/judge.ts";
import { sentencesFor } from "../../src/judge/verdictSentences.ts";

// One group for each row of `judge`. What brings real gateways into these situations is shown in tests/integration.

const pinned: CookieFinding = { kind: "affinity", name: "acaAffinity", known: true, per: "replica" };
const constant: CookieFinding = { kind: "constant", name: "locale", known: false };

function group(
  overrides: Partial<Omit<GroupTally, "lostBy" | "replicas">> & {
    lostBy?: Partial<Record<LossCause, number>>;
    on?: string[];
  } = {},
): GroupTally {
  const { on = ["a", "b"], lostBy, ...counts } = overrides;
  const none = { "at-once": 0, misrouted: 0, forgotten: 0, "replica-gone": 0, restarted: 0, unknown: 0 };
  const fates = { held: 0, moved: 0, lost: 0, failed: 0, ...counts };
  return {
    calls: 50,
    callsFailed: 0,
    trials: 50,
    trialsBeforeLoss: 0,
    elsewhere: 5 * fates.moved,
    movedFromGone: 0,
    movedWithNewCookie: 0,
    allLose: false,
    lostWithNewCookie: 0,
    signs: {},
    failures: {},
    ...fates,
    sessions: fates.held + fates.moved + fates.lost + fates.failed,
    lostBy: { ...none, ...lostBy },
    replicas: new Map(on.map((name) => [name, { opened: 5, calls: 25 }])),
  };
}

function evidence(overrides: Partial<Evidence> = {}): Evidence {
  return {
    unopened: undefined,
    sessions: "ids",
    main: group({ held: 10 }),
    control: group({ lost: 10, lostBy: { "at-once": 10 } }),
    cookie: pinned,
    notReturned: undefined,
    replicasBy: "answer",
    streams: undefined,
    clientOk: true,
    interrupted: false,
    ...overrides,
  };
}

const obstacles = ["secure", "domain", "path", "expired"] as const;
const scope = { domain: "app.example", path: "/app", lifetime: 60 };

const lostAtOnce = group({ lost: 10, lostBy: { "at-once": 10 } });
const verdictOf = (overrides: Partial<Evidence>) => judge(evidence(overrides));

describe("row 1: the first session could not be opened", () => {
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
  ] as const)("%s: inconclusive, whatever else was seen", (reason) =>
    expect(verdictOf({ unopened: reason })).toEqual({ verdict: "inconclusive", cause: reason }),
  );
});

describe("row 2: sessions were lost", () => {
  test("no cookie at all: affinity is off", () => {
    expect(verdictOf({ main: lostAtOnce, cookie: { kind: "none" } }).cause).toBe("affinity-off");
  });
  test("a cookie that is the same for all: no affinity cookie", () => {
    expect(verdictOf({ main: lostAtOnce, cookie: constant }).cause).toBe("no-affinity-cookie");
  });
  test.each(obstacles)("a cookie that clients do not return (%s): not returned", (why) => {
    expect(verdictOf({ main: lostAtOnce, notReturned: { ...scope, why } }).cause).toBe("cookie-not-returned");
  });
  test("as many as without cookies: the cookie is not honoured", () => {
    expect(verdictOf({ main: lostAtOnce }).cause).toBe("cookie-not-honoured");
  });
  test("as many as without cookies, no control: told from those lost at once", () => {
    expect(verdictOf({ main: lostAtOnce, control: undefined }).cause).toBe("cookie-not-honoured");
  });
  test("from 8 tenths of that on; with no control to compare with, from more than a quarter lost at once", () => {
    const lost = (count: number) => group({ held: 20 - count, lost: count, lostBy: { "at-once": count } });
    const causes = (control: GroupTally | undefined, ...counts: number[]) =>
      counts.map((count) => verdictOf({ main: lost(count), control }).cause);
    const half = group({ held: 5, lost: 5, lostBy: { "at-once": 5 } });
    expect(causes(half, 8, 7)).toEqual(["cookie-not-honoured", "misrouted"]);
    expect(causes(undefined, 6, 5)).toEqual(["cookie-not-honoured", "misrouted"]);
    expect(causes(group({ held: 10 }), 6, 5)).toEqual(["cookie-not-honoured", "misrouted"]);
  });
  test("as many as without cookies, after so many calls that held at first as hardly do by luck: it led back for a time", () => {
    const lost = { lost: 10, lostBy: { misrouted: 10 } };
    const causes = [12, 13].map((trialsBeforeLoss) => verdictOf({ main: group({ ...lost, trialsBeforeLoss }) }).cause);
    expect(causes).toEqual(["cookie-not-honoured", "misrouted"]);
  });
  test("far fewer than without cookies: some requests went elsewhere", () => {
    const main = group({ held: 9, lost: 1, lostBy: { misrouted: 1 } });
    expect(verdictOf({ main })).toEqual({ verdict: "lost", cause: "misrouted" });
    expect(verdictOf({ main, control: undefined }).cause).toBe("misrouted");
  });
  test("no cookie that could lead back, and none lost without cookies: routed by something else, and not for long", () => {
    const evidence = { main: lostAtOnce, control: group({ held: 10 }) };
    expect(verdictOf({ ...evidence, cookie: { kind: "none" } }).cause).toBe("misrouted");
    expect(verdictOf({ ...evidence, cookie: constant }).cause).toBe("misrouted");
  });
  test("only those of a replica that went", () => {
    const main = group({ held: 5, lost: 5, lostBy: { "replica-gone": 5 } });
    expect(verdictOf({ main }).cause).toBe("replica-gone");
  });
  test("all at one time, as by a restart, with no cookie and most lost without as well: affinity is off", () => {
    const main = group({ lost: 10, lostBy: { "replica-gone": 10 } });
    const none = { main, cookie: { kind: "none" } } as const;
    expect(verdictOf(none).cause).toBe("affinity-off");
    expect(verdictOf({ ...none, control: group({ held: 10 }) }).cause).toBe("gateway-restarted");
  });
  test("those of a replica that went, and a few that had not been called before", () => {
    const main = group({ held: 5, lost: 5, lostBy: { "replica-gone": 4, "at-once": 1 } });
    expect(verdictOf({ main }).cause).toBe("replica-gone");
    const most = group({ held: 5, lost: 5, lostBy: { "replica-gone": 1, "at-once": 4 } });
    expect(verdictOf({ main: most }).cause).not.toBe("replica-gone");
  });
  test("all of them, on replicas that are still there: the gateway restarted", () => {
    expect(verdictOf({ main: group({ lost: 10, lostBy: { restarted: 10 } }) }).cause).toBe("gateway-restarted");
  });
  test("some of each replica, which is no single one's end: the gateway restarted, or ended all affinity", () => {
    const main = group({ held: 3, lost: 7, lostBy: { "replica-gone": 7 } });
    expect(verdictOf({ main: { ...main, allLose: true } }).cause).toBe("gateway-restarted");
    expect(verdictOf({ main }).cause).toBe("replica-gone");
  });
  test("with nothing that tells why, or whether there is more than one replica", () => {
    const main = group({ lost: 10, lostBy: { unknown: 10 }, on: ["a"] });
    expect(verdictOf({ main, control: undefined }).cause).toBe("lost-unexplained");
  });
  test("nor does a run without cookies that lost none tell of a second replica", () => {
    const main = group({ held: 5, lost: 5, lostBy: { unknown: 5 }, on: ["a"] });
    expect(verdictOf({ main, control: group({ held: 10, on: ["a"] }) }).cause).toBe("lost-unexplained");
    expect(verdictOf({ main }).cause).not.toBe("lost-unexplained");
  });
  test("one of 10,000 is enough, also in a run that was interrupted", () => {
    const main = group({ held: 9_999, lost: 1, lostBy: { misrouted: 1 } });
    expect(verdictOf({ main, interrupted: true }).verdict).toBe("lost");
  });
  test("only some that their replica still had to know: the server ended them", () => {
    const ended = { verdict: "lost", cause: "sessions-ended" };
    expect(verdictOf({ main: group({ held: 8, lost: 2, lostBy: { forgotten: 2 } }) })).toEqual(ended);
    const both = { forgotten: 2, "replica-gone": 3 };
    expect(verdictOf({ main: group({ held: 5, lost: 5, lostBy: both }) }).cause).toBe("replica-gone");
  });
});

describe("row 3: interrupted before anything was lost", () => {
  test("inconclusive", () => expect(verdictOf({ interrupted: true }).cause).toBe("interrupted"));
});

describe("row 4: more than 5 percent failed for other reasons", () => {
  test("calls", () => expect(verdictOf({ main: group({ held: 10, callsFailed: 3 }) }).cause).toBe("calls-failed"));
  test("sessions", () => expect(verdictOf({ main: group({ held: 9, failed: 1 }) }).cause).toBe("calls-failed"));
  test("with 429 among them", () => {
    const main = group({ held: 10, callsFailed: 3, failures: { "rate-limited": 3 } });
    expect(verdictOf({ main }).cause).toBe("rate-limited");
  });
  test("5 percent and less do not hide the verdict", () => {
    expect(verdictOf({ main: group({ held: 10, callsFailed: 2 }) }).verdict).toBe("held");
  });
});

test("row 4 begins above 5 percent: with 1 in 20 the sessions are judged", () => {
  const control = group({ lost: 20, lostBy: { "at-once": 20 } });
  expect(verdictOf({ main: group({ held: 19, failed: 1 }), control }).verdict).toBe("held");
  expect(verdictOf({ main: group({ held: 20, calls: 100, callsFailed: 5 }), control }).verdict).toBe("held");
  expect(verdictOf({ main: group({ held: 20, calls: 100, callsFailed: 6 }), control }).cause).toBe("calls-failed");
});

describe("row 5: no sessions in the gateway's protocol", () => {
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

describe("row 6: held streams were refused as streams of unknown sessions", () => {
  test("lost, although calls are answered", () => {
    const streams = { held: 0, lost: 10, dropped: 0, refused: 0 };
    expect(verdictOf({ streams })).toEqual({ verdict: "lost", cause: "streams-lost" });
  });
});

describe("row 7: the official client failed", () => {
  test("inconclusive", () => expect(verdictOf({ clientOk: false }).cause).toBe("client-failed"));
});

describe("row 8: answered by several replicas, none lost", () => {
  test("with an affinity cookie: moved", () => {
    expect(verdictOf({ main: group({ moved: 10 }) })).toEqual({ verdict: "moved", cause: "cookie-not-honoured" });
  });
  test("with one, and only from a replica that went: moved, and why", () => {
    const main = group({ held: 5, moved: 5, movedFromGone: 5 });
    expect(verdictOf({ main })).toEqual({ verdict: "moved", cause: "replica-gone" });
  });
  test("with one, and some from a replica that is there, or all that there are: moved, for the cookie did not count", () => {
    const moved = { verdict: "moved", cause: "cookie-not-honoured" };
    expect(verdictOf({ main: group({ held: 5, moved: 5, movedFromGone: 4 }) })).toEqual(moved);
    expect(verdictOf({ main: group({ moved: 5, movedFromGone: 5 }) })).toEqual(moved);
  });
  test("without one: not needed", () => {
    const verdict = verdictOf({ main: group({ moved: 10 }), cookie: { kind: "none" } });
    expect(verdict).toEqual({ verdict: "not needed", cause: "resumes-anywhere" });
  });
});

describe("row 8, a cookie of unknown name", () => {
  const trial: CookieFinding = { kind: "affinity", name: "trial", known: false, per: "replica" };
  const moved = (movedWithNewCookie: number) =>
    verdictOf({ main: group({ moved: 10, movedWithNewCookie }), control: undefined, cookie: trial });
  test("that is given anew to sessions that move: moved", () => {
    expect(moved(10)).toEqual({ verdict: "moved", cause: "cookie-not-honoured" });
  });
  test("that stays as it is: not needed, for it has nothing to do with replicas", () => {
    expect(moved(0)).toEqual({ verdict: "not needed", cause: "resumes-anywhere" });
  });
});

describe("row 9: every session stayed", () => {
  test("and without cookies some were lost: affinity holds", () => {
    expect(verdictOf({})).toEqual({ verdict: "held", cause: "affinity-holds" });
  });
  test("that the control lost is proof also where replicas cannot be told apart", () => {
    expect(verdictOf({ replicasBy: "unseen", main: group({ held: 10, on: [] }) }).cause).toBe("affinity-holds");
  });
  test("and without cookies they moved, none lost: not needed", () => {
    expect(verdictOf({ control: group({ moved: 10 }) }).cause).toBe("resumes-anywhere");
  });
  test("and without cookies as well, over several replicas: held by something else", () => {
    expect(verdictOf({ control: group({ held: 10 }) }).cause).toBe("held-without-cookies");
  });
  test("no control, several replicas: held", () => {
    expect(verdictOf({ control: undefined })).toEqual({ verdict: "held", cause: "held-no-control" });
  });
  test("on one replica: inconclusive", () => {
    const one = group({ held: 10, on: ["a"] });
    expect(verdictOf({ main: one, control: one })).toEqual({ verdict: "inconclusive", cause: "one-replica" });
  });
  test("replicas cannot be told apart, nothing lost: inconclusive", () => {
    const unseen = group({ held: 10, on: [] });
    expect(verdictOf({ main: unseen, control: unseen, replicasBy: "unseen" }).cause).toBe("replicas-unseen");
  });
});

describe("luck: a good verdict takes more than a gateway without affinity has by chance", () => {
  const small = (trials: number, kinds: Parameters<typeof group>[0]) => ({ ...group(kinds), trials });
  const few = { verdict: "inconclusive", cause: "too-few-calls" };
  const [one, lostOne] = [small(2, { held: 1, on: ["a"] }), small(1, { lost: 1, on: ["b"] })];
  test("one session that holds, and one without cookies that is lost: too few calls", () => {
    expect(verdictOf({ main: one, control: lostOne })).toEqual(few);
  });
  test("one session of many calls, and many without cookies that are lost: held, also on one replica", () => {
    const control = small(20, { lost: 15, held: 5 });
    expect(verdictOf({ main: small(20, { held: 1, on: ["a"] }), control }).cause).toBe("affinity-holds");
    expect(verdictOf({ main: one, control }).cause).toBe("too-few-calls");
  });
  test("without control, ten sessions over two replicas: 13 calls that could have gone elsewhere", () => {
    const main = (trials: number) => small(trials, { held: 10 });
    expect(verdictOf({ main: main(12), control: undefined })).toEqual(few);
    expect(verdictOf({ main: main(13), control: undefined })).toEqual({ verdict: "held", cause: "held-no-control" });
  });
  test("sessions stay without cookies as well, in a run too small to show it: held, by what is not shown", () => {
    const main = group({ held: 10 });
    expect(verdictOf({ main, control: small(4, { held: 2 }) })).toEqual({ verdict: "held", cause: "held-no-control" });
    expect(verdictOf({ main, control: small(14, { held: 10 }) }).cause).toBe("held-without-cookies");
  });
  test("not needed: 10 answers by another replica, or 10 calls without session id", () => {
    const none = { kind: "none" } as const;
    const moved = (elsewhere: number) => group({ moved: 1, elsewhere });
    expect(verdictOf({ main: moved(4), control: moved(5), cookie: none })).toEqual(few);
    expect(verdictOf({ main: moved(5), control: moved(5), cookie: none }).cause).toBe("resumes-anywhere");
    expect(verdictOf({ main: group({ held: 10 }), control: moved(1) })).toEqual(few);
    expect(verdictOf({ sessions: "none", main: one, control: one })).toEqual(few);
    expect(verdictOf({ sessions: "none", main: small(10, { held: 1 }), control: undefined }).cause).toBe("stateless");
  });
  test("one session that moved or was lost is enough", () => {
    const main = small(2, { held: 1, moved: 1, elsewhere: 1 });
    expect(verdictOf({ main, control: undefined }).verdict).toBe("moved");
    expect(verdictOf({ main: lostOne, control: undefined }).verdict).toBe("lost");
  });
});

describe("words on too few calls: what was seen, how often luck does as well, and what is enough", () => {
  const small = (trials: number, kinds: Parameters<typeof group>[0]) => ({ ...group(kinds), trials });
  const [one, lostOne] = [small(2, { held: 1, on: ["a"] }), small(1, { lost: 1, on: ["b"] })];
  const none = { kind: "none" } as const;
  const limit = "; a verdict takes once in 1,000 at most.";
  test.each<[string, Partial<Evidence>, string, string]>([
    [
      "a session and one without cookies",
      { main: one, control: lostOne },
      `The one session held, and without cookies 1 of 1 were lost; but only 2 times a call could have gone elsewhere. A gateway that does not look at cookies does as well by luck once in 3.0 runs${limit}`,
      "Run again with --sessions 5 or more, otherwise as before.",
    ],
    [
      "no control",
      { main: small(10, { held: 10 }), control: undefined },
      `All 10 sessions held; but only 10 times a call could have gone elsewhere. A gateway without affinity does as well by luck once in 252 runs${limit}`,
      "Run again with --sessions 13 or more, otherwise as before.",
    ],
    [
      "sessions that move",
      { main: group({ moved: 1, elsewhere: 4 }), control: group({ moved: 1, elsewhere: 5 }), cookie: none },
      `No session was lost, and only 9 times another replica answered. A gateway that loses every other session that moves does as well by luck once in 512 runs${limit}`,
      "Run again with --sessions 2 or more, otherwise as before.",
    ],
    [
      "no session id",
      { sessions: "none", main: small(1, { held: 1 }), control: undefined },
      `The gateway gives no session id; but only once a call could have gone elsewhere. A gateway that ties its clients to one replica of two does as well by luck once in 2.0 runs${limit}`,
      "Run again with --sessions 10 or more, otherwise as before.",
    ],
    [
      "no call at all",
      { sessions: "none", main: small(0, { held: 1 }), control: small(0, { held: 1 }) },
      `The gateway gives no session id; but only 0 times a call could have gone elsewhere. A gateway that ties its clients to one replica of two does as well by luck in every run${limit}`,
      "Run again with more sessions, and all calls over new connections: --fresh 100.",
    ],
  ])("%s", (_title, given, reason, advice) => {
    const seen = evidence(given);
    expect(judge(seen).cause).toBe("too-few-calls");
    expect(sentencesFor(judge(seen), seen, undefined)).toEqual({ reason, advice: [advice] });
  });
});

describe("words", () => {
  test("say the counts, and never a placeholder", () => {
    const cases: Partial<Evidence>[] = [
      {},
      { control: undefined },
      { control: group({ held: 10 }) },
      { main: lostAtOnce, cookie: { kind: "none" } },
      { main: lostAtOnce, cookie: constant },
      { main: lostAtOnce },
      ...obstacles.map((why) => ({ main: lostAtOnce, notReturned: { ...scope, why } })),
      { main: group({ held: 5, lost: 5, lostBy: { "replica-gone": 5 }, lostWithNewCookie: 5 }) },
      { main: group({ lost: 10, lostBy: { restarted: 10 } }) },
      { main: group({ held: 9, lost: 1, lostBy: { forgotten: 1 } }) },
      { main: group({ lost: 10, lostBy: { unknown: 10 }, on: [] }), control: undefined },
      { main: group({ held: 5, moved: 5, movedFromGone: 5 }) },
      { main: lostAtOnce, control: group({ held: 10 }), cookie: { kind: "none" } },
      { main: group({ held: 5, lost: 5, lostBy: { misrouted: 5 }, lostWithNewCookie: 5 }) },
      { sessions: "none" },
      { sessions: "sessionless" },
      { streams: { held: 0, lost: 10, dropped: 0, refused: 0 } },
      { unopened: "dns" },
      { main: group({ held: 1, trials: 1 }), control: group({ lost: 1, trials: 1 }) },
      {
        main: { ...group({ held: 1 }), replicas: new Map() },
        control: group({ held: 4, lost: 1 }),
        replicasBy: "unseen",
      },
      { sessions: "none", main: group({ held: 1, trials: 1 }), control: undefined },
      { main: group({ moved: 1, elsewhere: 1 }), cookie: { kind: "none" } },
    ];
    for (const one of cases) {
      const seen = evidence(one);
      const { reason, advice } = sentencesFor(judge(seen), seen, { kind: "failed", reason: "dns", detail: "detail" });
      expect([reason, ...advice].join(" ")).not.toMatch(/undefined|NaN|\$\{/);
      expect(reason).toMatch(/\.$/);
    }
  });
});
