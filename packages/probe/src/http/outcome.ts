/**
 * How a gateway shows that it doesn't know a session. All were seen on real servers; docs/probe.md lists them. The last
 * two belong to the older SSE transport, where a session is its stream and a misrouted message gets no answer.
 */
export type LossSign = "404" | "400 -32000" | "400 text" | "200 -32001" | "stream ended" | "no answer";

/** Why an exchange failed, other than a lost session. */
export const failureReasons = [
  "dns",
  "refused",
  "tls",
  "timeout",
  "broken",
  "redirected",
  "sign-in",
  "forbidden",
  "rate-limited",
  "no-endpoint",
  "not-mcp",
  "garbage",
  "server-error",
  "rejected",
] as const;

export type FailureReason = (typeof failureReasons)[number];

/** The outcome of one MCP exchange. */
export type McpOutcome =
  | { readonly kind: "answered"; readonly result: unknown }
  | { readonly kind: "lost"; readonly sign: LossSign; readonly detail: string }
  | Failure;

export interface Failure {
  readonly kind: "failed";
  readonly reason: FailureReason;
  readonly status?: number;
  /** The message of the gateway or the operating system. */
  readonly detail: string;
  /** The target of a redirect, without its query. */
  readonly location?: string;
}

/** One HTTP answer, read up to the awaited JSON-RPC message or to its end. */
export interface Reply {
  readonly status: number;
  /** In lower case, without parameters; empty if there is none. */
  readonly contentType: string;
  /** The body as text. For an event stream, the data of the awaited event, else of the last one. */
  readonly body: string;
  /** The target of a redirect. */
  readonly location?: string | undefined;
  /** The answer's Retry-After header. */
  readonly retryAfter?: string | undefined;
}

/** An answer with its headers. */
export interface WireReply extends Reply {
  readonly headers: Record<string, string | string[] | undefined>;
}

