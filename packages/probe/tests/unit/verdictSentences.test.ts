import { describe, expect, test } from "vitest";
import type { Evidence } from "../../src/evidence/evidence.ts";
import { judge } from "../../src/judge/judge.ts";
import { turnOn, turnOnIfOff } from "../../src/judge/lossSentences.ts";
import { sentencesFor } from "../../src/judge/verdictSentences.ts";
import { constant, evidence, group } from "../support/evidence.ts";

const none = { kind: "none" } as const;
const scope = { domain: "app.example", path: "/app", lifetime: 60 };
const lostAtOnce = group({ lost: 10, lostBy: { "at-once": 10 } });
const some = (lost: Parameters<typeof group>[0]) => group({ held: 5, lost: 5, ...lost });

const sentencesOn = (change: Partial<Evidence>) => {
  const seen = evidence(change);
  const judgement = judge(seen);
  return { cause: judgement.cause, ...sentencesFor(judgement, seen, undefined) };
};

describe("the reason of a verdict", () => {
  test.each<[string, string, Partial<Evidence>, string]>([
    [
      "affinity-holds",
      "with a cookie",
      {},
      "All 10 sessions held across 2 replicas. Without cookies, 10 of 10 were lost. Affinity works: the cookie acaAffinity keeps each session on its replica.",
    ],
    [
      "affinity-holds",
      "without an affinity cookie",
      { cookie: none },
      "All 10 sessions held across 2 replicas. Without cookies, 10 of 10 were lost. The gateway set no affinity cookie, so something else keeps sessions on their replicas, such as the connection.",
    ],
    [
      "held-no-control",
      "without a control group",
      { control: undefined },
      "All 10 sessions held across 2 replicas. This doesn't show what keeps them in place: there was no control group without cookies.",
    ],
    [
      "held-no-control",
      "with a small control group",
      { control: { ...group({ held: 1 }), trials: 1 } },
      "All 10 sessions held across 2 replicas. This doesn't show what keeps them in place: the control group without cookies (1 session) gave too little evidence.",
    ],
    [
      "held-without-cookies",
      "some of the control group failed",
      { control: group({ held: 9, failed: 1 }) },
      "All 10 sessions held across 2 replicas, and so did 9 of 10 without cookies. The gateway routes by something other than a cookie, such as the session ID.",
    ],
    [
      "stateless",
      "no session ID",
      { sessions: "none" },
      "The gateway issues no session ID, and 50 of 50 calls were answered: it is stateless, so any replica can answer.",
    ],
    [
      "sessionless",
      "the protocol without sessions",
      { sessions: "sessionless" },
      "The gateway only speaks protocol 2026-07-28, which has no sessions, and 50 of 50 calls were answered.",
    ],
    [
      "resumes-anywhere",
      "no session was lost",
      { main: group({ moved: 10 }), cookie: none, control: undefined },
      "Calls were answered by replicas other than the session's own, and no session was lost: the gateway can resume a session on any replica.",
    ],
    [
      "resumes-anywhere",
      "but sessions without cookies were lost",
      { main: group({ moved: 10 }), cookie: none },
      "Calls were answered by replicas other than the session's own and no session was lost, but without cookies, 10 of 10 were lost. The gateway resumes only some sessions, or --replica-header doesn't name the replica.",
    ],
    [
      "affinity-off",
      "no cookie",
      { main: lostAtOnce, cookie: none },
      "All 10 sessions were lost. Without cookies, 10 of 10 were lost. The client got no cookie: affinity is off, or a proxy in front of the gateway removes the cookie.",
    ],
    [
      "no-affinity-cookie",
      "one value for all",
      { main: lostAtOnce, cookie: constant },
      "All 10 sessions were lost. Without cookies, 10 of 10 were lost. The cookie locale had the same value in every session, so it can't tell replicas apart: affinity is off, or all sessions opened on one replica.",
    ],
    [
      "cookie-not-honoured",
      "lost",
      { main: lostAtOnce, control: undefined },
      "All 10 sessions were lost. The cookie acaAffinity was set and returned, but it doesn't lead back to the session's replica.",
    ],
    [
      "cookie-not-honoured",
      "moved",
      { main: group({ moved: 10 }) },
      "Several replicas answered 10 of 10 sessions; the gateway could resume every moved session. The cookie acaAffinity was set and returned, but it didn't keep every session on its replica.",
    ],
    [
      "cookie-not-honoured",
      "moved, and the cookie was not returned",
      { main: group({ moved: 10 }), notReturned: { ...scope, why: "secure" } },
      "Several replicas answered 10 of 10 sessions; the gateway could resume every moved session. The cookie acaAffinity is marked Secure but the URL is plain http, so clients don't return it.",
    ],
    [
      "misrouted",
      "without an affinity cookie",
      { main: lostAtOnce, control: group({ held: 10 }), cookie: none },
      "All 10 sessions were lost, but none of the 10 without cookies. Either the gateway routes by something other than a cookie and stops doing so before the sessions end, or the server itself ended these sessions.",
    ],
    [
      "misrouted",
      "with new cookies",
      { main: some({ lostBy: { misrouted: 5 }, lostWithNewCookie: 5 }) },
      "5 of 10 sessions were lost; 5 held. The replicas of the lost sessions still serve other sessions. The lost sessions returned the cookie acaAffinity, but the gateway used another replica and replaced the cookie: it accepts a cookie only for a limited time, or only under certain conditions.",
    ],
    [
      "misrouted",
      "with the same cookie, and nothing known about the replica of one of them",
      { main: group({ held: 8, lost: 2, lostBy: { misrouted: 1, unknown: 1 } }) },
      "2 of 10 sessions were lost; 8 held. The lost sessions returned the cookie acaAffinity. Either the gateway used another replica (for example because an ingress that hashes the cookie gained or lost replicas), or the server itself ended these sessions.",
    ],
    [
      "sessions-ended",
      "with a cookie",
      { main: group({ held: 9, lost: 1, lostBy: { forgotten: 1 } }) },
      "1 of 10 sessions was lost; 9 held. The replica of the lost session still serves other sessions, and the gateway didn't replace the cookie acaAffinity: the server itself probably ended this session, or the gateway stopped following the cookie.",
    ],
    [
      "sessions-ended",
      "without a cookie",
      { main: some({ lostBy: { forgotten: 4, restarted: 1 } }), cookie: none, control: group({ held: 10 }) },
      "5 of 10 sessions were lost; 5 held. The replicas of 4 of the lost sessions still serve other sessions: the server itself probably ended these sessions.",
    ],
    [
      "replica-gone",
      "lost",
      { main: some({ lostBy: { "replica-gone": 5 }, lostWithNewCookie: 3 }) },
      "5 of 10 sessions were lost because a replica stopped or restarted (3 got a new cookie); 5 held.",
    ],
    [
      "replica-gone",
      "lost, one of them for another reason",
      { main: some({ lostBy: { "replica-gone": 3, restarted: 1, "at-once": 1 } }) },
      "5 of 10 sessions were lost, 4 of them because a replica stopped or restarted; 5 held.",
    ],
    [
      "replica-gone",
      "moved",
      { main: group({ held: 5, moved: 5, movedFromGone: 5 }) },
      "5 of 10 sessions moved to another replica because the previous one stopped answering; the gateway could resume every moved session. 5 held.",
    ],
    [
      "gateway-restarted",
      "all lost",
      { main: group({ lost: 10, lostBy: { restarted: 10 } }) },
      "All 10 sessions were lost: the gateway restarted or was redeployed during the run, or dropped all affinity at that time.",
    ],
    [
      "lost-unexplained",
      "replicas unknown",
      { main: group({ lost: 10, lostBy: { unknown: 10 }, on: [] }), control: undefined },
      "All 10 sessions were lost. Nothing in the responses tells replicas apart, so the cause is unknown.",
    ],
    [
      "lost-unexplained",
      "one replica",
      { main: group({ lost: 1, lostBy: { unknown: 1 }, on: ["a"] }), control: undefined },
      "The only session was lost. Only one replica was seen, and nothing shows why sessions were lost there.",
    ],
    [
      "streams-lost",
      "one stream",
      { streams: { held: 9, lost: 1, dropped: 0, refused: 0 } },
      "Calls were answered, but 1 GET stream couldn't be opened because the replica didn't know the session.",
    ],
    [
      "one-replica",
      "by its name",
      { main: group({ held: 10, on: ["a"] }), control: undefined },
      "Only one replica answered (a), so this run can't show whether sessions stay with their replica.",
    ],
    [
      "replicas-unseen",
      "with a control group",
      { main: group({ held: 10, on: [] }), control: group({ held: 10, on: [] }), replicasBy: "unseen" },
      "No session was lost, with or without cookies, but nothing in the responses tells replicas apart: there may be only one.",
    ],
    [
      "replicas-unseen",
      "without a control group",
      { main: group({ held: 10, on: [] }), control: undefined, replicasBy: "unseen" },
      "No session was lost, but nothing in the responses tells replicas apart: there may be only one.",
    ],
    [
      "client-failed",
      "although its own sessions held",
      { clientOk: false },
      "The probe's own driver lost no session, but the official MCP client failed.",
    ],
    ["interrupted", "early", { interrupted: true }, "The run was interrupted before it could reach a verdict."],
    [
      "calls-failed",
      "with the reasons",
      { main: group({ held: 10, callsFailed: 3, failures: { timeout: 2, broken: 1 } }) },
      "3 of 50 calls and 0 of 10 sessions failed, but not because a session was lost (timeout: 2, broken: 1).",
    ],
  ])("%s, %s", (cause, _case, change, reason) => expect(sentencesOn(change)).toMatchObject({ cause, reason }));

  test.each([
    ["secure", "is marked Secure but the URL is plain http, so clients don't return it"],
    [
      "domain",
      "is set for the domain app.example, which doesn't match the host name in the URL, so clients don't return it",
    ],
    ["path", "is set for the path /app, so clients don't return it with requests to other paths"],
    ["expired", "expires 60 s after it is set, while sessions are still in use, so clients stop returning it"],
  ] as const)("cookie-not-returned, %s", (why, sentence) => {
    const { cause, reason, advice } = sentencesOn({ main: lostAtOnce, notReturned: { ...scope, why } });
    expect(cause).toBe("cookie-not-returned");
    expect(reason).toBe(`All 10 sessions were lost. The cookie acaAffinity ${sentence}.`);
    expect(advice).toHaveLength(1);
  });

  test("a cookie without Path only applies to the folder that set it", () => {
    const notReturned = { ...scope, path: "", why: "path" } as const;
    expect(sentencesOn({ main: lostAtOnce, notReturned }).reason).toContain("has no Path, which limits it to");
  });
});

