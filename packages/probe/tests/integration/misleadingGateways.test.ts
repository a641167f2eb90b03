import { describe, expect, test } from "vitest";
import { type ReplicaOptions, startReplica, type TestReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { startTestIngress, type TestAffinity, type TestIngress } from "../../../../tests/support/mcp/testIngress.ts";
import { runProbe } from "../../src/index.ts";
import { duringCalls } from "../support/during.ts";

// Gateways that a naive probe would misjudge. Servers, ingress and sockets are real. The local Azure's ingress can't do
// this, so these tests use another one.

interface Gateway extends AsyncDisposable {
  readonly ingress: TestIngress;
  readonly replicas: readonly TestReplica[];
}

async function gateway(
  count: number,
  affinity: TestAffinity,
  options: ReplicaOptions = {},
  cookie?: string,
): Promise<Gateway> {
  const stack = new AsyncDisposableStack();
  const replicas: TestReplica[] = [];
  for (let i = 0; i < count; i++) replicas.push(stack.use(await startReplica(`replica-${i}`, options)));
  const ingress = stack.use(await startTestIngress(replicas, affinity, cookie));
  return { ingress, replicas, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const plan = { sessions: 16, calls: 4, controlSessions: 8, client: "lean" } as const;

describe("a cookie that only a lenient jar would return", () => {
  test.each([
    ["Path=/; Domain=app.example", "app.example"],
    ["Path=/admin", "/admin"],
  ])("%s: lost, cookie-not-returned; the official client fails too", async (attributes, scope) => {
    await using here = await gateway(3, "pinned");
    here.ingress.attributes = attributes;
    const report = await runProbe({ url: here.ingress.url, ...plan, client: "sdk" });
    expect(report).toMatchObject({ verdict: "lost", cause: "cookie-not-returned" });
    expect(report.officialClient?.ok).toBeLessThan(3);
    expect(report.reason).toContain(scope);
    expect(here.ingress.seen.filter(({ cookie }) => cookie !== undefined)).toEqual([]);
  });

  test("with a Domain that matches the host: held", async () => {
    await using here = await gateway(3, "pinned");
    here.ingress.attributes = "Path=/; Domain=127.0.0.1";
    expect(await runProbe({ url: here.ingress.url, ...plan, client: "sdk" })).toMatchObject({
      cause: "affinity-holds",
    });
  });

  test("with a Max-Age shorter than the sessions: lost, cookie-not-returned; with a longer one: held, with a note", async () => {
    await using here = await gateway(3, "pinned");
    here.ingress.attributes = "Path=/; Max-Age=1";
    const report = await runProbe({ url: here.ingress.url, ...plan, spread: 3 });
    expect(report).toMatchObject({ verdict: "lost", cause: "cookie-not-returned" });
    expect(report.reason).toContain(" 1 s ");
    here.ingress.attributes = "Path=/; Max-Age=3600";
    const short = await runProbe({ url: here.ingress.url, ...plan });
    expect(short).toMatchObject({ verdict: "held", cause: "affinity-holds" });
    expect(short.notes).toHaveLength(1);
    expect(short.notes[0]).toContain(" 3600 s ");
  });
});

describe("routing by something other than a cookie", () => {
  test("by connection: lost, because clients use several", async () => {
    await using here = await gateway(3, "connection");
    expect(await runProbe({ url: here.ingress.url, ...plan })).toMatchObject({
      verdict: "lost",
      cause: "affinity-off",
    });
  });

  test("by the client's address: inconclusive, because this machine only reaches one replica", async () => {
    await using here = await gateway(3, "address");
    const report = await runProbe({ url: here.ingress.url, ...plan });
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "one-replica" });
    expect(report.replicas).toHaveLength(1);
  });

  test("by a hash of the session ID, which a replica issues before the ingress can hash it: lost", async () => {
    // Fixed IDs: with random ones, none of 16 would hash to its own replica once in about 700 runs.
    let number = 0;
    await using here = await gateway(3, "hash", { sessionId: () => `session-${number++}` });
    const report = await runProbe({ url: here.ingress.url, ...plan });
    expect(report).toMatchObject({ verdict: "lost", cause: "affinity-off" });
    // Sessions whose ID hashes to their own replica hold.
    expect(report.counts.held).toBeGreaterThan(0);
  });
});

describe("names that don't identify replicas", () => {
  test("a cookie of an A/B test, one server without a name: inconclusive", async () => {
    await using here = await gateway(1, "none", { whoami: false });
    here.ingress.adds = { "set-cookie": ["trial=a; Path=/", "trial=b; Path=/"] };
    const { url } = here.ingress;
    expect(await runProbe({ url, ...plan })).toMatchObject({ verdict: "inconclusive", cause: "replicas-unseen" });
    const withoutControl = await runProbe({ url, ...plan, controlSessions: 0 });
    expect(withoutControl).toMatchObject({ verdict: "inconclusive", cause: "replicas-unseen" });
  });

  test("x-served-by of caches, one server without a name: inconclusive", async () => {
    await using here = await gateway(1, "none", { whoami: false });
    here.ingress.adds = { "x-served-by": ["cache-fra-1", "cache-fra-2", "cache-fra-3"] };
    expect(await runProbe({ url: here.ingress.url, ...plan })).toMatchObject({ cause: "replicas-unseen" });
  });

  test("x-upstream of proxies in front of a gateway that pins: held, because sessions are lost without cookies", async () => {
    await using here = await gateway(3, "pinned", { whoami: false });
    here.ingress.adds = { "x-upstream": ["proxy-1", "proxy-2"] };
    const report = await runProbe({ url: here.ingress.url, ...plan });
    expect(report).toMatchObject({ verdict: "held", cause: "affinity-holds", replicasBy: "cookie" });
    expect(report.replicas).toHaveLength(3);
  });

  test("whoami names the user: Azure's cookie still tells replicas apart", async () => {
    await using here = await gateway(3, "pinned", { says: () => "alice" }, "acaAffinity");
    const report = await runProbe({ url: here.ingress.url, ...plan, controlSessions: 0 });
    expect(report).toMatchObject({ verdict: "held", cause: "held-no-control", replicasBy: "cookie" });
    expect(report.replicas).toHaveLength(3);
  });

  test("whoami gives the time, one server: inconclusive, not resumes-anywhere", async () => {
    await using here = await gateway(1, "none", { says: () => `alice, ${performance.now()}` });
    expect(await runProbe({ url: here.ingress.url, ...plan })).toMatchObject({
      verdict: "inconclusive",
      cause: "replicas-unseen",
    });
  });

  test("whoami names the upstreams of a single gateway replica: one replica by Azure's cookie", async () => {
    let turn = 0;
    await using here = await gateway(1, "pinned", { says: () => `upstream-${turn++ % 3}` }, "acaAffinity");
    const report = await runProbe({ url: here.ingress.url, ...plan });
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "one-replica", replicasBy: "cookie" });
  });

  test("a cookie of an A/B test, and a gateway that resumes sessions anywhere: not needed", async () => {
    await using here = await gateway(3, "none", { shared: new Map() });
    here.ingress.adds = { "set-cookie": ["trial=a; Path=/", "trial=b; Path=/"] };
    const { url } = here.ingress;
    expect(await runProbe({ url, ...plan })).toMatchObject({ verdict: "not needed", cause: "resumes-anywhere" });
  });
});

test("a server that ends sessions itself: sessions-ended, not misrouted", async () => {
  await using here = await gateway(2, "pinned");
  const [first] = here.replicas;
  const ends = duringCalls(20, () => {
    for (const id of [...(first?.sessions.keys() ?? [])].slice(0, 3)) first?.sessions.delete(id);
  });
  const report = await runProbe({ url: here.ingress.url, ...plan, spread: 1 }, ends.onProgress);
  expect(report).toMatchObject({ verdict: "lost", cause: "sessions-ended", counts: { lost: 3, held: 13 } });
  expect(report.counts.lostBy).toEqual({ forgotten: 3 });
});

test("one of four replicas drops its connections: inconclusive, and the failures are counted", async () => {
  await using here = await gateway(4, "pinned");
  // The server keeps its port, because a freed port may be taken by another test's server.
  here.replicas[2]?.server.on("connection", (socket) => socket.destroy());
  const report = await runProbe({ url: here.ingress.url, ...plan });
  expect(report).toMatchObject({ verdict: "inconclusive", cause: "calls-failed", counts: { lost: 0, failed: 4 } });
});
