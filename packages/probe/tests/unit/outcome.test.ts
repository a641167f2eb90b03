import { request } from "undici";
import { describe, expect, test } from "vitest";
import { serveHttp } from "../../../../tests/support/httpServer.ts";
import { classifyError } from "../../src/http/connectionError.ts";
import { classifyReply, type Reply } from "../../src/http/outcome.ts";

const json = (status: number, body: unknown): Reply => ({
  status,
  contentType: "application/json",
  body: JSON.stringify(body),
});
const error = (code: number, message: string) => ({ jsonrpc: "2.0", error: { code, message }, id: null });
const text = (status: number, body: string, contentType = "text/plain"): Reply => ({ status, contentType, body });

describe("a lost session", () => {
  test.each([
    ["404", json(404, error(-32001, "Session not found"))],
    ["404", text(404, "mcp: session not found")],
    ["400 -32000", json(400, error(-32000, "Bad Request: No valid session ID provided"))],
    ["400 text", text(400, "mcp: invalid session ID header")],
    ["200 -32001", json(200, error(-32001, "Session not found"))],
  ] as const)("%s", (sign, reply) => {
    expect(classifyReply(reply, true)).toMatchObject({ kind: "lost", sign });
  });

  test.each([
    json(400, error(-32602, "Invalid params")),
    text(400, "Bad Request"),
    json(500, error(-32603, "Internal error")),
    text(503, "no healthy upstream"),
    json(200, error(-32001, "Request timed out")),
  ])("%o is not one", (reply) => expect(classifyReply(reply, true).kind).toBe("failed"));

  test("a request without a session ID can't lose a session", () => {
    expect(classifyReply(text(404, "Not Found"), false)).toMatchObject({ kind: "failed", reason: "no-endpoint" });
    expect(classifyReply(json(400, error(-32000, "no")), false)).toMatchObject({ kind: "failed", reason: "rejected" });
  });
});

describe("an answer", () => {
  test("returns its result", () => {
    expect(classifyReply(json(200, { jsonrpc: "2.0", id: 1, result: { a: 1 } }), true)).toEqual({
      kind: "answered",
      result: { a: 1 },
    });
  });
  test.each([text(202, ""), text(202, "Accepted"), text(200, "ok"), text(204, "")])(
    "any 2xx accepts a notification but doesn't answer a request: %o",
    (reply) => {
      expect(classifyReply(reply, true, true).kind).toBe("answered");
      expect(classifyReply(reply, true).kind).toBe("failed");
    },
  );
  test("a notification in an unknown session shows the loss like a request", () => {
    expect(classifyReply(json(404, error(-32001, "Session not found")), true, true)).toMatchObject({ kind: "lost" });
    expect(classifyReply(json(200, error(-32001, "Session not found")), true, true)).toMatchObject({ kind: "lost" });
  });
});

describe("a failure", () => {
  test.each([
    ["sign-in", text(401, "Unauthorized")],
    ["sign-in", text(302, '<a href="https://login.example/oauth2">')],
    ["sign-in", { ...text(303, ""), location: "https://sso.example/saml2" }],
    ["redirected", { ...text(301, ""), location: "https://gateway.example/mcp" }],
    ["redirected", { ...text(307, ""), location: "/mcp/" }],
    ["not-mcp", text(304, "")],
    ["forbidden", text(403, "RBAC: access denied")],
    ["client-certificate", text(403, "Client certificate required")],
    ["client-certificate", text(400, "<center>No required SSL certificate was sent</center>", "text/html")],
    ["rate-limited", text(429, "slow down")],
    ["no-endpoint", text(404, "Not Found")],
    ["no-endpoint", text(405, "")],
    ["server-error", text(502, "bad gateway")],
    ["broken", text(200, "", "text/event-stream")],
    ["garbage", text(200, "{oops", "text/event-stream")],
    ["not-mcp", text(200, "<!doctype html><title>Welcome</title>", "text/html")],
    ["garbage", text(200, "{oops", "application/json")],
    ["garbage", json(200, { hello: "world" })],
    ["rejected", json(200, error(-32600, "Invalid Request"))],
  ] as const)("%s", (reason, reply) => {
    expect(classifyReply(reply, false)).toMatchObject({ kind: "failed", reason });
  });

  test("a rate limit's detail includes Retry-After", () => {
    expect(classifyReply({ ...text(429, "slow down"), retryAfter: "7" }, false)).toMatchObject({
      detail: "HTTP 429, Retry-After 7 slow down",
    });
  });

  test("hides secrets that the server echoes before cutting its message", () => {
    const hide = (said: string) => said.replaceAll("s3cret".repeat(30), "[secret]");
    const reply = { ...text(302, `bad token ${"s3cret".repeat(30)}`), location: `/login/${"s3cret".repeat(30)}` };
    expect(classifyReply(reply, false, false, hide)).toMatchObject({
      detail: "HTTP 302 to /login/[secret] bad token [secret]",
      location: "/login/[secret]",
    });
  });

  test("the server's message is cut to one short line", () => {
    const outcome = classifyReply(text(500, `line\n${"x".repeat(1_000)}`), false);
    expect(outcome.kind === "failed" && outcome.detail.length).toBeLessThan(140);
    expect(outcome.kind === "failed" && outcome.detail).not.toContain("\n");
  });
});

describe("no answer", () => {
  test.each([
    ["ENOTFOUND", "dns"],
    ["EAI_AGAIN", "dns"],
    ["ECONNREFUSED", "refused"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls"],
    ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "tls"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "client-certificate"],
    ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "client-certificate"],
    ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "client-certificate"],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "client-certificate"],
    ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
    ["ETIMEDOUT", "timeout"],
    ["HPE_INVALID_CONSTANT", "garbage"],
    ["UND_ERR_SOCKET", "broken"],
    ["ECONNRESET", "broken"],
  ] as const)("%s: %s", (code, reason) => {
    expect(classifyError(Object.assign(new Error("m"), { code }))).toMatchObject({ kind: "failed", reason });
  });

  test("the local limit of open files is named, with how to raise it", () => {
    const outcome = classifyError(Object.assign(new Error("connect EMFILE"), { code: "EMFILE" }));
    expect(outcome).toMatchObject({ kind: "failed", reason: "broken" });
    expect(outcome).toMatchObject({
      detail: "connect EMFILE (too many open files on this machine; raise the limit with ulimit -n)",
    });
  });

  test("an answer that is cut off is broken, not garbage", async () => {
    await using server = await serveHttp((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": begun\n\n");
      setImmediate(() => response.socket?.end());
    });
    const thrown = await request(server.url)
      .then(({ body }) => body.text())
      .catch((error: unknown) => error);
    expect(classifyError(thrown)).toMatchObject({ kind: "failed", reason: "broken" });
  });

  test("if several addresses fail, the error of the first one counts", () => {
    const inner = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    expect(classifyError(new AggregateError([inner]))).toMatchObject({ reason: "refused" });
    expect(classifyError(new Error("outer", { cause: inner }))).toMatchObject({ reason: "refused" });
  });
});