describe("the advice of a verdict", () => {
  test("turns affinity on if it is off, and only if it may be off", () => {
    expect(sentencesOn({ main: lostAtOnce, cookie: none }).advice).toContain(turnOn);
    expect(sentencesOn({ main: lostAtOnce, cookie: constant }).advice).toContain(turnOnIfOff);
    expect(sentencesOn({ main: lostAtOnce }).advice).toContain(turnOnIfOff);
    expect(turnOn).toContain("--affinity sticky");
  });

  test.each([
    [1, 20],
    [20, 40],
    [600, 1000],
  ])("asks for a larger control group than %i sessions: %i", (sessions, wanted) => {
    const control = { ...group({ held: sessions }), trials: 1 };
    expect(sentencesOn({ control }).advice.join()).toContain(`--sessions ${wanted} --control-sessions ${wanted}.`);
    const main = { ...group({ held: 2_000 }), replicas: evidence().main.replicas };
    expect(sentencesOn({ main, control }).advice.join()).toContain(`one: --control-sessions ${wanted}.`);
  });

  test("mentions restarts if moved sessions left a replica that stopped", () => {
    const main = group({ held: 5, moved: 5, movedFromGone: 4 });
    expect(sentencesOn({ main }).advice).toHaveLength(3);
    expect(sentencesOn({ main: group({ held: 5, moved: 5 }) }).advice).toHaveLength(2);
  });

  test("asks for a way to tell replicas apart, or for more of them", () => {
    const unseen = group({ lost: 10, lostBy: { unknown: 10 }, on: [] });
    expect(sentencesOn({ main: unseen, control: undefined }).advice[0]).toContain("--replica-header");
    const one = group({ held: 10, on: ["a"] });
    const [scale, elsewhere] = sentencesOn({ main: one, control: one }).advice;
    expect(scale).toContain("--min-replicas 2");
    expect(elsewhere).toContain("by the client's address");
  });
});

