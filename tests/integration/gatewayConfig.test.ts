import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProbe } from "../../packages/probe/src/index.ts";
import { everythingCommand, hasAgentgateway } from "../../packages/probe/tests/support/gateways.ts";
import { startTestApp, type TestApp } from "../support/mcp/testApp.ts";

const run = promisify(execFile);
const title = hasAgentgateway ? "" : " (skipped: needs agentgateway on the PATH, and unshare)";
const file = new URL("../../gateway/config.yaml", import.meta.url);

describe.skipIf(!hasAgentgateway)(`AgentGateway serves the sample gatewayConfig${title}`, () => {
  let upstream: TestApp;
  let app: TestApp;
  beforeAll(async () => {
    upstream = await startTestApp({ plane: { replicaCommand: everythingCommand }, ingress: { allowInsecure: true } });
    const host = `${upstream.url.replace("https:", "http:")}/mcp`;
    const content = readFileSync(file, "utf8").replace("https://learn.microsoft.com/api/mcp", host);
    expect(content).toContain(host);
    const path = "/config/config.yaml";
    const container = { name: "agentgateway", image: "test", env: {}, args: ["-f", path], files: { [path]: content } };
    const probe = { type: "Readiness", httpGet: { path: "/healthz/ready", port: 15021 } } as const;
    app = await startTestApp({
      replicas: 2,
      affinity: "none",
      revision: { containers: [{ ...container, probes: [probe] }] },
      plane: { replicaCommand: "agentgateway" },
    });
  });
  afterAll(async () => {
    await app?.[Symbol.asyncDispose]();
    await upstream?.[Symbol.asyncDispose]();
  });

  test("accepts it", async () => {
    const { stdout } = await run("agentgateway", ["-f", file.pathname, "--validate-only"]);
    expect(stdout).toContain("valid");
  });

  /** Calls a tool a few times; returns the replicas that answered, as `x-replica` names them. */
  async function callTools(connect: (fetching: typeof fetch) => Transport): Promise<Set<string>> {
    const replicas = new Set<string>();
    const client = new Client({ name: "test", version: "1" });
    const fetching = async (...asked: Parameters<typeof fetch>): Promise<Response> => {
      const response = await app.fetch(...asked);
      replicas.add(response.headers.get("x-replica") ?? "unnamed");
      return response;
    };
    await client.connect(connect(fetching as typeof fetch));
    for (let call = 0; call < 6; call += 1) {
      const answer = await client.callTool({ name: "echo", arguments: { message: "hi" } });
      expect(answer.content).toEqual([{ type: "text", text: "Echo: hi" }]);
    }
    await client.close();
    return replicas;
  }

  const names = () => app.plane.replicas(app.appId, app.revision.revision).map(({ name }) => name);

  test("Streamable HTTP at /mcp: without affinity, a session works on both replicas, which x-replica names", async () => {
    const url = new URL(`${app.url}/mcp`);
    const replicas = await callTools((fetching) => new StreamableHTTPClientTransport(url, { fetch: fetching }));
    expect([...replicas].sort()).toEqual(names().sort());
  });

  test("the older SSE transport at /sse, with affinity", async () => {
    await app.plane.openIngress({ ...app.ingress, affinity: "sticky" });
    const cookies = new Map<string, string>();
    const keeping = (fetching: typeof fetch) => async (url: string | URL, init?: RequestInit) => {
      const headers = new Headers(init?.headers);
      if (cookies.size > 0) headers.set("cookie", [...cookies.values()].join("; "));
      const response = await fetching(String(url), { ...init, headers });
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ""] = cookie.split(";");
        cookies.set(pair.split("=")[0] ?? "", pair);
      }
      return response;
    };
    const url = new URL(`${app.url}/sse`);
    const replicas = await callTools(
      (fetching) => new SSEClientTransport(url, { fetch: keeping(fetching) as typeof fetch }),
    );
    expect(replicas.size).toBe(1);
    expect(names()).toContain([...replicas][0]);
    await app.plane.openIngress(app.ingress);
  });

  test("without affinity, the probe tells its replicas apart and finds affinity not needed", async () => {
    const report = await runProbe({
      url: app.url,
      ca: app.ca,
      sessions: 8,
      calls: 4,
      controlSessions: 0,
      client: "lean",
    });
    expect(report).toMatchObject({ verdict: "not needed", cause: "resumes-anywhere", replicasBy: "answer" });
    expect(report.replicas.map(({ name }) => name).sort()).toEqual(names().sort());
  });
});
