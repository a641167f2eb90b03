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

// What a user may get wrong, and what may wait at an address: each its own message and exit code, within the timeout.

/** How often a server has been asked; undefined for one that speaks no HTTP. */
function countRequests(server: TestServer | { readonly url: string }): () => number | undefined {
  if (!("server" in server)) return () => undefined;
  let asked = 0;
  server.server.on("request", () => void asked++);
  return () => asked;
}

describe("wrong input to agw probe", () => {
  test.each([
    [[], 2, "--url: no URL given"],
    [["--url", "ftp://gateway"], 2, "must begin with http:// or https://, got 'ftp://gateway'"],
    [["--url", "gateway.example"], 2, "must begin with http:// or https://"],
    [["--url", "http://u:p@127.0.0.1"], 2, "must hold no user or password"],
    [["--url", "http://127.0.0.1", "--sessions", "many"], 2, "--sessions: must be a number, got 'many'"],
    [["--url", "http://127.0.0.1", "--sessions", "10001"], 2, "from 1 to 10000, got 10001"],
    [["--url", "http://127.0.0.1", "--transport", "ws"], 2, "must be http, sse, got 'ws'"],
    [["--url", "http://127.0.0.1", "--bearer-file", "/nonexistent"], 2, "cannot read /nonexistent (ENOENT)"],
    [["--url", "http://127.0.0.1", "--html", "/nonexistent/report.html"], 2, "cannot write /nonexistent/report.html"],
    [["--url", "http://127.0.0.1", "--for", "3"], 2, "--for: goes with --watch only"],
    [["--url", "http://127.0.0.1", "--watch", "--calls", "9"], 2, "--calls: has no effect with --watch"],
    [["--url", "http://127.0.0.1", "--watch", "--sessions", "201"], 2, "--sessions: with --watch at most 200, got 201"],
    [["--url", "http://127.0.0.1", "--no-control", "--control-sessions", "3"], 2, "contradicts --no-control"],
    [["--url", "http://127.0.0.1", "--transport", "sse", "--hold"], 2, "--hold: goes with --transport http only"],
    [["--frobnicate"], 2, "--frobnicate"],
  ])("%j: %i", async (args, code, message) => {
    const result = await agwHere(["probe", ...args]);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toMatch(/\n {4}at /);
  });

  test("files are named once they are written, and not with --json", async () => {
    await using folder = await temporaryDirectory();
    const files = { html: join(folder.path, "r.html"), junit: join(folder.path, "r.xml") };
    const args = ["probe", "--url", "http://127.0.0.1:1", "--html", files.html];
    const said = await agwHere([...args, "--junit", files.junit]);
    expect(said.stderr).toContain(`Written: ${files.html}\nWritten: ${files.junit}\n`);
    expect((await agwHere([...args, "--json"])).stderr).not.toContain("Written");
  });

  test.skipIf(!existsSync("/dev/full"))(
    "a file that cannot be written after all (a full disk) takes nothing from the report (skipped where there is no /dev/full)",
    async () => {
      const full = await agwHere(["probe", "--url", "http://127.0.0.1:1", "--json", "--junit", "/dev/full"]);
      expect(JSON.parse(full.stdout)).toMatchObject({ verdict: "inconclusive" });
      expect(full.stderr).toContain("--junit: cannot write /dev/full (ENOSPC)");
      expect(full.code).toBe(1);
    },
  );

  test("several wrong options are all named at once", async () => {
    const { stderr } = await agwHere(["probe", "--url", "x:y", "--calls", "0", "--client", "curl"]);
    expect(stderr).toContain("3 options are wrong");
  });

  test("host unknown, and connection refused: 3, each its own message", async () => {
    // With an empty part no resolver asks another machine for it, and none takes its time.
    const unknown = await agwHere(["probe", "--url", "https://gateway..invalid", "--timeout", "5", "--json"]);
    expect(unknown).toMatchObject({ code: 3 });
    expect(JSON.parse(unknown.stdout)).toMatchObject({ cause: "dns" });
    expect(JSON.parse(unknown.stdout).reason).toContain("The host name cannot be resolved");
    const refused = await agwHere(["probe", "--url", `http://127.0.0.1:${closedPort}`, "--json"]);
    expect(refused).toMatchObject({ code: 3 });
    expect(JSON.parse(refused.stdout)).toMatchObject({ cause: "refused" });
    expect(JSON.parse(refused.stdout).reason).toContain("Nothing accepts connections there");
  });

  test.each([
    ["asks for a token", "sign-in", "--bearer-file"],
    ["redirects to a sign-in page", "sign-in", "--bearer-file"],
    ["redirects to another host's sign-in", "sign-in", "HTTP 302 to https://login.example/common/oauth2/authorize."],
    [
      "redirects to https",
      "redirected",
      "HTTP 301 to https://gateway.example/mcp. Give that https address with --url.",
    ],
    ["redirects to the same with a slash", "redirected", "HTTP 307 to /mcp/. Give that address with --url."],
    ["forbids it", "forbidden", "not for you"],
    ["limits the rate", "rate-limited", "--rate"],
    ["answers a page", "not-mcp", "Welcome to nginx"],
    ["has nothing at this path", "no-endpoint", "--path"],
    ["answers garbage as JSON", "garbage", "cannot be read"],
    ["answers JSON that is no initialize result", "garbage", "no protocolVersion"],
    ["fails", "server-error", "no healthy upstream"],
    ["never answers", "timeout", "within 1 s"],
    ["begins an answer and stops", "timeout", "within 1 s"],
    ["sends without end", "broken", "more than"],
    ["speaks no HTTP", "garbage", "cannot be read"],
    ["hangs up", "broken", "broke"],
  ] as const)("a server that %s: 3, %s, within the timeout", async (kind, cause, words) => {
    await using server = await oddServers[kind]();
    const asked = countRequests(server);
    const result = await agwHere(["probe", "--url", server.url, "--timeout", "1", "--json"]);
    const report = JSON.parse(result.stdout) as ProbeReport;
    expect(result.code).toBe(3);
    expect(report).toMatchObject({ verdict: "inconclusive", cause, counts: { sessions: 0 } });
    expect([report.reason, ...report.advice].join(" ")).toContain(words);
    // One timeout, and not one more for each thing that could be tried: on a busy machine seconds would not tell.
    if (cause === "timeout") expect(asked()).toBe(1);
    expect(report.run.seconds).toBeLessThan(30);
    expect(result.stdout).not.toContain("s3cret");
  });

  test("https to a port that speaks http, and one that no --ca vouches for: tls, in a line that says which", async () => {
    await using plain = await serveHttp((_request, response) => response.end());
    const wrong = await agwHere(["probe", "--url", plain.url.replace("http:", "https:"), "--json"]);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      cause: "tls",
      reason: "The TLS connection failed: wrong version number.",
    });
    expect(JSON.parse(wrong.stdout).advice[0]).toContain("that the port speaks https");
    await using folder = await temporaryDirectory();
    const file = join(folder.path, "ca.pem");
    await writeFile(file, "not a certificate");
    const none = await agwHere(["probe", "--url", "https://127.0.0.1", "--ca", file]);
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toMatch(new RegExp(`--ca: .*${file}`));
  });
});
