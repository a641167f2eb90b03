import { describe, expect, test } from "vitest";
import { startReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { startTestApp } from "../../../../tests/support/mcp/testApp.ts";
import { runProbe } from "../../src/index.ts";
import { timeLimits } from "../../src/judge/lossSentences.ts";
import { everythingCommand } from "../support/gateways.ts";
import { hasHaproxy, proxyKinds, startEverything, startHaproxy } from "../support/proxies.ts";

// Gateways and servers from other projects. AgentGateway has its own file.

const few = { sessions: 8, calls: 4, controlSessions: 6, inFlight: 8 } as const;

describe("server-everything behind the local ingress", () => {
  test.each([
    ["sticky", "held", "affinity-holds"],
    ["none", "lost", "affinity-off"],
  ] as const)(
    "affinity %s: %s, %s, although only the cookie tells its replicas apart",
    async (affinity, ...expected) => {
      await using app = await startTestApp({ replicas: 2, affinity, plane: { replicaCommand: everythingCommand } });
      const report = await runProbe({ url: app.url, ca: app.ca, ...few });
      expect([report.verdict, report.cause]).toEqual(expected);
      if (affinity === "sticky") expect(report).toMatchObject({ replicasBy: "cookie", officialClient: { ok: 3 } });
      else expect(report.counts.signs["400 -32000"]).toBe(report.counts.lost);
    },
  );
});

describe.each(proxyKinds)("$name, in front of server-everything processes", ({ name, installed, start }) => {
  const why = installed ? "" : ` (skipped: ${name.split(",")[0]} is not on the PATH)`;

  test.skipIf(!installed)(
    `with its own affinity: held by an unknown cookie; round robin: affinity-off${why}`,
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

describe.skipIf(!hasHaproxy)(
  `HAProxy with time limits${hasHaproxy ? "" : " (skipped: no haproxy is on the PATH)"}`,
  () => {
    // Enough sessions that HAProxy can't misroute all of them at once, which would look like a restart. With 12, it
    // happens in 1 of 100 runs.
    const paced = { sessions: 60, calls: 6, controlSessions: 4, client: "lean" } as const;
    const inserted = "cookie SRV insert indirect nocache httponly";
    const table = [
      "stick-table type string len 64 size 1m expire 3s",
      "stick on hdr(mcp-session-id)",
      "stick store-response res.hdr(mcp-session-id)",
    ];
    /** Probes HAProxy in front of three servers, with or without whoami. */
    const probed = async (affinity: readonly string[], spread: number, whoami: boolean) => {
      await using stack = new AsyncDisposableStack();
      const ports: number[] = [];
      for (const name of ["a", "b", "c"]) ports.push(stack.use(await startReplica(name, { whoami })).port);
      const { affine } = stack.use(await startHaproxy(ports, affinity));
      return await runProbe({ url: affine, ...paced, spread });
    };

    test.concurrent("idle time, renewed by each answer, so that the cookie changes while sessions stay: held", async () => {
      const report = await probed([`${inserted} maxidle 30m`], 6, false);
      expect(report).toMatchObject({ verdict: "held", cause: "affinity-holds", counts: { held: 60, moved: 0 } });
    });

    test.concurrent.each([true, false])(
      "a lifetime shorter than the sessions: lost; servers with whoami: %s",
      async (whoami) => {
        const report = await probed([`${inserted} maxlife 3s`], 15, whoami);
        expect(report).toMatchObject({ verdict: "lost" });
        expect(report.advice).toContain(timeLimits);
      },
    );

    test.concurrent("a table of session IDs that expire: lost, misrouted without a cookie", async () => {
      const report = await probed(table, 18, true);
      expect(report).toMatchObject({ verdict: "lost", cause: "misrouted", cookies: [], control: { lost: 0, held: 4 } });
      expect(report.advice).toContain(timeLimits);
    });
  },
);
