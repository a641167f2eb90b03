import { describe, expect, test } from "vitest";
import { startReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { startTestIngress } from "../../../../tests/support/mcp/testIngress.ts";
import { runProbe } from "../../src/index.ts";
import { quirks, startQuirkyProxy } from "../support/quirkyProxy.ts";

// Servers of the official SDK behind an ingress that pins, and a proxy that passes answers on in unusual ways.

const plan = { sessions: 8, calls: 4, controlSessions: 4 } as const;

describe("held through a proxy that answers with", () => {
  test.each(Object.keys(quirks) as (keyof typeof quirks)[])("%s", async (name) => {
    await using a = await startReplica("a", { says: () => "größe-✓" });
    await using b = await startReplica("b");
    await using ingress = await startTestIngress([a, b], "pinned");
    await using proxy = await startQuirkyProxy(ingress.port, quirks[name]);
    const report = await runProbe({ url: proxy.url, ...plan });
    expect(report).toMatchObject({ verdict: "held", cause: "affinity-holds", officialClient: { ok: 3 } });
    expect(report.counts.failures).toEqual({});
    expect(report.replicas.map(({ name }) => name).sort()).toEqual(["b", "größe-✓"]);
  });
});

test.each([1, 4, 8])(
  "round robin with answers after 300 ms, so that all calls stay in step: %i sessions don't look like affinity",
  async (sessions) => {
    await using a = await startReplica("a");
    await using b = await startReplica("b");
    await using ingress = await startTestIngress([a, b], "none");
    await using proxy = await startQuirkyProxy(ingress.port, quirks["a first byte after 300 ms"]);
    const report = await runProbe({ url: proxy.url, ...plan, sessions, client: "lean" });
    expect(report).toMatchObject({ verdict: "lost", cause: "affinity-off" });
  },
);
