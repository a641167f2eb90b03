import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProbeReport } from "mcp-affinity-probe";
import { describe, expect, test } from "vitest";
import { agwHere } from "../../../../tests/support/agwHere.ts";
import { closedPort } from "../../../../tests/support/closedPort.ts";
import { serveHttp, type TestServer } from "../../../../tests/support/httpServer.ts";
import { oddServers } from "../../../../tests/support/mcp/oddServers.ts";
import { temporaryDirectory } from "../../../../tests/support/temporaryDirectory.ts";

// Wrong options, and addresses without an MCP gateway. Each gets its own cause and exit code, within the timeout.

/** Counts a server's requests; undefined for a server that doesn't speak HTTP. */
function countRequests(server: TestServer | { readonly url: string }): () => number | undefined {
  if (!("server" in server)) return () => undefined;
  let asked = 0;
  server.server.on("request", () => void asked++);
  return () => asked;
}

describe("wrong input to agw probe", () => {
  test.each([
    [[], 2, "--url: "],
    [["--url", "ftp://gateway"], 2, "'ftp://gateway'"],
    [["--url", "gateway.example"], 2, "'gateway.example'"],
    [["--url", "http://u:p@127.0.0.1"], 2, "--url: "],
    [["--url", "http://127.0.0.1", "--sessions", "many"], 2, "--sessions: "],
    [["--url", "http://127.0.0.1", "--sessions", "10001"], 2, "10001"],
    [["--url", "http://127.0.0.1", "--transport", "ws"], 2, "'ws'"],
    [["--url", "http://127.0.0.1", "--bearer-file", "/nonexistent"], 2, "/nonexistent (ENOENT)"],
    [["--url", "http://127.0.0.1", "--html", "/nonexistent/report.html"], 2, "/nonexistent/report.html (ENOENT)"],
    [["--url", "http://127.0.0.1", "--for", "3"], 2, "--for: "],
    [["--url", "http://127.0.0.1", "--watch", "--calls", "9"], 2, "--calls: "],
    [["--url", "http://127.0.0.1", "--watch", "--sessions", "201"], 2, "--sessions: must be at most 200 with --watch"],
    [["--url", "http://127.0.0.1", "--no-control", "--control-sessions", "3"], 2, "--control-sessions: "],
    [["--url", "http://127.0.0.1", "--transport", "sse", "--hold"], 2, "--hold: "],
    [["--frobnicate"], 2, "--frobnicate"],
  ])("%j: %i", async (args, code, message) => {
    const result = await agwHere(["probe", ...args]);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toMatch(/\n {4}at /);
  });

  test("written files are named on stderr, but not with --json", async () => {
    await using folder = await temporaryDirectory();
    const files = { html: join(folder.path, "r.html"), junit: join(folder.path, "r.xml") };
    const args = ["probe", "--url", "http://127.0.0.1:1", "--html", files.html];
    const said = await agwHere([...args, "--junit", files.junit]);
    expect(said.stderr).toContain(`Wrote ${files.html}\nWrote ${files.junit}\n`);
    expect((await agwHere([...args, "--json"])).stderr).not.toContain(files.html);
  });

  test.skipIf(!existsSync("/dev/full"))(
    "the report is still printed if its file can't be written (skipped without /dev/full)",
    async () => {
      const full = await agwHere(["probe", "--url", "http://127.0.0.1:1", "--json", "--junit", "/dev/full"]);
      expect(JSON.parse(full.stdout)).toMatchObject({ verdict: "inconclusive" });
      expect(full.stderr).toContain("/dev/full (ENOSPC)");
      expect(full.code).toBe(1);
    },
  );

  test("all wrong options are named at once", async () => {
    const { stderr } = await agwHere(["probe", "--url", "x:y", "--calls", "0", "--client", "curl"]);
    for (const option of ["--url: ", "--calls: ", "--client: "]) expect(stderr).toContain(option);
  });

  test("an unknown host name and a refused connection: 3, each with its own cause", async () => {
    // Resolvers reject a name with an empty label at once, without asking another machine.
    const unknown = await agwHere(["probe", "--url", "https://gateway..invalid", "--timeout", "5", "--json"]);
    expect(unknown).toMatchObject({ code: 3 });
    expect(JSON.parse(unknown.stdout)).toMatchObject({ cause: "dns" });
    expect(JSON.parse(unknown.stdout).reason).toContain("gateway..invalid");
    const refused = await agwHere(["probe", "--url", `http://127.0.0.1:${closedPort}`, "--json"]);
    expect(refused).toMatchObject({ code: 3 });
    expect(JSON.parse(refused.stdout)).toMatchObject({ cause: "refused" });
    expect(JSON.parse(refused.stdout).reason).toContain(`127.0.0.1:${closedPort}`);
  });

  test.each([
    ["asks for a token", "sign-in", "--bearer-file"],
    ["redirects to a sign-in page", "sign-in", "--bearer-file"],
    ["redirects to another host's sign-in", "sign-in", "HTTP 302 to https://login.example/common/oauth2/authorize."],
    ["redirects to https", "redirected", "HTTP 301 to https://gateway.example/mcp."],
    ["redirects to the same with a slash", "redirected", "HTTP 307 to /mcp/."],
    ["forbids it", "forbidden", "not for you"],
    ["limits the rate", "rate-limited", "--rate"],
    ["answers a page", "not-mcp", "Welcome to nginx"],
    ["has nothing at this path", "no-endpoint", "--path"],
    ["answers garbage as JSON", "garbage", '"resu'],
    ["answers JSON that is no initialize result", "garbage", "protocolVersion"],
    ["fails", "server-error", "no healthy upstream"],
    ["never answers", "timeout", " 1 s"],
    ["begins an answer and stops", "timeout", " 1 s"],
    ["sends without end", "broken", "4194304"],
    ["speaks no HTTP", "garbage", "HTTP/"],
    ["hangs up", "broken", "other side closed"],
  ] as const)("a server that %s: 3, %s, within the timeout", async (kind, cause, value) => {
    await using server = await oddServers[kind]();
    const asked = countRequests(server);
    const result = await agwHere(["probe", "--url", server.url, "--timeout", "1", "--json"]);
    const report = JSON.parse(result.stdout) as ProbeReport;
    expect(result.code).toBe(3);
    expect(report).toMatchObject({ verdict: "inconclusive", cause, counts: { sessions: 0 } });
    expect([report.reason, ...report.advice].join(" ")).toContain(value);
    // Only one request may time out. Counting requests is reliable on a busy machine, unlike measuring seconds.
    if (cause === "timeout") expect(asked()).toBe(1);
    expect(report.run.seconds).toBeLessThan(30);
    expect(result.stdout).not.toContain("s3cret");
  });

  test("https to a port that speaks http: tls; a --ca file without a certificate: 2", async () => {
    await using plain = await serveHttp((_request, response) => response.end());
    const wrong = await agwHere(["probe", "--url", plain.url.replace("http:", "https:"), "--json"]);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ cause: "tls" });
    expect(JSON.parse(wrong.stdout).reason).toContain("wrong version number");
    await using folder = await temporaryDirectory();
    const file = join(folder.path, "ca.pem");
    await writeFile(file, "not a certificate");
    const none = await agwHere(["probe", "--url", "https://127.0.0.1", "--ca", file]);
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toMatch(new RegExp(`--ca: .*${file}`));
  });
});
