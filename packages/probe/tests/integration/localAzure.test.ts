import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp, type TestAppOptions } from "../../../../tests/support/mcp/testApp.ts";
import { type ProbeOptions, type ProbeReport, runProbe } from "../../src/index.ts";
import { turnOn } from "../../src/judge/lossSentences.ts";
import { duringCalls } from "../support/during.ts";
import { startGate } from "../support/gate.ts";

// Real replica processes behind the local Azure's https ingress. These tests don't show what Azure's own ingress does.

const small = { sessions: 12, calls: 3, controlSessions: 8 } as const;
const probe = (app: TestApp, options: Partial<ProbeOptions> = {}): Promise<ProbeReport> =>
  runProbe({ url: app.url, ca: app.ca, ...small, ...options });

/** The app's ID and its revision in the data plane. */
const ids = (app: TestApp) => [app.appId, app.revision.revision] as const;

function sharedApp(options: TestAppOptions): { current: TestApp } {
  const shared = {} as { current: TestApp };
  beforeAll(async () => {
    shared.current = await startTestApp(options);
  });
  afterAll(() => shared.current?.[Symbol.asyncDispose]());
  return shared;
}

describe.each(["pinned", "hash"] as const)("affinity on, policy %s, 3 replicas", (policy) => {
  const app = sharedApp({ replicas: 3, plane: { policy } });

  test("held by affinity: whoami tells replicas apart, the cookie is recognized, the official client passes", async () => {
    // Enough sessions that each replica gets one, even by the hash of a random cookie: with 24, one would get none in
    // about 1 of 5,000 runs; with 80, in 1 of 10 ** 12.
    const report = await probe(app.current, { sessions: 80 });
    expect(report).toMatchObject({ verdict: "held", cause: "affinity-holds", replicasBy: "answer" });
    expect(report.counts).toMatchObject({ sessions: 80, held: 80, calls: 240, callsFailed: 0 });
    expect(report.replicas).toHaveLength(3);
    expect(report.control?.lost).toBeGreaterThan(0);
    const per = policy === "pinned" ? "per replica" : "per session";
    expect(report.cookies).toMatchObject([{ name: "acaAffinity", role: per }]);
    expect(report.officialClient).toEqual({ client: "sdk", sessions: 3, ok: 3, error: null });
  });

  test.each([
    [3, 5],
    [5, 3],
  ])("scaled from %i to %i: the probe counts as many moved sessions as the ingress", async (from, to) => {
    await app.current.plane.setReplicaCount(...ids(app.current), from);
    const { report, moved } = await probeWhileScaling(app.current, to);
    expect(report.counts.moved + report.counts.lost).toBe(moved);
    if (policy === "pinned" && to > from)
      return expect(report).toMatchObject({ verdict: "held", counts: { held: 60 } });
    expect(moved).toBeGreaterThan(0);
    expect(report.verdict).toBe("lost");
    if (policy === "hash" && to > from) expect(report.cause).toBe("misrouted");
    if (policy === "pinned") expect(report.cause).toBe("replica-gone");
  });
});

/** The probe's report, and the sessions that moved according to the ingress, without those moved while closing. */
async function probeWhileScaling({ plane, appId, revision, url, ca }: TestApp, count: number) {
  const counted = () => plane.counters(appId)?.sessionsMoved ?? 0;
  const set = () => plane.setReplicaCount(appId, revision.revision, count);
  await using gate = await startGate(url);
  // New replicas take time to start. Without the gate, the run could be over before they serve.
  const out = count > plane.replicas(appId, revision.revision).length;
  const scale = duringCalls(65, () => (out ? gate.whileShut(set) : set()));
  const before = counted();
  let after = before;
  const options = { sessions: 60, calls: 6, spread: 4, controlSessions: 0, client: "lean", timeout: 60 } as const;
  const report = await runProbe({ url: gate.url, ca, ...options }, (progress) => {
    scale.onProgress(progress);
    if (progress.phase === "close" && progress.done === 0) after = counted();
  });
  await scale.done;
  return { report, moved: after - before };
}

describe("affinity on, 3 replicas", () => {
  const app = sharedApp({ replicas: 3 });

  test("held over the older SSE transport", async () => {
    const report = await probe(app.current, { transport: "sse" });
    expect(report).toMatchObject({
      verdict: "held",
      cause: "affinity-holds",
      target: { protocolVersion: "2024-11-05" },
    });
    expect(report.officialClient?.ok).toBe(3);
  });

  test("--hold keeps a GET stream open for each session; client sdk-v2 passes", async () => {
    const report = await probe(app.current, { hold: true, client: "sdk-v2" });
    expect(report.verdict).toBe("held");
    expect(report.streams).toEqual({ held: 12, lost: 0, dropped: 0, refused: 0 });
    expect(report.officialClient).toMatchObject({ client: "sdk-v2", ok: 3 });
  });

  test("a note says that the gateway also speaks 2026-07-28", async () => {
    const report = await probe(app.current, { client: "lean", controlSessions: 0 });
    expect(report).toMatchObject({ cause: "held-no-control", control: null, officialClient: null });
    expect(report.target.speaksSessionless).toBe(true);
    expect(report.notes.join()).toContain("2026-07-28");
  });
});