describe("too few calls: what was seen, how often a bad gateway would give the same result, and what is enough", () => {
  const small = (trials: number, kinds: Parameters<typeof group>[0]) => ({ ...group(kinds), trials });
  const [one, lostOne] = [small(2, { held: 1, on: ["a"] }), small(1, { lost: 1, on: ["b"] })];
  const limit = ". For a verdict, that must happen no more than once in 1,000 runs.";
  test.each<[string, Partial<Evidence>, string, string]>([
    [
      "one session, and one without cookies",
      { main: one, control: lostOne },
      `The only session held, and without cookies 1 of 1 was lost, but only 2 calls could have reached another replica. A gateway that ignores cookies would give the same result by chance once in 3 runs${limit}`,
      "Run again with the same options and --sessions 5 or more.",
    ],
    [
      "no control group",
      { main: small(10, { held: 10 }), control: undefined },
      `All 10 sessions held, but only 10 calls could have reached another replica. A gateway without affinity would give the same result by chance once in 252 runs${limit}`,
      "Run again with the same options and --sessions 13 or more.",
    ],
    [
      "sessions that move",
      { main: group({ moved: 1, elsewhere: 4 }), control: group({ moved: 1, elsewhere: 5 }), cookie: none },
      `No session was lost, but only 9 calls reached another replica. A gateway that loses the session on half of these calls would give the same result by chance once in 512 runs${limit}`,
      "Run again with the same options and --sessions 2 or more.",
    ],
    [
      "no session ID",
      { sessions: "none", main: small(1, { held: 1 }), control: undefined },
      `The gateway issues no session ID, but only 1 call could have reached another replica. A gateway that ties each client to one of two replicas would give the same result by chance once in 2 runs${limit}`,
      "Run again with the same options and --sessions 10 or more.",
    ],
    [
      "no call at all",
      { sessions: "none", main: small(0, { held: 1 }), control: small(0, { held: 1 }) },
      `The gateway issues no session ID, but only 0 calls could have reached another replica. A gateway that ties each client to one of two replicas would give the same result in every run${limit}`,
      "Run again with more sessions and every call on a new connection (--fresh 100); with --watch, watch longer.",
    ],
  ])("%s", (_title, given, reason, advice) => {
    expect(sentencesOn(given)).toEqual({ cause: "too-few-calls", reason, advice: [advice] });
  });
});
