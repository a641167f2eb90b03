import { expect, test } from "vitest";
import { startReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { startTestApp } from "../../../../tests/support/mcp/testApp.ts";
import { startTestIngress } from "../../../../tests/support/mcp/testIngress.ts";
import { runProbe } from "../../src/index.ts";
import { duringCalls } from "../support/during.ts";

test("500 sessions over 5 replicas of the local Azure: none lost (10,000 over 10: npm run bench -- probe)", async () => {
  await using app = await startTestApp({ replicas: 5 });
  const options = { url: app.url, ca: app.ca, sessions: 500, calls: 2, client: "lean", timeout: 30 } as const;
  const report = await runProbe(options);
  expect(report).toMatchObject({ verdict: "held", cause: "affinity-holds" });
  expect(report.counts).toMatchObject({ sessions: 500, held: 500, lost: 0, failed: 0, calls: 1_000 });
  expect(report.replicas).toHaveLength(5);
  expect(report.replicas.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(500);
});

test("one lost session of 250 is found and named", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  await using ingress = await startTestIngress([a, b], "pinned");
  let forgotten = "";
  const forget = duringCalls(300, () => {
    // The server forgets a session that is neither the first nor the last.
    forgotten = [...a.sessions.keys()][100] ?? "";
    a.sessions.delete(forgotten);
  });
  const options = { url: ingress.url, sessions: 250, calls: 3, spread: 2, controlSessions: 5, client: "lean" } as const;
  const report = await runProbe(options, forget.onProgress);
  expect(report).toMatchObject({ verdict: "lost", cause: "sessions-ended", counts: { held: 249, lost: 1 } });
  expect(report.incidents).toHaveLength(1);
  expect(report.incidents[0]?.id).toBe(`${forgotten.slice(0, 8)}…`);
  const named = report.sessions.filter(({ fate }) => fate === "lost");
  expect(named.map(({ session }) => session)).toEqual([report.incidents[0]?.session]);
});

test("the report contains no full session ID, which may be a key", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  await using ingress = await startTestIngress([a, b], "pinned");
  const report = await runProbe({ url: ingress.url, sessions: 5, calls: 2, controlSessions: 2, client: "lean" });
  const ids = ingress.seen.map(({ session }) => session).filter((id) => id !== undefined);
  expect(ids.length).toBeGreaterThan(5);
  for (const id of ids) expect(JSON.stringify(report)).not.toContain(id);
});

test("load is bounded: at most --in-flight requests at a time and --rate per second", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  await using ingress = await startTestIngress([a, b], "pinned");
  let now = 0;
  let most = 0;
  ingress.server.on("request", (_request, response) => {
    now += 1;
    most = Math.max(most, now);
    response.once("close", () => {
      now -= 1;
    });
  });
  const options = {
    url: ingress.url,
    sessions: 30,
    calls: 3,
    controlSessions: 0,
    client: "lean",
    inFlight: 4,
  } as const;
  const bounded = await runProbe({ ...options, rate: 60 });
  expect(most).toBeLessThanOrEqual(4);
  // 30 openings and 90 calls at 60 per second.
  expect(bounded.run.seconds).toBeGreaterThan(1.9);
});
