import { describe, expect, test } from "vitest";
import type { McpExchange } from "../../src/drivers/driver.ts";
import { addStep, type History, newHistory, shortened } from "../../src/evidence/history.ts";
import { newRunRecord, type RunRecord } from "../../src/evidence/runRecord.ts";
import type { SetCookie } from "../../src/http/cookies.ts";
import { classifyReply, type Failure, failureReasons, type McpOutcome } from "../../src/http/outcome.ts";
import { failureSentences } from "../../src/judge/failureSentences.ts";
import { resolveOptions } from "../../src/options/options.ts";
import { summarize } from "../../src/report/summary.ts";

const ok: McpOutcome = { kind: "answered", result: {} };
const lost: McpOutcome = { kind: "lost", sign: "404", detail: "HTTP 404" };
const timeout: McpOutcome = { kind: "failed", reason: "timeout", detail: "no answer in 10 s" };

function exchange(outcome: McpOutcome, replica?: string, setCookies: readonly SetCookie[] = []): McpExchange {
  return { outcome, milliseconds: 10, fresh: true, setCookies, withheld: [], replica };
}

const plain = { domain: undefined, path: "/", secure: false, httpOnly: true, sameSite: "None", lifetime: undefined };
const cookie = (value: string): SetCookie => ({ name: "acaAffinity", value, ...plain });

/** One exchange a second from `from` on; the first of them opens the session, and gives it its cookie. */
function session(ordinal: number, value: string, exchanges: readonly McpExchange[], from = 0): History {
  const history = newHistory(ordinal, "main");
  history.id = `id-${ordinal}`;
  const jar = new Map([["acaAffinity", value]]);
  exchanges.forEach((given, i) => {
    addStep(history, i === 0 ? "open" : "call", (from + i) * 1_000, given, jar);
  });
  return history;
}

const opened = (value: string) => exchange(ok, undefined, [cookie(value)]);
const by = (replica: string) => exchange(ok, replica);

const reached: RunRecord["preflight"] = {
  kind: "reached",
  sessions: "ids",
  speaksSessionless: undefined,
  protocolVersion: "2025-11-25",
  server: "gateway 1.4.1",
  call: { kind: "tool", name: "whoami", identifies: true },
};

/** A run of four sessions: one held on each of two replicas, one lost from the second, one whose last call failed. */
function gathered(change: Partial<RunRecord> = {}, url = "https://gateway.example"): RunRecord {
  const run = newRunRecord(resolveOptions({ url }));
  run.cookies.add(opened("1"));
  const main = [
    session(1, "a", [opened("a"), by("replica-2"), by("replica-2")]),
    session(2, "b", [opened("b"), by("replica-10"), exchange(lost)]),
    session(3, "b", [opened("b"), by("replica-10"), by("replica-10"), by("replica-10")], 1),
    session(4, "a", [opened("a"), exchange(timeout)], 0.5),
  ];
  return { ...run, seconds: 4.000_4, preflight: reached, main, ...change };
}

const notesOf = (change: Partial<RunRecord>, url?: string) => summarize(gathered(change, url)).notes;

describe("the history of a session", () => {
  const replaced = (...values: readonly (string | undefined)[]) => {
    const history = newHistory(1, "main");
    return values.map((value) => {
      const set = value === undefined ? [] : [cookie(value), { ...cookie("x"), name: "other" }];
      const jar = new Map([
        ["other", "x"],
        ["acaAffinity", value ?? ""],
      ]);
      return addStep(history, "call", 0, exchange(ok, undefined, set), jar);
    });
  };
  test("keeps the cookies after each answer, in order of their names", () => {
    const steps = replaced(undefined, "1", undefined, "2");
    const lines = (value: string) => [`acaAffinity=${value}`, "other=x"];
    expect(steps.map(({ cookies }) => cookies)).toEqual([[], lines("1"), lines("1"), lines("2")]);
    expect(steps[2]?.cookies, "shared where nothing changed").toBe(steps[1]?.cookies);
  });
  test("says where an answer replaced the value of a cookie, not where it set it first or again", () => {
    const flags = replaced("1", "1", "2", undefined, "1").map(({ cookieReplaced }) => cookieReplaced);
    expect(flags).toEqual([false, false, true, false, true]);
  });
  test("shows the first 8 characters of a longer id", () => {
    expect(["12345678", "123456789", "1"].map(shortened)).toEqual(["12345678", "12345678…", "1"]);
  });
});