describe("affinity off, 3 replicas", () => {
  const app = sharedApp({ replicas: 3, affinity: "none" });

  test("affinity-off: lost with cookies and without, and the advice turns affinity on", async () => {
    const report = await probe(app.current);
    expect(report).toMatchObject({ verdict: "lost", cause: "affinity-off", cookies: [] });
    expect(report.counts.signs["404"]).toBe(report.counts.lost);
    expect(report.control?.lost).toBeGreaterThan(0);
    expect(report.advice[0]).toBe(turnOn);
    expect(report.officialClient?.ok).toBe(0);
  });

  test("lost over the older SSE transport", async () => {
    const report = await probe(app.current, { transport: "sse" });
    expect(report).toMatchObject({ verdict: "lost", cause: "affinity-off" });
  });
});

describe("problems while sessions are open", () => {
  test("a killed replica: its sessions are lost, the others hold", async () => {
    await using app = await startTestApp({ replicas: 3 });
    const [victim] = app.plane.replicas(...ids(app));
    const kill = duringCalls(50, () => void process.kill(Number(victim?.pid), "SIGKILL"));
    const options = { url: app.url, ca: app.ca, sessions: 30, calls: 5, spread: 2.5, client: "lean" } as const;
    const report = await runProbe(options, kill.onProgress);
    await kill.done;
    const on = report.replicas.find(({ name }) => name === victim?.name)?.sessions;
    expect(report).toMatchObject({ verdict: "lost", cause: "replica-gone" });
    expect(report.counts.lost).toBe(on);
    expect(report.counts.held).toBe(30 - Number(on));
    expect(report.incidents.every(({ detail }) => detail.includes(String(victim?.name)))).toBe(true);
  });

  test("a replica killed before most sessions' first call: replica-gone, not misrouted", async () => {
    await using app = await startTestApp({ replicas: 3 });
    const [victim] = app.plane.replicas(...ids(app));
    const kill = duringCalls(10, () => void process.kill(Number(victim?.pid), "SIGKILL"));
    const options = { url: app.url, ca: app.ca, sessions: 45, calls: 2, spread: 4, client: "lean" } as const;
    const report = await runProbe(options, kill.onProgress);
    await kill.done;
    const on = report.replicas.find(({ name }) => name === victim?.name)?.sessions;
    expect(report).toMatchObject({
      verdict: "lost",
      cause: "replica-gone",
      counts: { lost: on, held: 45 - Number(on) },
    });
    const { "replica-gone": gone = 0, restarted = 0 } = report.counts.lostBy;
    expect(gone + restarted).toBe(on);
    const firstCalls = report.sessions.filter(({ fate, way }) => fate === "lost" && way.length === 1);
    expect(firstCalls.length).toBeGreaterThan(1);
  });

  test("all replicas restarted: gateway-restarted", async () => {
    await using app = await startTestApp({ replicas: 2 });
    // Without the gate, the run could be over before the new replicas have started.
    await using gate = await startGate(app.url);
    const restart = duringCalls(20, () => gate.whileShut(() => app.plane.restartRevision(app.revision)));
    const paced = { sessions: 10, calls: 8, spread: 4, timeout: 60 } as const;
    const options = { url: gate.url, ca: app.ca, ...paced, client: "lean" } as const;
    const report = await runProbe(options, restart.onProgress);
    await restart.done;
    expect(report).toMatchObject({
      verdict: "lost",
      cause: "gateway-restarted",
      counts: { lost: 10, lostWithNewCookie: 10 },
    });
  });

  test("one replica: inconclusive", async () => {
    await using app = await startTestApp({ replicas: 1 });
    const report = await probe(app, { client: "lean" });
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "one-replica" });
    expect(report.replicas).toHaveLength(1);
  });
});

describe("an ingress that refuses", () => {
  test("this client's address: forbidden", async () => {
    await using app = await startTestApp({ ingress: { allowedRanges: ["10.0.0.0/8"] } });
    expect(await probe(app)).toMatchObject({ verdict: "inconclusive", cause: "forbidden" });
  });

  test("plain http: redirected, and the https address in the reason works", async () => {
    await using app = await startTestApp({ replicas: 2 });
    const report = await probe(app, { url: app.url.replace("https:", "http:") });
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "redirected" });
    expect(report.reason).toContain(`HTTP 301 to ${app.url}/mcp.`);

    const [url = ""] = /https:\S+(?=\.)/.exec(report.reason) ?? [];
    expect(await probe(app, { url, client: "lean" })).toMatchObject({ verdict: "held" });
  });

  test("a client without its certificate authority: tls", async () => {
    await using app = await startTestApp();
    const { ca: _, ...options } = { url: app.url, ca: app.ca, ...small };
    const report = await runProbe(options);
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "tls" });
    expect(report.advice[0]).toContain("--ca ");
  });

  test("requests because no revision receives traffic: no-endpoint", async () => {
    await using app = await startTestApp();
    app.plane.route(app.appId, undefined);
    expect(await probe(app)).toMatchObject({ verdict: "inconclusive", cause: "no-endpoint" });
  });
});
