import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, test, vi } from "vitest";
import { closedPort } from "../../../../tests/support/closedPort.ts";
import { startReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { startTestApp, type TestApp } from "../../../../tests/support/mcp/testApp.ts";
import { startTestIngress } from "../../../../tests/support/mcp/testIngress.ts";
import { runProbe } from "../../src/index.ts";
import { causes } from "../../src/judge/verdict.ts";
import { duringCalls } from "../support/during.ts";
import { startGate } from "../support/gate.ts";
import { everythingCommand } from "../support/gateways.ts";

// Causes that need a special gateway, server or network path. Servers and ingress are real processes and sockets.

const small = { sessions: 8, calls: 3, controlSessions: 6, client: "lean" } as const;
const insecure = { ingress: { allowInsecure: true } } as const;
const portOf = (app: TestApp): number => Number(new URL(app.url).port);

/** Whether this machine accepts IPv4-mapped IPv6 addresses, which needs IPv6. */
const mapped = await new Promise<boolean>((resolve) => {
  connect(closedPort, "::ffff:127.0.0.1").once("error", ({ message }) => resolve(message.includes("ECONNREFUSED")));
});

describe("a cookie that doesn't come back", () => {
  test.skipIf(!mapped)(
    "cookie-not-returned: the local ingress marks it Secure, but a proxy in front of it speaks plain http",
    async () => {
      await using app = await startTestApp({ replicas: 3, ...insecure });
      await using proxy = await startTestIngress([{ name: "proxy", port: portOf(app) }], "none");
      // This form of the loopback address isn't treated as the local machine (Secure Contexts, 3.1).
      const url = `http://[::ffff:127.0.0.1]:${proxy.port}`;
      const report = await runProbe({ url, ...small });
      expect(report).toMatchObject({ verdict: "lost", cause: "cookie-not-returned" });
      expect(report.reason).toContain("acaAffinity");
      expect(report.cookies[0]?.attributes).toContain("Secure");
      // The same app holds over https.
      expect(await runProbe({ url: app.url, ca: app.ca, ...small })).toMatchObject({ cause: "affinity-holds" });
    },
  );

  test("cookie-not-honoured: a proxy in front of the local ingress strips it from requests", async () => {
    await using app = await startTestApp({ replicas: 3, ...insecure });
    await using proxy = await startTestIngress([{ name: "proxy", port: portOf(app) }], "none");
    proxy.strips = "cookie";
    const report = await runProbe({ url: proxy.url, ...small, sessions: 16 });
    expect(report).toMatchObject({ verdict: "lost", cause: "cookie-not-honoured" });
  });

  test("affinity-off: a proxy strips it from answers, so that no client sees it", async () => {
    await using app = await startTestApp({ replicas: 3, ...insecure });
    await using proxy = await startTestIngress([{ name: "proxy", port: portOf(app) }], "none");
    proxy.strips = "set-cookie";
    expect(await runProbe({ url: proxy.url, ...small })).toMatchObject({
      verdict: "lost",
      cause: "affinity-off",
      cookies: [],
    });
  });
});

describe("replicas that can't be told apart", () => {
  test("lost-unexplained: one server-everything process of the local Azure is killed and comes back", async () => {
    await using app = await startTestApp({ affinity: "none", plane: { replicaCommand: everythingCommand } });
    const replica = () => app.plane.replicas(app.appId, app.revision.revision)[0];
    // Without the gate, the run could be over before the process is back.
    await using gate = await startGate(app.url);
    const kill = duringCalls(12, () =>
      gate.whileShut(async () => {
        process.kill(-Number(replica()?.pid), "SIGKILL");
        await vi.waitUntil(() => replica()?.restartCount === 1 && replica()?.ready, { timeout: 50_000 });
      }),
    );
    const options = { url: gate.url, ca: app.ca, ...small, calls: 6, spread: 1, timeout: 60 } as const;
    const report = await runProbe(options, kill.onProgress);
    await kill.done;
    expect(report).toMatchObject({ verdict: "lost", cause: "lost-unexplained", replicasBy: "unseen", replicas: [] });
    expect(report.counts.lostBy).toEqual({ unknown: report.counts.lost });
    expect(report.advice[0]).toContain("--replica-header");
  });

  test("lost-unexplained: a server forgets one session", async () => {
    await using server = await startReplica("only", { whoami: false });
    const forget = duringCalls(12, () => void server.sessions.delete([...server.sessions.keys()][3] ?? ""));
    const report = await runProbe({ url: server.url, ...small, spread: 1 }, forget.onProgress);
    expect(report).toMatchObject({ verdict: "lost", cause: "lost-unexplained", counts: { lost: 1, held: 7 } });
  });

  test.each([1, 3])(
    "replicas-unseen: %i servers without a name, behind an ingress that routes by session ID",
    async (count) => {
      await using stack = new AsyncDisposableStack();
      const replicas = [];
      for (let i = 0; i < count; i++) replicas.push(stack.use(await startReplica(`r${i}`, { whoami: false })));
      const ingress = stack.use(await startTestIngress(replicas, "session"));
      const report = await runProbe({ url: ingress.url, ...small });
      expect(report).toMatchObject({ verdict: "inconclusive", cause: "replicas-unseen", counts: { held: 8, lost: 0 } });
      expect(report.control).toMatchObject({ held: 6, lost: 0 });
      expect(report.advice[0]).toContain("--replica-header");
    },
  );

  test("replicas-unseen: one server-everything of the local Azure, whose hash ingress gives each session its own cookie", async () => {
    await using app = await startTestApp({ plane: { policy: "hash", replicaCommand: everythingCommand } });
    const report = await runProbe({ url: app.url, ca: app.ca, ...small });
    expect(report).toMatchObject({
      verdict: "inconclusive",
      cause: "replicas-unseen",
      cookies: [{ role: "per session" }],
    });
  });
});

test.each(["sdk", "sdk-v2"] as const)(
  "client-failed: a tool without a schema, which %s rejects and the lean driver ignores",
  async (client) => {
    await using a = await startReplica("a", { invalidTool: true });
    await using b = await startReplica("b", { invalidTool: true });
    await using ingress = await startTestIngress([a, b], "pinned");
    const report = await runProbe({ url: ingress.url, ...small, client });
    expect(report).toMatchObject({ verdict: "inconclusive", cause: "client-failed", counts: { held: 8 } });
    expect(report.officialClient).toMatchObject({ client, sessions: 3, ok: 0 });
    expect(report.officialClient?.error).toContain("inputSchema");
    expect(await runProbe({ url: ingress.url, ...small })).toMatchObject({ verdict: "held" });
  },
);

describe("too few calls are inconclusive, more calls show the cause", () => {
  test.each([
    ["stateless", "none", { stateless: true }, "3 calls"],
    ["resumes-anywhere", "none", { shared: new Map() }, "2 calls"],
    ["held-without-cookies", "session", {}, "2 calls"],
  ] as const)("%s: inconclusive, too-few-calls", async (cause, affinity, options, calls) => {
    await using a = await startReplica("a", options);
    await using b = await startReplica("b", options);
    await using ingress = await startTestIngress([a, b], affinity);
    const run = { url: ingress.url, client: "lean" } as const;
    const few = await runProbe({
      ...run,
      ...(cause === "held-without-cookies" ? { sessions: 2, calls: 2 } : { sessions: 1, calls: 2 }),
    });
    expect(few).toMatchObject({ verdict: "inconclusive", cause: "too-few-calls" });
    expect(few.reason).toContain(calls);
    expect(await runProbe(run)).toMatchObject({ cause });
  });

  test("held-no-control: a control group of one session doesn't show what keeps the others in place", async () => {
    await using a = await startReplica("a");
    await using b = await startReplica("b");
    await using ingress = await startTestIngress([a, b], "session");
    const report = await runProbe({ url: ingress.url, ...small, sessions: 12, calls: 2, controlSessions: 1 });
    expect(report).toMatchObject({ verdict: "held", cause: "held-no-control", control: { held: 1 } });
    expect(report.advice[0]).toContain("--control-sessions 20");
  });
});

test("rejected: a server that refuses initialize with a JSON-RPC error", async () => {
  await using server = await startReplica("picky");
  server.server.removeAllListeners("request").on("request", (_request, response) => {
    const error = { code: -32602, message: "Unsupported protocol version" };
    response.writeHead(400, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, error }));
  });
  const report = await runProbe({ url: server.url, ...small });
  expect(report).toMatchObject({ verdict: "inconclusive", cause: "rejected" });
  expect(report.reason).toContain("Unsupported protocol version");
});

test("every cause is produced in these tests", () => {
  const folders = [import.meta.dirname, `${import.meta.dirname}/../../../agw/tests/e2e`];
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));
  const text = files
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  expect(causes.filter((cause) => !text.includes(`"${cause}"`))).toEqual([]);
});
