import { describe, expect, test } from "vitest";
import { type ReplicaOptions, startReplica, type TestReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { startTestIngress, type TestAffinity, type TestIngress } from "../../../../tests/support/mcp/testIngress.ts";
import { runProbe } from "../../src/index.ts";
import { duringCalls } from "../support/during.ts";

// Gateways that a careless probe would take for what they are not. Servers, ingress and sockets are real; the ingress is not
// the local Azure's, which cannot be brought to do this.

interface Place extends AsyncDisposable {
  readonly ingress: TestIngress;
  readonly replicas: readonly TestReplica[];
}

async function place(
  count: number,
  affinity: TestAffinity,
  options: ReplicaOptions = {},
  cookie?: string,
): Promise<Place> {
  const stack = new AsyncDisposableStack();
  const replicas: TestReplica[] = [];
  for (let i = 0; i < count; i++) replicas.push(stack.use(await startReplica(`replica-${i}`, options)));
  const ingress = stack.use(await startTestIngress(replicas, affinity, cookie));
  return { ingress, replicas, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const plan = { sessions: 16, calls: 4, controlSessions: 8, client: "lean" } as const;

describe("a cookie that a lenient jar would return, and that no client does", () => {
  test.each([
    ["Path=/; Domain=app.example", "is set for the domain app.example"],
    ["Path=/admin", "is set for the path /admin"],
  ])("%s: lost, cookie-not-returned; the official client fails as well", async (attributes, words) => {
    await using here = await place(3, "pinned");
    here.ingress.attributes = attributes;
    const report = await runProbe({ url: here.ingress.url, ...plan, client: "sdk" });
    expect(report).toMatchObject({ verdict: "lost", cause: "cookie-not-returned" });
    expect(report.officialClient?.ok).toBeLessThan(3);
    expect(report.reason).toContain(words);
    expect(here.ingress.seen.filter(({ cookie }) => cookie !== undefined)).toEqual([]);
  });

  test("Domain that the host belongs to: held", async () => {
    await using here = await place(3, "pinned");
    here.ingress.attributes = "Path=/; Domain=127.0.0.1";
    expect(await runProbe({ url: here.ingress.url, ...plan, client: "sdk" })).toMatchObject({
      cause: "affinity-holds",
    });
  });

  test("Max-Age that ends before the sessions do: lost, cookie-not-returned; a shorter run holds, and notes it", async () => {
    await using here = await place(3, "pinned");
    here.ingress.attributes = "Path=/; Max-Age=1";
    const report = await runProbe({ url: here.ingress.url, ...plan, spread: 3 });
    expect(report).toMatchObject({ verdict: "lost", cause: "cookie-not-returned" });
    expect(report.reason).toContain("ends after 1 s, before the session does");
    here.ingress.attributes = "Path=/; Max-Age=3600";
    const short = await runProbe({ url: here.ingress.url, ...plan });
    expect(short).toMatchObject({ verdict: "held", cause: "affinity-holds" });
    expect(short.notes.join()).toContain("ends 3600 s after it was set");
  });
});

describe("routing by something else than a cookie", () => {
  test("by the connection alone: lost, for clients use several", async () => {
    await using here = await place(3, "connection");
    expect(await runProbe({ url: here.ingress.url, ...plan })).toMatchObject({
      verdict: "lost",
      cause: "affinity-off",
    });
  });

  test("by the client's address: one replica is all that this machine sees, which proves nothing", async () => {
    await using here = await place(3, "address");
    const report = await runProbe({ url: here.ingress.url, ...plan });
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "one-replica" });
    expect(report.advice[1]).toContain("by the client's address");
  });

  test("by a hash of the session id, which the replica has given before anybody can hash it: lost", async () => {
    // Not random: of 16 such ids none would hash to where it lives once in some 700 runs.
    let number = 0;
    await using here = await place(3, "hash", { sessionId: () => `session-${number++}` });
    const report = await runProbe({ url: here.ingress.url, ...plan });
    expect(report).toMatchObject({ verdict: "lost", cause: "affinity-off" });
    // What hashes to the replica that gave it holds for good.
    expect(report.counts.held).toBeGreaterThan(0);
  });
});

describe("names that are not of the gateway's replicas", () => {
  test("a cookie of a trial that has nothing to do with replicas, one nameless server: inconclusive", async () => {
    await using here = await place(1, "none", { whoami: false });
    here.ingress.adds = { "set-cookie": ["trial=a; Path=/", "trial=b; Path=/"] };
    const { url } = here.ingress;
    expect(await runProbe({ url, ...plan })).toMatchObject({ verdict: "inconclusive", cause: "replicas-unseen" });
    const withoutControl = await runProbe({ url, ...plan, controlSessions: 0 });
    expect(withoutControl).toMatchObject({ verdict: "inconclusive", cause: "replicas-unseen" });
  });

  test("x-served-by of the caches before one nameless server: inconclusive", async () => {
    await using here = await place(1, "none", { whoami: false });
    here.ingress.adds = { "x-served-by": ["cache-fra-1", "cache-fra-2", "cache-fra-3"] };
    expect(await runProbe({ url: here.ingress.url, ...plan })).toMatchObject({ cause: "replicas-unseen" });
  });

  test("x-upstream of proxies before a gateway that pins: held, for without cookies sessions are lost", async () => {
    await using here = await place(3, "pinned", { whoami: false });
    here.ingress.adds = { "x-upstream": ["proxy-1", "proxy-2"] };
    const report = await runProbe({ url: here.ingress.url, ...plan });
    expect(report).toMatchObject({ verdict: "held", cause: "affinity-holds", replicasBy: "cookie" });
    expect(report.replicas).toHaveLength(3);
  });

  test("whoami that names the user: the cookie of Azure tells replicas apart all the same", async () => {
    await using here = await place(3, "pinned", { says: () => "alice" }, "acaAffinity");
    const report = await runProbe({ url: here.ingress.url, ...plan, controlSessions: 0 });
    expect(report).toMatchObject({ verdict: "held", cause: "held-no-control", replicasBy: "cookie" });
    expect(report.replicas).toHaveLength(3);
  });

  test("whoami that says the time, one server: inconclusive, not resumed anywhere", async () => {
    await using here = await place(1, "none", { says: () => `alice, ${performance.now()}` });
    expect(await runProbe({ url: here.ingress.url, ...plan })).toMatchObject({
      verdict: "inconclusive",
      cause: "replicas-unseen",
    });
  });

  test("whoami of upstreams that one gateway replica shares its calls among: one replica by Azure's cookie", async () => {
    let turn = 0;
    await using here = await place(1, "pinned", { says: () => `upstream-${turn++ % 3}` }, "acaAffinity");
    const report = await runProbe({ url: here.ingress.url, ...plan });
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "one-replica", replicasBy: "cookie" });
  });

  test("a trial's cookie before a gateway that resumes sessions anywhere: not needed", async () => {
    await using here = await place(3, "none", { shared: new Map() });
    here.ingress.adds = { "set-cookie": ["trial=a; Path=/", "trial=b; Path=/"] };
    const { url } = here.ingress;
    expect(await runProbe({ url, ...plan })).toMatchObject({ verdict: "not needed", cause: "resumes-anywhere" });
  });
});

test("a server that ends sessions by itself: sessions-ended, not misrouted", async () => {
  await using here = await place(2, "pinned");
  const [first] = here.replicas;
  const ends = duringCalls(20, () => {
    for (const id of [...(first?.sessions.keys() ?? [])].slice(0, 3)) first?.sessions.delete(id);
  });
  const report = await runProbe({ url: here.ingress.url, ...plan, spread: 1 }, ends.onProgress);
  expect(report).toMatchObject({ verdict: "lost", cause: "sessions-ended", counts: { lost: 3, held: 13 } });
  expect(report.counts.lostBy).toEqual({ forgotten: 3 });
});

test("one of four replicas without a server behind it: inconclusive, and the failures are counted", async () => {
  await using here = await place(4, "pinned");
  // Its port stays taken: one that is given back may be the next test's server's.
  here.replicas[2]?.server.on("connection", (socket) => socket.destroy());
  const report = await runProbe({ url: here.ingress.url, ...plan });
  expect(report).toMatchObject({ verdict: "inconclusive", cause: "calls-failed", counts: { lost: 0, failed: 4 } });
});
