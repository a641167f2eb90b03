import { describe, expect, test } from "vitest";
import { runProbe } from "../../../src/probe/index.ts";
import { everythingCommand } from "../../support/gateways.ts";
import { proxyKinds, startEverything } from "../../support/proxies.ts";
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

describe.each(proxyKinds)("$name, before server-everything processes", ({ name, installed, start }) => {
  const why = installed ? "" : ` (skipped: ${name.split(",")[0]} is not on the PATH)`;

  test.skipIf(!installed)(
    `its own affinity: held, by a cookie of a name never seen; by turns: affinity is off${why}`,
    async () => {
      await using stack = new AsyncDisposableStack();
      const ports: number[] = [];
      for (let i = 0; i < 3; i++) ports.push(stack.use(await startEverything()).port);
      const proxy = stack.use(await start(ports));
      const held = await runProbe({ url: proxy.affine, ...few, sessions: 12 });
      expect(held).toMatchObject({
        verdict: "held",
        cause: "affinity-holds",
        replicasBy: "cookie",
        cookies: [{ name: "SRV", role: "per replica" }],
        officialClient: { ok: 3 },
      });
      expect(held.replicas).toHaveLength(3);
      const lost = await runProbe({ url: proxy.plain, ...few });
      expect(lost).toMatchObject({ verdict: "lost", cause: "affinity-off", cookies: [] });
      expect(lost.counts.signs).toEqual({ "400 -32000": lost.counts.lost });
    },
  );
});
