import { describe, expect, test } from "vitest";
import { type ReplicaOptions, startReplica, type TestReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { startTestIngress, type TestAffinity, type TestIngress } from "../../../../tests/support/mcp/testIngress.ts";
import { type ProbeReport, runProbe } from "../../src/index.ts";
import { duringCalls } from "../support/during.ts";

interface Situation extends AsyncDisposable {
  readonly ingress: TestIngress;
  readonly replicas: readonly TestReplica[];
}

async function situation(count: number, affinity: TestAffinity, options: ReplicaOptions = {}): Promise<Situation> {
  const stack = new AsyncDisposableStack();
  const replicas: TestReplica[] = [];
  for (let i = 0; i < count; i++) replicas.push(stack.use(await startReplica(`replica-${i}`, options)));
  const ingress = stack.use(await startTestIngress(replicas, affinity));
  return { ingress, replicas, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const probe = (url: string): Promise<ProbeReport> => runProbe({ url, sessions: 12, calls: 4, controlSessions: 8 });

describe("verdicts behind a test ingress (not the local Azure's)", () => {
  test.each([
    { affinity: "pinned", options: {}, verdict: "held", cause: "affinity-holds" },
    { affinity: "pinned", options: { whoami: false }, verdict: "held", cause: "affinity-holds" },
    { affinity: "none", options: {}, verdict: "lost", cause: "affinity-off" },
    { affinity: "constant", options: {}, verdict: "lost", cause: "no-affinity-cookie" },
    { affinity: "ignored", options: {}, verdict: "lost", cause: "cookie-not-honoured" },
    { affinity: "session", options: {}, verdict: "held", cause: "held-without-cookies" },
    { affinity: "none", options: { stateless: true }, verdict: "not needed", cause: "stateless" },
    { affinity: "none", options: { shared: new Map() }, verdict: "not needed", cause: "resumes-anywhere" },
    { affinity: "ignored", options: { shared: new Map() }, verdict: "moved", cause: "cookie-not-honoured" },
  ] as const)(
    "3 replicas, ingress $affinity, $options: $verdict, $cause",
    async ({ affinity, options, ...expected }) => {
      await using here = await situation(3, affinity, options);
      const report = await probe(here.ingress.url);
      expect(report).toMatchObject(expected);
      expect(report.counts.held + report.counts.moved + report.counts.lost + report.counts.failed).toBe(12);
    },
  );

  test("one replica: inconclusive", async () => {
    await using here = await situation(1, "pinned");
    const report = await probe(here.ingress.url);
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "one-replica" });
    expect(report.replicas).toMatchObject([{ name: "replica-0" }]);
  });

  test("every session is closed if its cookie leads back to it", async () => {
    await using here = await situation(3, "pinned");
    await probe(here.ingress.url);
    expect(here.replicas.map(({ sessions }) => sessions.size)).toEqual([0, 0, 0]);
  });

  test.each([
    ["sdk", null],
    ["sdk-v2", { client: "sdk-v2", sessions: 3, ok: 3, error: null }],
  ] as const)(
    "a gateway that only speaks 2026-07-28: not needed, sessionless; client %s",
    async (client, officialClient) => {
      await using here = await situation(3, "none", { sessionless: true });
      const report = await runProbe({ url: here.ingress.url, sessions: 6, calls: 4, controlSessions: 3, client });
      expect(report).toMatchObject({ verdict: "not needed", cause: "sessionless", officialClient });
      expect(report.target).toMatchObject({ sessions: "sessionless", protocolVersion: "2026-07-28", call: "whoami" });
      expect(report.replicas).toHaveLength(3);
    },
  );

  test("a gateway that requires sign-in accepts a token from the lean driver and the official client", async () => {
    await using here = await situation(2, "pinned", { token: "s3cret" });
    expect(await probe(here.ingress.url)).toMatchObject({ verdict: "inconclusive", cause: "sign-in" });
    const report = await runProbe({ url: here.ingress.url, sessions: 8, calls: 4, bearer: "s3cret" });
    expect(report).toMatchObject({ verdict: "held", officialClient: { ok: 3 } });
    expect(JSON.stringify(report)).not.toContain("s3cret");
  });

  test("a token that expires during the run: inconclusive, sign-in", async () => {
    const options = { token: "s3cret" };
    await using here = await situation(2, "pinned", options);
    const end = duringCalls(30, () => {
      options.token = "another";
    });
    const run = { url: here.ingress.url, sessions: 12, calls: 6, spread: 1, client: "lean", bearer: "s3cret" } as const;
    const report = await runProbe(run, end.onProgress);
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "sign-in", counts: { lost: 0 } });
    expect(report.counts.failures["sign-in"]).toBeGreaterThan(0);
  });

  test.each(["lean", "sdk", "sdk-v2"] as const)(
    "a token that expires is fetched again, and no session is lost; client %s",
    async (client) => {
      const options = { token: "s3cret-token-1" };
      await using here = await situation(2, "pinned", options);
      let fetched = 0;
      const bearer = async () => `s3cret-token-${++fetched}`;
      const end = duringCalls(30, () => {
        options.token = "s3cret-token-2";
      });
      const run = { url: here.ingress.url, sessions: 12, calls: 6, spread: 1, client, bearer } as const;
      const report = await runProbe(run, end.onProgress);
      expect(report).toMatchObject({ verdict: "held", counts: { held: 12, callsFailed: 0 } });
      expect(report.officialClient?.ok ?? 3).toBe(3);
      expect(fetched).toBe(2);
      expect(JSON.stringify(report)).not.toContain("s3cret");
    },
  );

  test("a gateway that refuses every token: inconclusive, sign-in, with only two fetches", async () => {
    await using here = await situation(2, "pinned", { token: "another" });
    let fetched = 0;
    const report = await runProbe({ url: here.ingress.url, bearer: async () => `s3cret-token-${++fetched}` });
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "sign-in" });
    expect(fetched).toBe(2);
  });

  test.each([
    [() => Promise.reject(new Error("the command ended with exit code 1")), "the command ended with exit code 1"],
    [async () => "two words", "the token (9 characters) contains characters that are not allowed in a token"],
  ])("without a token it sends nothing: inconclusive, no-token, case %#", async (bearer, detail) => {
    await using here = await situation(1, "pinned");
    const report = await runProbe({ url: here.ingress.url, bearer });
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "no-token" });
    expect(report.reason).toContain(detail);
    expect(here.ingress.seen).toEqual([]);
  });

  test("a gateway that starts to limit the rate during the run: inconclusive, rate-limited", async () => {
    await using here = await situation(2, "pinned");
    here.ingress.limit = 60;
    const report = await probe(here.ingress.url);
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "rate-limited", counts: { lost: 0 } });
    expect(report.counts.failures["rate-limited"]).toBeGreaterThan(0);
  });

  test("a gateway that loses all replicas during the run: inconclusive, calls-failed", async () => {
    await using here = await situation(2, "pinned");
    const url = here.ingress.url;
    const outage = duringCalls(20, () => void here.ingress.upstreams.splice(0));
    const report = await runProbe(
      { url, sessions: 12, calls: 4, spread: 2, client: "lean", controlSessions: 0 },
      outage.onProgress,
    );
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "calls-failed", counts: { lost: 0 } });
  });
});