describe("the report of what a run gathered", () => {
  test("what the sessions came to, in the order of time and of the replicas' numbers", () => {
    const report = summarize(gathered());
    expect(report.counts).toMatchObject({ sessions: 4, held: 2, lost: 1, failed: 1, calls: 8, callsFailed: 1 });
    expect(report.counts.lostBy).toEqual({ forgotten: 1 });
    expect(report.counts.failures).toEqual({ timeout: 1 });
    expect(report.replicas).toEqual([
      { name: "replica-2", sessions: 2, calls: 2 },
      { name: "replica-10", sessions: 2, calls: 4 },
    ]);
    expect(report.incidents).toEqual([
      { session: 4, id: "id-4", at: 1.5, kind: "failed", detail: "no answer in 10 s" },
      { session: 2, id: "id-2", at: 2, kind: "lost", detail: "HTTP 404 (forgotten, was on replica-10)" },
    ]);
    expect(report.sessions.map(({ fate, openedAt, endedAt, way }) => [fate, openedAt, endedAt, way])).toEqual([
      [
        "held",
        0,
        null,
        [
          [1, 0],
          [2, 0],
        ],
      ],
      [
        "lost",
        0,
        2,
        [
          [1, 1],
          [2, -1],
        ],
      ],
      [
        "held",
        1,
        null,
        [
          [2, 1],
          [3, 1],
          [4, 1],
        ],
      ],
      ["failed", 0.5, 1.5, [[1.5, -1]]],
    ]);
    expect(report.latency).toMatchObject({ open: { count: 4, p50: 10 }, call: { count: 6, max: 10 } });
  });

  test("a session that moved: from where to where; one that could not be opened has no beginning", () => {
    const main = [
      session(1, "a", [opened("a"), by("r1"), exchange(ok, "r2", [cookie("b")]), by("r1")]),
      session(2, "a", [exchange(timeout)]),
    ];
    const report = summarize(gathered({ main }));
    expect(report.incidents.map(({ kind, detail }) => [kind, detail])).toEqual([
      ["failed", "no answer in 10 s"],
      ["moved", "from r1 to r2"],
    ]);
    expect(report.sessions[1]).toMatchObject({ openedAt: null, endedAt: 0, way: [] });
  });

  test("the first 200 incidents, while all are counted", () => {
    const main = Array.from({ length: 201 }, (_, i) => session(i + 1, "a", [exchange(timeout)], 201 - i));
    const { incidents, counts } = summarize(gathered({ main }));
    expect([incidents.length, incidents[0]?.session, counts.failed]).toEqual([200, 201, 201]);
  });

  test("the target and the run, as far as they are known", () => {
    const run = { sessions: 50, calls: 5, inFlight: 32, seconds: 4, controlSessions: 0, interrupted: false };
    const { target, ...report } = summarize(gathered());
    const known = { sessions: "ids", protocolVersion: "2025-11-25", server: "gateway 1.4.1", call: "whoami" };
    const url = "https://gateway.example/mcp";
    expect(target).toEqual({ url, transport: "http", speaksSessionless: null, ...known });
    expect(report).toMatchObject({ run, control: null, streams: null, officialClient: null });
    const less = { protocolVersion: undefined, server: undefined, call: { kind: "list" } } as const;
    const { target: other } = summarize(gathered({ preflight: { ...reached, ...less, speaksSessionless: true } }));
    expect(other).toMatchObject({ protocolVersion: null, server: null, call: "tools/list", speaksSessionless: true });
  });

  test("a gateway that could not be reached: the reason, and nothing of a target that nobody knows", () => {
    const preflight = { kind: "failed", reason: "refused", detail: "ECONNREFUSED 127.0.0.1:1" } as const;
    const report = summarize(gathered({ preflight, main: [] }));
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "refused", latency: { open: null, call: null } });
    expect(report.reason).toContain("ECONNREFUSED 127.0.0.1:1");
    const unknown = { sessions: "unknown", protocolVersion: null, server: null, call: null, speaksSessionless: null };
    expect(report.target).toMatchObject(unknown);
  });

  test("cookies: all their attributes and their part in it, and no value", () => {
    const run = gathered();
    const attributes = { domain: "gateway.example", secure: true, httpOnly: false, sameSite: "Lax", lifetime: 59.6 };
    run.cookies.add(exchange(ok, undefined, [{ ...cookie("secret"), name: "tracking", ...attributes }]));
    run.cookies.add(
      exchange(ok, undefined, [{ ...cookie("bare"), name: "bare", path: undefined, sameSite: undefined }]),
    );
    const { cookies } = summarize(run);
    expect(cookies).toEqual([
      { name: "acaAffinity", attributes: ["Path=/", "HttpOnly", "SameSite=None"], role: "per replica" },
      {
        name: "tracking",
        attributes: ["Domain=gateway.example", "Path=/", "Max-Age=60", "Secure", "SameSite=Lax"],
        role: "other",
      },
      { name: "bare", attributes: ["HttpOnly"], role: "other" },
    ]);
  });

  test.each([
    ["constant", ["a", "a"]],
    ["per session", ["a", "b"]],
  ])("a cookie of which sessions get %s values", (role, values) => {
    const main = values.map((value, i) => session(i + 1, value, [opened(value), by("r1"), by("r1")]));
    expect(summarize(gathered({ main })).cookies[0]?.role).toBe(role);
  });

  test("a cookie that was withheld is the cause, and of several reasons the first one", () => {
    const main = ["a", "a", "b", "b"].map((value, i) => session(i + 1, value, [opened(value), exchange(lost)]));
    const run = gathered({ main, control: main });
    const withheld = (["secure", "path"] as const).map((obstacle) => ({ name: "acaAffinity", obstacle }));
    for (const one of withheld) run.cookies.add({ setCookies: [], withheld: [one] });
    expect(summarize(run)).toMatchObject({ cause: "cookie-not-returned", control: { sessions: 4, lost: 4 } });
    expect(summarize(run).reason).toContain("Secure");
  });
});

