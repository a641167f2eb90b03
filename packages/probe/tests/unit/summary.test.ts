import { describe, expect, test } from "vitest";
import { addStep, newHistory, shortened } from "../../src/evidence/history.ts";
import { summarize } from "../../src/report/summary.ts";
import { by, cookie, exchange, gathered, lost, ok, opened, reached, session, timeout } from "../support/runRecords.ts";

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
  test("keeps the cookies after each answer, sorted by name", () => {
    const steps = replaced(undefined, "1", undefined, "2");
    const lines = (value: string) => [`acaAffinity=${value}`, "other=x"];
    expect(steps.map(({ cookies }) => cookies)).toEqual([[], lines("1"), lines("1"), lines("2")]);
    expect(steps[2]?.cookies, "shared if nothing changed").toBe(steps[1]?.cookies);
  });
  test("marks answers that change a cookie's value, but not those that set it first or repeat it", () => {
    const flags = replaced("1", "1", "2", undefined, "1").map(({ cookieReplaced }) => cookieReplaced);
    expect(flags).toEqual([false, false, true, false, true]);
  });
  test("shortens a long session ID to its first 8 characters", () => {
    expect(["12345678", "123456789", "1"].map(shortened)).toEqual(["12345678", "12345678…", "1"]);
  });
});

describe("the report of a run", () => {
  test("lists incidents by time and replicas by number", () => {
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
      {
        session: 2,
        id: "id-2",
        at: 2,
        kind: "lost",
        detail: "HTTP 404 (its replica no longer knew it; was on replica-10)",
      },
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

  test("names both replicas of a move, and gives no opening time for a session that couldn't be opened", () => {
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

  test("lists the first 200 incidents and counts all", () => {
    const main = Array.from({ length: 201 }, (_, i) => session(i + 1, "a", [exchange(timeout)], 201 - i));
    const { incidents, counts } = summarize(gathered({ main }));
    expect([incidents.length, incidents[0]?.session, counts.failed]).toEqual([200, 201, 201]);
  });

  test("describes the target and the run as far as they are known", () => {
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

  test("gives the reason if the gateway can't be reached, and leaves the target unknown", () => {
    const preflight = { kind: "failed", reason: "refused", detail: "ECONNREFUSED 127.0.0.1:1" } as const;
    const report = summarize(gathered({ preflight, main: [] }));
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "refused", latency: { open: null, call: null } });
    expect(report.reason).toContain("ECONNREFUSED 127.0.0.1:1");
    const unknown = { sessions: "unknown", protocolVersion: null, server: null, call: null, speaksSessionless: null };
    expect(report.target).toMatchObject(unknown);
  });

  test("gives the attributes and the role of each cookie, but no value", () => {
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
  ])("calls a cookie %s by its values", (role, values) => {
    const main = values.map((value, i) => session(i + 1, value, [opened(value), by("r1"), by("r1")]));
    expect(summarize(gathered({ main })).cookies[0]?.role).toBe(role);
  });

  test("names the first reason why a cookie was not returned", () => {
    const main = ["a", "a", "b", "b"].map((value, i) => session(i + 1, value, [opened(value), exchange(lost)]));
    const run = gathered({ main, control: main });
    const withheld = (["secure", "path"] as const).map((obstacle) => ({ name: "acaAffinity", obstacle }));
    for (const one of withheld) run.cookies.add({ setCookies: [], withheld: [one] });
    expect(summarize(run)).toMatchObject({ cause: "cookie-not-returned", control: { sessions: 4, lost: 4 } });
    expect(summarize(run).reason).toContain("Secure");
  });
});
