import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { McpSession } from "../../../../../tests/support/mcp/mcpSession.ts";
import { startTestApp, type TestApp } from "../../../../../tests/support/mcp/testApp.ts";

/** What the default replica does on SIGTERM is what AgentGateway does: the same test runs on both. */

const runs = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;
const hasAgentgateway =
  runs("agentgateway", "--version") && runs("unshare", "--user", "--map-root-user", "--net", "true");

const everything = createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/dist/index.js");
const targets = [{ name: "own", stdio: { cmd: process.execPath, args: [everything, "stdio"] } }];
const config = {
  binds: [{ port: 8080, listeners: [{ routes: [{ name: "mcp", backends: [{ mcp: { targets } }] }] }] }],
};

interface Gateway {
  readonly title: string;
  readonly there: boolean;
  start(env: Record<string, string>): Promise<TestApp>;
  call(session: McpSession, seconds: number): Promise<{ readonly status: number }>;
}

const gateways: readonly Gateway[] = [
  {
    title: "the default replica",
    there: true,
    start: (env) => startTestApp({ env, affinity: "none" }),
    call: (session, seconds) => session.call("slow", { milliseconds: seconds * 1000 }),
  },
  {
    title: `AgentGateway${hasAgentgateway ? "" : " (needs agentgateway and unshare)"}`,
    there: hasAgentgateway,
    start: (env) => {
      const probes = [{ type: "Readiness", httpGet: { path: "/healthz/ready", port: 15021 } }] as const;
      const files = { "/config/config.yaml": JSON.stringify(config) };
      const container = { name: "gateway", image: "test", env, probes, files, args: ["-f", "/config/config.yaml"] };
      return startTestApp({
        affinity: "none",
        revision: { containers: [container] },
        plane: { replicaCommand: "agentgateway" },
      });
    },
    call: (session, duration) => session.call("trigger-long-running-operation", { duration, steps: 1 }),
  },
];

describe.each(gateways)("SIGTERM to $title", ({ there, start, call }) => {
  /** Sends SIGTERM and resolves to the seconds until each call ended, with its status, and until the exit. */
  async function terminate(app: TestApp, seconds: readonly number[]) {
    const [replica] = app.plane.replicas(app.appId, app.revision.revision);
    const session = new McpSession(app.url, app.fetch, { keepsCookies: false });
    await session.initialize();
    const begin = Date.now();
    const since = (): number => (Date.now() - begin) / 1000;
    const calls = seconds.map((each) =>
      call(session, each).then(
        ({ status }) => ({ status, at: since() }),
        () => ({ status: "cut", at: since() }),
      ),
    );
    await expect.poll(() => app.plane.counters(app.appId)?.requests).toBe(2 + seconds.length);
    // The requests are counted before the replica has them.
    await wait(200);
    const signaled = since();
    process.kill(replica?.pid ?? 0, "SIGTERM");
    const log = () => app.plane.logs(app.appId, app.revision.revision).map(({ text }) => text);
    const ended = expect
      .poll(log, { timeout: 30_000, interval: 20 })
      .toContain("[platform] process ended: exit code 0")
      .then(() => since() - signaled);
    return { since: () => since() - signaled, calls: Promise.all(calls), ended };
  }

  test.skipIf(!there)("without deadlines: cuts everything and exits at once", async () => {
    await using app = await start({});
    const { calls, ended } = await terminate(app, [4]);
    expect(await calls).toMatchObject([{ status: "cut" }]);
    expect(await ended).toBeLessThan(1.5);
  });

  const deadlines = { CONNECTION_MIN_TERMINATION_DEADLINE: "2s", CONNECTION_TERMINATION_DEADLINE: "4s" };

  test.skipIf(!there)(
    "with both: calls of up to the total finish, longer ones are cut, then the process exits",
    async () => {
      await using app = await start(deadlines);
      const { calls, ended } = await terminate(app, [3.2, 10]);
      expect(await calls).toMatchObject([{ status: 200 }, { status: "cut" }]);
      expect(await ended).toBeGreaterThan(3.9);
      expect(await ended).toBeLessThan(5.5);
    },
  );

  test.skipIf(!there)("accepts new connections for the minimum, even if nothing is in flight", async () => {
    await using app = await start(deadlines);
    const { since, ended } = await terminate(app, []);
    const answered: number[] = [];
    for (let status = 200; status === 200 && since() < 10; await wait(100)) {
      const [at, session] = [since(), new McpSession(app.url, app.fetch, { keepsCookies: false })];
      status = await session.initialize().then(
        () => 200,
        () => 0,
      );
      if (status === 200) answered.push(at);
    }
    expect(Math.max(...answered)).toBeGreaterThan(1);
    expect(Math.max(...answered)).toBeLessThan(2.5);
    expect(await ended).toBeGreaterThan(1.9);
    expect(await ended).toBeLessThan(5.5);
  });
});
