import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProbeOptions, runProbe } from "../../../src/probe/index.ts";
import { duringCalls } from "../../support/during.ts";
import {
  everythingCommand,
  type GatewayOptions,
  hasAgentgateway,
  hasHaproxy,
  startAgentgateways,
  startHaproxy,
} from "../../support/gateways.ts";
import { startReplica } from "../../support/mcpReplicas.ts";
import { startTestApp, type TestApp } from "../../support/testApp.ts";

// Gateways and servers that nobody of this project wrote.

const few = { sessions: 8, calls: 4, controlSessions: 6, inFlight: 8 } as const;

describe("server-everything behind the local ingress", () => {
  test.each([
    ["sticky", "held", "affinity-holds"],
    ["none", "lost", "affinity-off"],
  ] as const)(
    "affinity %s: %s, %s, though nothing but the cookie tells its replicas apart",
    async (affinity, ...expected) => {
      await using app = await startTestApp({ replicas: 2, affinity, plane: { replicaCommand: everythingCommand } });
      const report = await runProbe({ url: app.url, ca: app.ca, ...few });
      expect([report.verdict, report.cause]).toEqual(expected);
      if (affinity === "sticky") expect(report).toMatchObject({ replicasBy: "cookie", officialClient: { ok: 3 } });
      else expect(report.counts.signs["400 -32000"]).toBe(report.counts.lost);
    },
  );
});

describe.skipIf(!hasHaproxy)(
  `HAProxy in front of MCP servers${hasHaproxy ? "" : " (skipped: no haproxy is installed)"}`,
  () => {
    test("with its own cookie affinity: held by a cookie of a name never seen; without: affinity is off", async () => {
      await using stack = new AsyncDisposableStack();
      const replicas = [];
      for (const name of ["a", "b", "c"]) replicas.push(stack.use(await startReplica(name)));
      const haproxy = stack.use(await startHaproxy(replicas.map(({ port }) => port)));
      const held = await runProbe({ url: haproxy.affine, ...few, sessions: 12 });
      expect(held).toMatchObject({
        verdict: "held",
        cause: "affinity-holds",
        cookies: [{ name: "SRV", role: "per replica" }],
      });
      expect(held.replicas.map(({ name }) => name)).toEqual(["a", "b", "c"]);
      expect(await runProbe({ url: haproxy.plain, ...few })).toMatchObject({ verdict: "lost", cause: "affinity-off" });
    });
  },
);

const why = hasAgentgateway ? "" : " (skipped: needs agentgateway on the PATH, and unshare)";

describe.skipIf(!hasAgentgateway)(`the real agentgateway, two replicas and more${why}`, () => {
  let upstream: TestApp;
  beforeAll(async () => {
    const plane = { replicaCommand: everythingCommand };
    upstream = await startTestApp({ plane, ingress: { allowInsecure: true } });
  });
  afterAll(() => upstream?.[Symbol.asyncDispose]());

  async function probeGateway(
    options: Omit<GatewayOptions, "target"> & { target: "http" | "stdio" },
    run: Partial<ProbeOptions> = {},
  ) {
    const url = `${upstream.url.replace("https:", "http:")}/mcp`;
    const target = options.target === "http" ? ({ kind: "http", url } as const) : ({ kind: "stdio" } as const);
    await using app = await startAgentgateways({ ...options, target });
    return await runProbe({ url: app.url, ca: app.ca, ...few, client: "lean", ...run });
  }

  test("HTTP upstream, no affinity: resumes sessions on any replica, affinity is not needed", async () => {
    const report = await probeGateway({ affinity: "none", target: "http" });
    expect(report).toMatchObject({ verdict: "not needed", cause: "resumes-anywhere", counts: { lost: 0 } });
    expect(report.counts.moved).toBeGreaterThan(0);
  });

  test("HTTP upstream, a SESSION_KEY of its own for each replica: lost as 400 in plain text, held with affinity", async () => {
    const off = await probeGateway({ affinity: "none", target: "http", ownKeys: true });
    expect(off).toMatchObject({ verdict: "lost", cause: "affinity-off" });
    expect(off.counts.signs["400 text"]).toBe(off.counts.lost);
    expect(off.incidents[0]?.detail).toContain("mcp: invalid session ID header");
    const on = await probeGateway({ affinity: "sticky", target: "http", ownKeys: true });
    expect(on).toMatchObject({ verdict: "held", cause: "affinity-holds" });
  });

  test("stdio target: lost without affinity, held with it", async () => {
    const small = { sessions: 4, controlSessions: 3 };
    expect(await probeGateway({ affinity: "none", target: "stdio" }, small)).toMatchObject({ verdict: "lost" });
    const on = await probeGateway({ affinity: "sticky", target: "stdio" }, small);
    expect(on).toMatchObject({ verdict: "held", cause: "affinity-holds" });
  });

  test("held GET streams over five replicas: refused where no call of the session came before", async () => {
    const run = { hold: true, sessions: 12 };
    const off = await probeGateway({ affinity: "none", target: "http", replicas: 5 }, run);
    expect(off).toMatchObject({ verdict: "lost", cause: "streams-lost", counts: { lost: 0 } });
    const on = await probeGateway({ affinity: "sticky", target: "http", replicas: 5 }, run);
    expect(on.streams).toEqual({ held: 12, lost: 0, dropped: 0, refused: 0 });
  });

  test("a replica goes while sessions live: they are resumed on another one, and said to have moved", async () => {
    const url = `${upstream.url.replace("https:", "http:")}/mcp`;
    await using app = await startAgentgateways({ affinity: "sticky", target: { kind: "http", url } });
    const scaleIn = duringCalls(20, () => app.plane.setReplicaCount(app.appId, app.revision.revision, 1));
    const options = { url: app.url, ca: app.ca, ...few, sessions: 12, calls: 6, spread: 3, client: "lean" } as const;
    const report = await runProbe(options, scaleIn.onProgress);
    await scaleIn.done;
    expect(report).toMatchObject({ verdict: "moved", cause: "replica-gone", counts: { lost: 0 } });
    expect(report.counts.moved).toBe(report.counts.movedFromGone);
  });
});
