import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProbeReport } from "mcp-affinity-probe";
import { describe, expect, test } from "vitest";
import { agwHere } from "../../../../tests/support/agwHere.ts";
import { serveHttp } from "../../../../tests/support/httpServer.ts";
import { startReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { startTestIngress, type TestIngress } from "../../../../tests/support/mcp/testIngress.ts";
import { runAgw } from "../../../../tests/support/runAgw.ts";
import { temporaryDirectory } from "../../../../tests/support/temporaryDirectory.ts";
import { phaseNames } from "../../src/commands/probeProgress.ts";

// `agw probe` as users run it, in its own process if that matters, against real servers on loopback.
// packages/probe/tests/integration tests it with the local Azure.

interface Gateway extends AsyncDisposable {
  readonly ingress: TestIngress;
  readonly sessions: () => number;
  /** Drops the sessions of this replica, as a restart would. */
  forgetSessions(replica: string): void;
}

async function gateway(affinity: "pinned" | "none" = "pinned"): Promise<Gateway> {
  const stack = new AsyncDisposableStack();
  const replicas = [stack.use(await startReplica("a")), stack.use(await startReplica("b"))];
  const ingress = stack.use(await startTestIngress(replicas, affinity));
  const sessions = () => replicas.reduce((sum, replica) => sum + replica.sessions.size, 0);
  const forgetSessions = (name: string) => replicas.find((replica) => replica.name === name)?.sessions.clear();
  return { ingress, sessions, forgetSessions, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("exit code and output", () => {
  test("held exits with 0 and lost with 1; --json prints only JSON to stdout, and progress goes to stderr", async () => {
    await using good = await gateway();
    const held = await runAgw(["probe", "--json", "--sessions", "12"], { env: { GATEWAY_URL: good.ingress.url } });
    expect(held.code).toBe(0);
    expect(JSON.parse(held.stdout)).toMatchObject({ schema: 1, verdict: "held", counts: { sessions: 12, held: 12 } });
    expect(held.stderr).toContain(`${phaseNames.open} (12)`);
    await using bad = await gateway("none");
    const lost = await agwHere(["probe", "--url", `${bad.ingress.url}/mcp`, "--sessions", "6", "--no-control"]);
    expect(lost.code).toBe(1);
    expect(lost.stdout).toMatch(/^LOST {2}affinity-off\n/);
  });
});

test("the lean driver and the official client ignore proxies in the environment", async () => {
  await using here = await gateway();
  const asked: string[] = [];
  await using proxy = await serveHttp((request, response) => {
    asked.push(String(request.url));
    response.writeHead(502).end();
  });
  const env = {
    HTTP_PROXY: proxy.url,
    http_proxy: proxy.url,
    HTTPS_PROXY: proxy.url,
    ALL_PROXY: proxy.url,
    NO_PROXY: "",
  };
  const result = await runAgw(["probe", "--url", here.ingress.url, "--sessions", "12", "--json"], { env });
  expect(JSON.parse(result.stdout)).toMatchObject({ verdict: "held", officialClient: { ok: 3 } });
  expect(asked).toEqual([]);
});

describe("chance", () => {
  test("one session is inconclusive (3), and the number of sessions in the advice is enough for held", async () => {
    await using here = await gateway();
    const one = await agwHere(["probe", "--url", here.ingress.url, "--client", "lean", "--sessions", "1"]);
    expect(one.code).toBe(3);
    expect(one.stdout).toMatch(/^INCONCLUSIVE {2}too-few-calls\n/);
    const enough = /--sessions (\d+)/.exec(one.stdout)?.[1] ?? "";
    const held = await agwHere(["probe", "--url", here.ingress.url, "--client", "lean", "--sessions", enough]);
    expect(held.stdout).toMatch(/^HELD {2}affinity-holds\n/);
    expect(held.code).toBe(0);
  });
});

describe("secrets", () => {
  test("a token and a header reach the gateway but appear in no output", async () => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, "token"), "s3cret-token\n", { mode: 0o600 });
    await writeFile(join(folder.path, "key"), "s3cret-key\n", { mode: 0o600 });
    const seen = new Set<string>();
    await using server = await serveHttp((request, response) => {
      seen.add(`${request.headers.authorization} ${request.headers["x-api-key"]}`);
      response.writeHead(401).end(`bad token ${request.headers["x-api-key"] === undefined}`);
    });
    const files = ["--bearer-file", join(folder.path, "token"), "--header", `X-Api-Key=@${join(folder.path, "key")}`];
    const html = join(folder.path, "report.html");
    const fromFile = await runAgw(["probe", "--url", server.url, ...files, "--json", "--html", html]);
    const fromEnvironment = await runAgw(["probe", "--url", server.url], { env: { TOKEN: "s3cret-token" } });
    expect([...seen]).toEqual(["Bearer s3cret-token s3cret-key", "Bearer s3cret-token undefined"]);
    const all =
      [fromFile, fromEnvironment].map(({ stdout, stderr }) => stdout + stderr).join() + (await readFile(html, "utf8"));
    expect(all).not.toContain("s3cret");
    expect(fromFile.code).toBe(3);
  });
});

