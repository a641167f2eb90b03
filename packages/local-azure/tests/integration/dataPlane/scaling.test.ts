import { afterEach, describe, expect, test } from "vitest";
import { McpSession } from "../../../../../tests/support/mcp/mcpSession.ts";
import { startTestApp, type TestApp, type TestAppOptions } from "../../../../../tests/support/mcp/testApp.ts";
import { connect, withCookies } from "../../support/mcpClients.ts";

const sessions = 60;

interface Homed {
  readonly session: McpSession;
  /** The replica that created the session. */
  readonly home: string;
}

describe("effect of scaling and failures on sessions", () => {
  let app: TestApp | undefined;
  afterEach(async () => {
    await app?.[Symbol.asyncDispose]();
    app = undefined;
  });

  async function start(options: TestAppOptions): Promise<TestApp> {
    app = await startTestApp({ replicas: 4, ...options });
    return app;
  }

  /** A revision whose replicas drain for 1 to 2 s after SIGTERM. */
  const draining = { env: { CONNECTION_MIN_TERMINATION_DEADLINE: "1s", CONNECTION_TERMINATION_DEADLINE: "2s" } };

  const replicas = (of: TestApp) => of.plane.replicas(of.appId, of.revision.revision);
  const scale = (of: TestApp, count: number) => of.plane.setReplicaCount(of.appId, of.revision.revision, count);

  async function open({ url, fetch }: TestApp, count = sessions): Promise<Homed[]> {
    return await Promise.all(
      Array.from({ length: count }, async () => {
        const session = new McpSession(url, fetch, { keepsCookies: true });
        await session.initialize();
        return { session, home: (await session.call("whoami")).text };
      }),
    );
  }

  /** Calls each session once. Returns those that still reach their replica, and the lost ones. */
  async function ask(homed: readonly Homed[]): Promise<{ readonly kept: Homed[]; readonly lost: Homed[] }> {
    const answers = await Promise.all(homed.map(async (one) => ({ one, ...(await one.session.call("whoami")) })));
    for (const { status, text, one } of answers) {
      if (status === 200) expect(text).toBe(one.home);
      else expect({ status, text }).toEqual({ status: 404, text: "Session not found" });
    }
    const of = (wanted: boolean) => answers.filter(({ status }) => (status === 200) === wanted).map(({ one }) => one);
    return { kept: of(true), lost: of(false) };
  }

  /** Calls the sessions continuously during the work. Resolves to the statuses other than 200. */
  function load(homed: readonly Homed[]): () => Promise<number[]> {
    const stop = new AbortController();
    const bad: number[] = [];
    const work = homed.map(async ({ session }) => {
      while (!stop.signal.aborted) {
        const { status } = await session.call("echo", { message: "load" });
        if (status !== 200) bad.push(status);
      }
    });
    return async () => {
      stop.abort();
      await Promise.all(work);
      return bad;
    };
  }

  test("pinned: scale-out under load moves no session and fails no request", async () => {
    const one = await start({});
    const homed = await open(one);
    const stop = load(homed.slice(0, 4));
    await scale(one, 5);
    expect(await stop()).toEqual([]);
    expect((await ask(homed)).lost).toEqual([]);
    expect(one.plane.counters(one.appId)).toMatchObject({
      sessions,
      sessionsMoved: 0,
      newCookies: sessions,
      failed: 0,
    });
    // The new replica takes new sessions.
    const names = new Set((await open(one, 10)).map(({ home }) => home));
    expect(names.size).toBe(5);
  });

  test("pinned: scale-in under load loses only the removed replica's sessions, and no other request fails", async () => {
    const one = await start({});
    const homed = await open(one);
    const removed = replicas(one)[3]?.name;
    const stop = load(homed.filter(({ home }) => home !== removed).slice(0, 4));
    await scale(one, 3);
    expect(await stop()).toEqual([]);
    const { lost } = await ask(homed);
    expect(lost).toEqual(homed.filter(({ home }) => home === removed));
    expect(lost.length).toBeGreaterThan(0);
    // Moved clients got a second cookie and stay with their new replica.
    expect(lost.map(({ session }) => session.cookies)).toEqual(lost.map(() => 2));
    expect(one.plane.counters(one.appId)).toMatchObject({ sessionsMoved: lost.length, failed: 0 });
  });

  test("hash: scale-out moves some clients, scale-in moves them back, and no client gets a second cookie", async () => {
    const one = await start({ plane: { policy: "hash" } });
    // Cookies are random, so there are enough that a fifth replica is practically certain to get one (with 60, it would
    // get none once in about 500,000 runs; with 160, once in 10 ** 12).
    const homed = await open(one, 160);
    await scale(one, 5);
    const { kept, lost } = await ask(homed);
    // A consistent hash moves about a fifth of the clients.
    expect(lost.length).toBeGreaterThan(0);
    expect(kept.length).toBeGreaterThan(homed.length / 3);
    expect(homed.map(({ session }) => session.cookies)).toEqual(homed.map(() => 1));
    expect(one.plane.counters(one.appId)).toMatchObject({ sessionsMoved: lost.length, failed: 0 });
    // Without the fifth replica, every client is back on its first one.
    await scale(one, 4);
    expect((await ask(homed)).lost).toEqual([]);
  });

  test("requests in flight finish if their replica drains", async () => {
    const one = await start({ replicas: 2, ...draining });
    const homed = await open(one, 6);
    const calls = homed.map(({ session }) => session.call("slow", { milliseconds: 700 }));
    await expect.poll(() => one.plane.counters(one.appId)?.requests).toBe(6 * 3 + 6);
    await scale(one, 1);
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(calls.map(() => 200));
    expect(replicas(one)).toHaveLength(1);
  });

  test("a replica that doesn't drain cuts its requests in flight at once", async () => {
    const one = await start({ replicas: 2 });
    const homed = await open(one, 6);
    const calls = homed.map(({ session }) => session.call("slow", { milliseconds: 5_000 }));
    const ended = Promise.allSettled(calls);
    await expect.poll(() => one.plane.counters(one.appId)?.requests).toBe(6 * 3 + 6);
    await scale(one, 1);
    expect((await ended).map(({ status }) => status).sort()).toEqual([
      ...homed.slice(0, 3).map(() => "fulfilled"),
      ...homed.slice(0, 3).map(() => "rejected"),
    ]);
  });

  test("a replica that drains longer than the grace period is killed, and its requests are cut", async () => {
    const longer = { env: { CONNECTION_MIN_TERMINATION_DEADLINE: "60s", CONNECTION_TERMINATION_DEADLINE: "120s" } };
    const one = await start({ replicas: 1, revision: { terminationGracePeriodSeconds: 1 }, ...longer });
    const [homed] = await open(one, 1);
    const call = homed?.session.call("slow", { milliseconds: 60_000 });
    const cut = expect(call).rejects.toThrow();
    await expect.poll(() => one.plane.counters(one.appId)?.requests).toBe(4);
    await scale(one, 0);
    await cut;
    expect(replicas(one)).toEqual([]);
  });

  test("a killed replica loses only its own sessions, restarts, and takes new ones", async () => {
    const one = await start({});
    const homed = await open(one);
    const victim = replicas(one)[1];
    const others = homed.filter(({ home }) => home !== victim?.name);
    const stop = load(others.slice(0, 4));
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await expect.poll(() => replicas(one)[1]?.ready).toBe(false);
    const { lost } = await ask(homed);
    expect(lost).toEqual(homed.filter(({ home }) => home === victim?.name));
    await expect.poll(() => replicas(one)[1], { timeout: 30_000 }).toMatchObject({ ready: true, restartCount: 1 });
    expect(await stop()).toEqual([]);
    expect(one.plane.counters(one.appId)).toMatchObject({ failed: 0 });
    expect(new Set((await open(one, 8)).map(({ home }) => home))).toContain(victim?.name);
    expect(one.plane.logs(one.appId, one.revision.revision, victim?.name).map(({ text }) => text)).toContain(
      "[platform] process ended: signal SIGKILL",
    );
  });

  test("affinity none: sessions break on four replicas, and the ingress counts match what the clients saw", async () => {
    const one = await start({ affinity: "none" });
    // One request at a time: with twenty parallel sessions, each could reach the same replica every time.
    for (let n = 0; n < 20; n++) {
      const session = new McpSession(one.url, one.fetch, { keepsCookies: true });
      await session.initialize();
      const statuses: number[] = [];
      for (let call = 0; call < 4; call++) statuses.push((await session.call("whoami")).status);
      // After initialize and its notification, the third call is the next to reach the session's replica.
      expect(statuses).toEqual([404, 404, 200, 404]);
    }
    const counters = one.plane.counters(one.appId);
    expect(counters).toMatchObject({ sessions: 20, newCookies: 0, requests: 20 * 6, sessionsMoved: 20 });
    expect(Object.keys(counters?.requestsByReplica ?? {})).toHaveLength(4);
  });

  test("a new revision takes over without a failed request, and calls on the old one finish", async () => {
    const one = await start({ replicas: 2, ...draining });
    const next = { ...one.revision, revision: "app--0000002" };
    const fresh = Array.from({ length: 6 }, async () => {
      const until = Date.now() + 1500;
      const statuses = new Set<number>();
      while (Date.now() < until) {
        const session = new McpSession(one.url, one.fetch, { keepsCookies: true });
        await session.initialize();
        statuses.add(200);
      }
      return [...statuses];
    });
    const [homed] = await open(one, 1);
    const slow = homed?.session.call("slow", { milliseconds: 1000 });
    await one.plane.startRevision(next);
    one.plane.route(one.appId, next.revision);
    await one.plane.stopRevision(one.appId, one.revision.revision);
    expect((await slow)?.text).toMatch(/after 1000 ms/);
    expect(await Promise.all(fresh)).toEqual(fresh.map(() => [200]));
    expect(replicas(one)).toEqual([]);
    expect(one.plane.counters(one.appId)?.failed).toBe(0);
    // The old revision's logs are kept.
    expect(one.plane.logs(one.appId, one.revision.revision).map(({ text }) => text)).toContain(
      "SIGTERM: draining for 1000 to 2000 ms",
    );
    await expect(scale(one, 1)).rejects.toThrow(/is not running/);
  });

  test("the HTTP rule adds replicas under load and removes them afterwards; no session on a remaining replica is lost", async () => {
    const one = await start({
      replicas: 1,
      revision: { concurrentRequests: 5, maxReplicas: 3 },
      plane: { scaling: { intervalSeconds: 0.3, stabilizationSeconds: 1.2 } },
    });
    const [first] = replicas(one);
    const homed = await open(one, 4);
    const stop = load(homed);
    await expect.poll(() => replicas(one).filter(({ ready }) => ready).length, { timeout: 30_000 }).toBe(3);
    expect(await stop()).toEqual([]);
    await expect.poll(() => replicas(one).length, { timeout: 30_000 }).toBe(1);
    expect(replicas(one)[0]?.name).toBe(first?.name);
    expect((await ask(homed)).lost).toEqual([]);
  });

  test("scale-in ends only the removed replica's open event streams, when that replica exits", async () => {
    const one = await start({ replicas: 2, revision: { terminationGracePeriodSeconds: 120 } });
    const names = replicas(one).map(({ name }) => name);
    const open = new Map<string, "open" | "ended">();
    for (let n = 0; n < 2; n++) {
      const session = new McpSession(one.url, one.fetch, { keepsCookies: true });
      await session.initialize();
      const home = (await session.call("whoami")).text;
      const stream = await session.stream();
      open.set(home, "open");
      void stream.text().then(
        () => open.set(home, "ended"),
        () => open.set(home, "ended"),
      );
    }
    const begin = Date.now();
    await scale(one, 1);
    expect(Date.now() - begin).toBeLessThan(30_000);
    await expect.poll(() => names.map((name) => open.get(name))).toEqual(["open", "ended"]);
  });

  test("a call over the older SSE transport, which is answered on the open stream, finishes when its replica is removed", async () => {
    const one = await start({ replicas: 1, ...draining });
    await using client = await connect("v1 sse", one.url, withCookies(one.fetch));
    const call = client.call("slow", { milliseconds: 600 });
    await expect.poll(() => one.plane.counters(one.appId)?.requests).toBe(4);
    await scale(one, 0);
    expect(await call).toMatch(/after 600 ms$/);
  });
});
