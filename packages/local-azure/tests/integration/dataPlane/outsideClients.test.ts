import { execFile, spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../../tests/support/mcp/testApp.ts";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { planLaunch } from "../../../src/dataPlane/replicas/process/launch.ts";
import { startProcess } from "../../../src/dataPlane/replicas/process/replicaProcess.ts";

const run = promisify(execFile);
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const everything = [
  process.execPath,
  file("../../../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js"),
  "streamableHttp",
  "--port={port}",
];

/** Runs the suite and returns its summary, without colors and with one line for each scenario. */
async function conformance(url: string, env: Record<string, string>): Promise<string[]> {
  const suite = file("../../../../../node_modules/@modelcontextprotocol/conformance/dist/index.js");
  await using output = await temporaryDirectory();
  const options = { env: { ...process.env, NO_COLOR: "1", ...env }, maxBuffer: 64 * 1024 * 1024 };
  const ended = run(process.execPath, [suite, "server", "--url", `${url}/mcp`, "--output-dir", output.path], options);
  // Exit code 1 means that a scenario failed. That depends on the server, not on the ingress.
  const { stdout } = await ended.catch((error: { stdout: string }) => error);
  const summary = stdout.slice(stdout.indexOf("=== SUMMARY ==="));
  return summary.split("\n").filter((line) => /^. [\w-]+: \d+ passed, \d+ failed/.test(line));
}

const passed = (lines: readonly string[]): number =>
  lines.reduce((sum, line) => sum + Number(/(\d+) passed/.exec(line)?.[1] ?? 0), 0);

const environment = file("../../../../../.local/python-mcp");
const python = join(environment, "bin/python");

/** Returns whether the official Python client is installed. Tries to install it into the project's folder first. */
function hasPythonClient(): boolean {
  const check = (): boolean => spawnSync(python, ["-c", "import mcp.client.streamable_http"]).status === 0;
  if (check()) return true;
  if (spawnSync("python3", ["-m", "venv", environment]).status !== 0) return false;
  const quiet = { stdio: "ignore", timeout: 60_000 } as const;
  // uv, which also comes from PyPI, installs ten times faster than pip.
  spawnSync(python, ["-m", "pip", "install", "--quiet", "uv"], quiet);
  spawnSync(python, ["-m", "uv", "pip", "install", "--quiet", "--python", python, "mcp==1.30.0"], quiet);
  return check();
}

const pythonClient = `
import asyncio, json, sys
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamablehttp_client

async def main(transport, url):
    async with (streamablehttp_client(url) if transport == "http" else sse_client(url)) as streams:
        async with ClientSession(streams[0], streams[1]) as session:
            await session.initialize()
            results = [await session.call_tool("counter", {}) for _ in range(5)]
            print(json.dumps([result.content[0].text for result in results]))

asyncio.run(main(sys.argv[1], sys.argv[2]))
`;

describe("the MCP conformance suite", () => {
  test.for([
    ["the default server (and a lower one without cookies)", undefined],
    ["server-everything", everything],
  ] as const)("gives %s the same score on four replicas with affinity as directly", async ([, command]) => {
    await using app = await startTestApp({
      replicas: 4,
      // Plain http, because one scenario sends a forged Host header, which a TLS client refuses to send.
      ingress: { allowInsecure: true },
      ...(command === undefined ? {} : { plane: { replicaCommand: command.map((word) => `'${word}'`).join(" ") } }),
    });
    await using folder = await temporaryDirectory();
    const directory = folder.path;
    const { PATH = "" } = process.env;
    const launch = planLaunch(command, app.revision, directory);
    const server = await startProcess({ launch, directory, env: { PATH }, onLine: () => {} });
    try {
      const { data } = await server.endpoint;
      const direct = await untilListening(`http://127.0.0.1:${"port" in data ? data.port : 0}`);
      const score = await conformance(direct, {});
      expect(passed(score)).toBeGreaterThan(5);
      const url = app.url.replace("https:", "http:");
      const cookies = `--import=${new URL("../../support/cookiePreload.mjs", import.meta.url).href}`;
      expect(await conformance(url, { NODE_OPTIONS: cookies })).toEqual(score);
      // One run without cookies is enough to show that the cookie makes the difference.
      if (command === undefined) expect(passed(await conformance(url, {}))).toBeLessThan(passed(score));
    } finally {
      await server.stop(100);
    }
  });
});

async function untilListening(url: string): Promise<string> {
  await expect
    .poll(
      () =>
        fetch(url).then(
          () => true,
          () => false,
        ),
      { timeout: 30_000 },
    )
    .toBe(true);
  return url;
}

describe("clients in other languages, on four replicas", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ replicas: 4 });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  const post = (...more: string[]): string[] => [
    ...["--silent", "--show-error", "--cacert", app.caFile, "--header", "content-type: application/json"],
    ...["--header", "accept: application/json, text/event-stream", ...more, `${app.url}/mcp`],
  ];
  const initialize = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "curl", version: "1" } },
  });
  const whoami = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "whoami" } });

  test.skipIf(spawnSync("curl", ["--version"]).status !== 0)(
    "curl keeps its session with a cookie jar and loses it without one (needs curl)",
    async () => {
      await using folder = await temporaryDirectory();
      const jar = join(folder.path, "jar");
      const head = join(folder.path, "head");
      await run("curl", post("--cookie-jar", jar, "--dump-header", head, "--data", initialize));
      expect(await readFile(jar, "utf8")).toMatch(
        /#HttpOnly_127\.0\.0\.1\tFALSE\t\/\tTRUE\t0\tacaAffinity\t"[\da-f]{16}"/,
      );
      const session = /^mcp-session-id: (\S+)/im.exec(await readFile(head, "utf8"))?.[1];
      const call = ["--header", `mcp-session-id: ${session}`, "--data", whoami, "--write-out", "%{http_code}"];
      for (let n = 0; n < 4; n++) expect((await run("curl", post("--cookie", jar, ...call))).stdout).toMatch(/200$/);
      const codes: string[] = [];
      for (let n = 0; n < 4; n++) codes.push((await run("curl", post(...call))).stdout.slice(-3));
      expect(codes.filter((code) => code === "404")).toHaveLength(3);
    },
  );

  test.skipIf(!hasPythonClient())(
    "the unmodified Python client keeps its session, over Streamable HTTP and over SSE (needs python3 with venv and PyPI)",
    async () => {
      await using folder = await temporaryDirectory();
      const script = join(folder.path, "client.py");
      await writeFile(script, pythonClient);
      const env = { ...process.env, SSL_CERT_FILE: app.caFile };
      for (const [transport, path] of [
        ["http", "/mcp"],
        ["sse", "/sse"],
      ] as const) {
        const { stdout } = await run(python, [script, transport, `${app.url}${path}`], { env });
        expect(JSON.parse(stdout)).toEqual(["1", "2", "3", "4", "5"]);
      }
    },
  );
});