describe("notes on a run", () => {
  test("none where nothing is worth one", () => {
    const main = [1, 2, 3, 4].map((i) => session(i, `${i % 2}`, [opened(`${i % 2}`), by(`r${i % 2}`)]));
    expect(notesOf({ main })).toEqual([]);
    expect(notesOf({ main, streams: { held: 4, lost: 0, dropped: 0, refused: 0 } })).toEqual([]);
    expect(notesOf({ main, official: { client: "sdk", sessions: 3, ok: 3, error: null } })).toEqual([]);
  });

  test("that it was interrupted, and which calls failed", () => {
    expect(notesOf({ interrupted: true })).toEqual([
      "The run was interrupted: the counts are of what was done until then.",
      "1 of 8 calls failed (timeout 1).",
    ]);
  });

  test("that the gateway also speaks the protocol without sessions; not where that is all that it speaks", () => {
    const said = "2026-07-28";
    expect(notesOf({ preflight: { ...reached, speaksSessionless: true } }).join()).toContain(said);
    expect(notesOf({ preflight: { ...reached, speaksSessionless: false } }).join()).not.toContain(said);
    const only = { ...reached, sessions: "sessionless", speaksSessionless: true } as const;
    expect(notesOf({ preflight: only }).join()).not.toContain(said);
  });

  test("that a cookie is marked Secure and the URL is plain http", () => {
    const run = gathered();
    run.cookies.add(exchange(ok, undefined, [{ ...cookie("1"), name: "s", secure: true }]));
    const { cookies } = run;
    expect(notesOf({ cookies }, "http://127.0.0.1:1").join()).toContain("marked Secure and the URL is plain http");
    expect(notesOf({ cookies }).join()).not.toContain("Secure");
    expect(notesOf({}, "http://127.0.0.1:1").join()).not.toContain("Secure");
  });

  test("which streams were not offered or ended, and how the official client fared", () => {
    const streams = { held: 4, lost: 0, dropped: 2, refused: 3 };
    const official = { client: "sdk", sessions: 3, ok: 2, error: "Connection closed" } as const;
    const notes = notesOf({ streams, official });
    expect(notes).toContain("3 GET streams were not offered.");
    expect(notes).toContain("2 of 4 GET streams were ended by the gateway during the run.");
    expect(notes).toContain("The official client completed 2 of 3 sessions: Connection closed");
  });

  test.each([
    [3600.4, 1],
    [0, 0],
    [-1, 0],
    [undefined, 0],
  ])("that the affinity cookie ends, %s s after it was set: %i", (lifetime, count) => {
    const run = gathered();
    run.cookies.add(exchange(ok, undefined, [{ ...cookie("1"), lifetime }]));
    const notes = summarize(run).notes.filter((note) => note.includes("The cookie acaAffinity ends 3600 s after"));
    expect(notes).toHaveLength(count);
  });

  test.each([
    [[14, 3, 3], 1],
    [[13, 4, 3], 0],
    [[20], 0],
    [[17, 1, 1], 0],
  ])(
    "that the load is uneven, from twice a replica's part of 20 sessions on: %j of them on each: %i",
    (parts, count) => {
      const replicas = parts.flatMap((part, i) => Array.from({ length: part }, () => `r${i}`));
      const main = replicas.map((replica, i) => session(i + 1, replica, [opened(replica), by(replica)]));
      const said = "The load is uneven: one of 3 replicas has 14 of 20 sessions.";
      expect(notesOf({ main }).filter((note) => note.includes("uneven"))).toEqual(count === 1 ? [said] : []);
    },
  );
});

test("in the middle of a run, where nothing was said, the words for sign-in and a limited rate stand without", () => {
  expect(failureSentences("sign-in").reason).toContain("asked for sign-in in the middle of the run");
  expect(failureSentences("sign-in").advice).toHaveLength(2);
  expect(failureSentences("rate-limited").reason).toContain("limits the rate: calls were answered 429.");
});

test.each([
  ["https://gateway.example/mcp", "Give that https address with --url."],
  ["/mcp/", "Give that address with --url."],
])("a redirect to %s: %s", (location, advice) => {
  const redirect = classifyReply({ status: 301, contentType: "text/html", body: "", location }, false) as Failure;
  expect(failureSentences("redirected", redirect).advice[0]).toBe(advice);
});

test.each(failureReasons)("the words for %s give what the gateway or the system said, and what to do", (reason) => {
  const { reason: sentence, advice } = failureSentences(reason, { detail: "what was said" });
  expect(sentence).toMatch(/what was said\.$/);
  expect(advice.length).toBeGreaterThan(0);
  expect(advice.every((line) => /[.?]$/.test(line) || /: --\S+ \S+\.$/.test(line))).toBe(true);
});
