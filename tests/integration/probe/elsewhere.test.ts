import { describe, expect, test } from "vitest";
import { runProbe } from "../../../src/probe/index.ts";
import { everythingCommand, hasHaproxy, startHaproxy } from "../../support/gateways.ts";
import { startReplica } from "../../support/mcpReplicas.ts";
import { startTestApp } from "../../support/testApp.ts";

// Gateways and servers that nobody of this project wrote; the real agentgateway is in a file of its own.

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