describe("SIGINT", () => {
  test("closes the sessions, prints what it saw, and exits with 130", async () => {
    await using here = await gateway();
    const args = ["probe", "--url", here.ingress.url, "--sessions", "20", "--calls", "100", "--spread", "60", "--json"];
    const result = await runAgw(args, {
      onStderr: (soFar, interrupt) => soFar.includes(phaseNames.call) && interrupt(),
    });
    expect(result.code).toBe(130);
    const report = JSON.parse(result.stdout) as ProbeReport;
    expect(report).toMatchObject({
      cause: "interrupted",
      run: { interrupted: true },
      counts: { sessions: 20, held: 20 },
    });
    expect(here.sessions()).toBe(0);
    expect(result.seconds).toBeLessThan(40);
  });

  test("stops the command that fetches the token", async () => {
    const args = ["probe", "--url", "http://127.0.0.1:9", "--json"];
    const command = `sh -c 'echo fetching >&2; exec sleep 100'`;
    const result = await runAgw(args, {
      env: { PROBE_TOKEN_COMMAND: command },
      onStderr: (soFar, interrupt) => soFar.includes("fetching") && interrupt(),
    });
    expect(result.code).toBe(130);
    expect(JSON.parse(result.stdout)).toMatchObject({ cause: "interrupted" });
    expect(result.seconds).toBeLessThan(40);
  });

  test("does not wait for a server that hangs", async () => {
    const asked = Promise.withResolvers<void>();
    await using server = await serveHttp(() => asked.resolve());
    const args = ["probe", "--url", server.url, "--timeout", "60", "--json"];
    const result = await runAgw(args, { onStart: (interrupt) => void asked.promise.then(interrupt) });
    expect(result.code).toBe(130);
    expect(JSON.parse(result.stdout)).toMatchObject({ verdict: "inconclusive", cause: "interrupted" });
    expect(result.seconds).toBeLessThan(40);
  });
});

describe("--watch", () => {
  test("reports a lost session at once, opens another one, and ends after --for with the verdict's code", async () => {
    await using here = await gateway();
    let dropped = false;
    const args = ["probe", "--watch", "--for", "8", "--sessions", "2", "--url", here.ingress.url, "--json"];
    const result = await runAgw(args, {
      onStderr: (soFar) => {
        if (dropped || soFar.split(" opened ").length < 3) return;
        dropped = true;
        here.forgetSessions("a");
      },
    });
    expect(result.stderr).toMatch(/ session \d \([0-9a-f]{8}…\) opened .*\ba$/m);
    expect(result.stderr).toMatch(/ session \d \([0-9a-f]{8}…\) LOST .*\bHTTP 404 .*\ba\b/);
    expect(result.stderr).toMatch(/ session 3 \(.*\) opened /);
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({
      verdict: "lost",
      control: null,
      counts: { sessions: 3, lost: 1 },
    });
    expect(here.sessions()).toBe(0);
  });

  test("Ctrl-C ends it with 130 and closes the sessions", async () => {
    await using here = await gateway();
    const result = await runAgw(["probe", "--watch", "--sessions", "20", "--url", here.ingress.url], {
      onStderr: (soFar, interrupt) => soFar.split(" opened ").length === 21 && interrupt(),
    });
    expect(result.code).toBe(130);
    expect(result.stdout).toContain("HELD");
    expect(here.sessions()).toBe(0);
  });
});