interface JsonRpc {
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

/**
 * Judges the answer to a request or a notification. Any 2xx accepts a notification, as in the official clients.
 * `inSession` is true if the request carried a session ID; only then can a session be lost. MCP requires 404 for an
 * unknown session. Real servers also send 400 with -32000 (the official SDK and server-everything) or 400 with plain
 * text (AgentGateway: `mcp: invalid session ID header`).
 */
export function classifyReply(reply: Reply, inSession: boolean, notification = false): McpOutcome {
  const message = parseJsonRpc(reply);
  if (inSession) {
    const sign = lossSign(reply, message);
    if (sign !== undefined) return { kind: "lost", sign, detail: excerpt(reply, message) };
  }
  const success = reply.status >= 200 && reply.status < 300;
  if (success && notification) return { kind: "answered", result: undefined };
  if (success) return classifySuccess(reply, message);
  const location = reply.location === undefined ? {} : { location: withoutQuery(reply.location) };
  const [reason, detail] = [reasonOf(reply, message), excerpt(reply, message)];
  return { kind: "failed", reason, status: reply.status, detail, ...location };
}

function lossSign(reply: Reply, message: JsonRpc | undefined): LossSign | undefined {
  if (reply.status === 404) return "404";
  const code = message?.error?.code;
  if (reply.status === 400 && code === -32000) return "400 -32000";
  if (reply.status === 400 && /session/i.test(reply.body)) return "400 text";
  if (reply.status === 200 && code === -32001 && /session/i.test(String(message?.error?.message))) return "200 -32001";
  return undefined;
}

function classifySuccess(reply: Reply, message: JsonRpc | undefined): McpOutcome {
  if (message?.error !== undefined) {
    return { kind: "failed", reason: "rejected", status: reply.status, detail: excerpt(reply, message) };
  }
  if (message !== undefined && "result" in message) return { kind: "answered", result: message.result };
  if (reply.contentType === "text/event-stream" && reply.body.trim() === "") {
    const detail = "the event stream ended before the answer";
    return { kind: "failed", reason: "broken", status: reply.status, detail };
  }
  const mcpType = reply.contentType === "application/json" || reply.contentType === "text/event-stream";
  const reason = mcpType ? "garbage" : "not-mcp";
  return { kind: "failed", reason, status: reply.status, detail: excerpt(reply, message) };
}

function reasonOf(reply: Reply, message: JsonRpc | undefined): FailureReason {
  switch (reply.status) {
    case 401:
      return "sign-in";
    case 403:
      return "forbidden";
    case 429:
      return "rate-limited";
    case 404:
    case 405:
      return "no-endpoint";
  }
  if (reply.status >= 500) return "server-error";
  if (reply.status >= 300 && reply.status < 400) {
    const signIn = /login|log-?on|sign-?in|oauth|saml|\bsso\b/i;
    if (signIn.test(`${reply.location} ${reply.body}`)) return "sign-in";
    return reply.location === undefined ? "not-mcp" : "redirected";
  }
  return message !== undefined ? "rejected" : "not-mcp";
}

function parseJsonRpc(reply: Reply): JsonRpc | undefined {
  try {
    const value: unknown = JSON.parse(reply.body);
    return typeof value === "object" && value !== null && "jsonrpc" in value ? (value as JsonRpc) : undefined;
  } catch {
    return undefined;
  }
}

/** Shortens the answer to fit a table. The text is untrusted and must be escaped wherever it is shown. */
function excerpt(reply: Reply, message: JsonRpc | undefined): string {
  const error = message?.error;
  const text = error === undefined ? reply.body : `${String(error.code)} ${String(error.message)}`;
  const line = text.replaceAll(/\s+/g, " ").trim();
  const said = line.length > 120 ? `${line.slice(0, 119)}…` : line;
  const to = reply.location === undefined ? "" : ` to ${withoutQuery(reply.location)}`;
  const later = reply.retryAfter === undefined ? "" : `, Retry-After ${reply.retryAfter.slice(0, 40)}`;
  return `HTTP ${reply.status}${to}${later}${said === "" ? "" : ` ${said}`}`;
}

/** Drops the query and fragment, which may contain a sign-in key. */
const withoutQuery = (location: string): string => location.replace(/[?#].*$/s, "").slice(0, 120);

const dnsCodes = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA"]);
const refusedCodes = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"]);
const timeoutCodes = new Set([
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);
const tlsCode = /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/** Judges an error that was thrown instead of an answer, by the code from Node or undici. */
export function classifyError(error: unknown): McpOutcome {
  const { code, message } = deepest(error);
  const said = message === "" ? code : (openSslReason(message) ?? message);
  // A limit of this machine, which says nothing about the gateway.
  const detail =
    code === "EMFILE" ? `${said} (too many open files on this machine; raise the limit with ulimit -n)` : said;
  // This is undici's message for an answer that was cut off; the error has no code.
  const reason = message.includes("Invalid EOF state") ? "broken" : reasonOfCode(code);
  return { kind: "failed", reason, detail };
}

/** OpenSSL's error lines: thread, `error`, number, library, function, reason, file and line, separated by colons. */
function openSslReason(message: string): string | undefined {
  return /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(message)?.[1];
}

function reasonOfCode(code: string): FailureReason {
  if (dnsCodes.has(code)) return "dns";
  if (refusedCodes.has(code)) return "refused";
  if (timeoutCodes.has(code)) return "timeout";
  if (tlsCode.test(code)) return "tls";
  // Errors of Node's parser for answers that aren't HTTP, and of zlib for a wrong Content-Encoding.
  if (code.startsWith("HPE_") || code.startsWith("Z_") || code === "HTTPParserError") return "garbage";
  return "broken";
}

/** Unwraps errors. An AggregateError, from several addresses, holds one error for each; the first is enough. */
function deepest(error: unknown): { code: string; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return deepest(error.errors[0]);
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  if (error.cause instanceof Error) return deepest(error.cause);
  const { code } = error as NodeJS.ErrnoException;
  return { code: code ?? error.name, message: error.message };
}
