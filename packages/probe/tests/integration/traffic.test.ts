import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { type ReplicaOptions, startReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { startTestApp } from "../../../../tests/support/mcp/testApp.ts";
import { startTestIngress, type TestAffinity, type TestIngress } from "../../../../tests/support/mcp/testIngress.ts";
import { runProbe, type WatchEvent, watchProbe } from "../../src/index.ts";

// What the gateway gets from the probe, and what --watch reports.

interface Seen {
  readonly socket: Socket;
  readonly session: string | undefined;
  readonly cookie: string | undefined;
  readonly closes: boolean;
  readonly path: string | undefined;
  readonly at: number;
}

async function gateway(affinity: TestAffinity, options: ReplicaOptions = {}, cookie?: string) {
  const stack = new AsyncDisposableStack();
  const replicas = [stack.use(await startReplica("a", options)), stack.use(await startReplica("b", options))];
  const ingress = stack.use(await startTestIngress(replicas, affinity, cookie));
  return { ingress, posts: recordPosts(ingress), [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function recordPosts({ server }: TestIngress): Seen[] {
  const posts: Seen[] = [];
  server.prependListener("request", ({ method, url, headers, socket }) => {
    const session = headers["mcp-session-id"] as string | undefined;
    const closes = headers.connection === "close";
    if (method === "POST")
      posts.push({ socket, session, cookie: headers.cookie, closes, path: url, at: performance.now() });
  });
  return posts;
}

const plan = { sessions: 20, calls: 5, controlSessions: 0, client: "lean" } as const;

test("each session opens on a new connection, and a fifth of the calls use one too", async () => {
  await using here = await gateway("pinned");
  await runProbe({ url: here.ingress.url, ...plan });
  const on = (socket: Socket) => here.posts.filter((post) => post.socket === socket).length;
  // 20 sessions and the one that explores the gateway.
  const openings = here.posts.filter(({ session, closes }) => session === undefined && closes);
  expect(openings.length).toBeGreaterThanOrEqual(21);
  const fresh = here.posts.filter(({ session, closes }) => session !== undefined && closes);
  expect(fresh).toHaveLength(20);
  for (const { socket } of [...openings, ...fresh]) expect(on(socket)).toBe(1);
});

test("each session returns its own cookies, and none of another session", async () => {
  await using here = await gateway("pinned");
  await runProbe({ url: here.ingress.url, ...plan });
  const jars = new Map<string, Set<string | undefined>>();
  for (const { session, cookie } of here.posts) {
    if (session !== undefined) jars.set(session, (jars.get(session) ?? new Set()).add(cookie));
  }
  expect([...jars.values()].every((cookies) => cookies.size === 1)).toBe(true);
  expect(new Set([...jars.values()].flatMap((cookies) => [...cookies]))).toEqual(new Set(["lb=a", "lb=b"]));
});

test("--control-sessions sets the size of the control group, 0 skips it; --path applies to all requests", async () => {
  for (const controlSessions of [0, 4]) {
    await using here = await gateway("pinned");
    await runProbe({ url: here.ingress.url, ...plan, controlSessions, path: "/other?x=1" });
    const without = here.posts.filter(({ session, cookie }) => session !== undefined && cookie === undefined);
    expect(new Set(without.map(({ session }) => session)).size).toBe(controlSessions);
    expect(new Set(here.posts.map(({ path }) => path))).toEqual(new Set(["/other?x=1"]));
  }
});

test("--spread spreads the calls evenly", async () => {
  await using here = await gateway("pinned");
  let began = 0;
  await runProbe({ url: here.ingress.url, ...plan, spread: 2 }, ({ phase, done }) => {
    if (phase === "call" && done === 0) began = performance.now();
  });
  // How late each of the 100 calls was, in milliseconds; one is due every 20 ms.
  const late = here.posts.slice(-100).map(({ at }, call) => at - began - 20 * call);
  expect(Math.min(...late)).toBeGreaterThan(-5);
  // If the machine stalls, some calls are late, but later ones are on time again.
  expect(late.filter((milliseconds) => milliseconds < 250).length).toBeGreaterThan(50);
});

test("ARRAffinity and a cookie of any name are recognized by their values", async () => {
  await using app = await startTestApp({ replicas: 2, plane: { cookie: "ARRAffinity" } });
  const report = await runProbe({ url: app.url, ca: app.ca, ...plan, controlSessions: 6 });
  expect(report).toMatchObject({ cause: "affinity-holds", cookies: [{ name: "ARRAffinity", role: "per replica" }] });
  await using here = await gateway("pinned");
  const other = await runProbe({ url: here.ingress.url, ...plan, controlSessions: 6 });
  expect(other).toMatchObject({ cause: "affinity-holds", cookies: [{ name: "lb", role: "per replica" }] });
});

/** Watches until there is such an event, for at most 50 s, and returns it. */
async function watchUntil(kind: WatchEvent["kind"], options: { url: string; ca?: string }, act?: () => void) {
  const end = new AbortController();
  const limit = AbortSignal.any([end.signal, AbortSignal.timeout(50_000)]);
  const events: WatchEvent[] = [];
  let acted = false;
  await watchProbe({ ...options, sessions: 4, signal: limit }, (event) => {
    events.push(event);
    if (event.kind === kind) end.abort();
    if (acted || events.filter((one) => one.kind === "opened").length < 4) return;
    acted = true;
    act?.();
  });
  return events.find((event) => event.kind === kind);
}

test("--watch makes every fifth call of a session on a new connection", async () => {
  await using here = await gateway("pinned");
  let calls = 0;
  const end = new AbortController();
  here.ingress.server.on("request", ({ method }) => method === "POST" && ++calls > 60 && end.abort());
  await watchProbe({ url: here.ingress.url, sessions: 6, signal: end.signal }, () => {});
  const fresh = here.posts.filter(({ session, closes }) => session !== undefined && closes);
  const all = here.posts.filter(({ session }) => session !== undefined);
  expect(fresh.length).toBeGreaterThan(0);
  expect(fresh.length).toBeLessThanOrEqual(all.length / 5);
});

test("--watch reports a moved session at once", async () => {
  await using here = await gateway("ignored", { shared: new Map() });
  const event = await watchUntil("moved", { url: here.ingress.url });
  expect(event?.kind).toBe("moved");
  expect(event?.text).toMatch(/ a .*\bb\b| b .*\ba\b/);
});

test.each([
  ["the time", { says: () => `alice, ${performance.now()}` }, "replicas-unseen", "unseen"],
  ["an upstream shared by all replicas", { says: byTurns() }, "held-no-control", "cookie"],
] as const)("--watch reports no move if whoami names %s, like the final report", async (_what, options, cause, by) => {
  await using here = await gateway("pinned", options, by === "cookie" ? "acaAffinity" : undefined);
  const events: WatchEvent[] = [];
  let calls = 0;
  const end = new AbortController();
  here.ingress.server.on("request", ({ method }) => method === "POST" && ++calls > 80 && end.abort());
  const run = { url: here.ingress.url, sessions: 16, signal: end.signal } as const;
  const report = await watchProbe(run, (event) => events.push(event));
  expect(events.map(({ kind }) => kind)).toEqual(Array.from({ length: 16 }, () => "opened"));
  expect(report).toMatchObject({ replicasBy: by, counts: { moved: 0, lost: 0 } });
  expect(report.cause).toBe(cause);
});

function byTurns(): () => string {
  let turn = 0;
  return () => `upstream-${turn++ % 3}`;
}

test("--watch reports at once a session lost by a scale-in of the local Azure", async () => {
  await using app = await startTestApp({ replicas: 4 });
  let scaled: Promise<void> | undefined;
  const event = await watchUntil("lost", { url: app.url, ca: app.ca }, () => {
    scaled = app.plane.setReplicaCount(app.appId, app.revision.revision, 1);
  });
  await scaled;
  expect(event?.kind).toBe("lost");
  expect(event?.text).toMatch(/\bHTTP 404 .*\bapp--0000001-/);
});
