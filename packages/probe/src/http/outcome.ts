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
  "client-certificate",
  "timeout",
  "broken",
  "redirected",
  "no-token",
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
 * text (AgentGateway: `mcp: invalid session ID header`). `hide` removes secrets from the gateway's text.
 */
export function classifyReply(reply: Reply, inSession: boolean, notification = false, hide = unchanged): McpOutcome {
  const message = parseJsonRpc(reply);
  if (inSession) {
    const sign = lossSign(reply, message);
    if (sign !== undefined) return { kind: "lost", sign, detail: excerpt(reply, message, hide) };
  }
  const success = reply.status >= 200 && reply.status < 300;
  if (success && notification) return { kind: "answered", result: undefined };
  if (success) return classifySuccess(reply, message, hide);
  const location = reply.location === undefined ? {} : { location: withoutQuery(hide(reply.location)) };
  const [reason, detail] = [reasonOf(reply, message), excerpt(reply, message, hide)];
  return { kind: "failed", reason, status: reply.status, detail, ...location };
}

const unchanged = (text: string): string => text;

function lossSign(reply: Reply, message: JsonRpc | undefined): LossSign | undefined {
  if (reply.status === 404) return "404";
  const code = message?.error?.code;
  if (reply.status === 400 && code === -32000) return "400 -32000";
  if (reply.status === 400 && /session/i.test(reply.body)) return "400 text";
  if (reply.status === 200 && code === -32001 && /session/i.test(String(message?.error?.message))) return "200 -32001";
  return undefined;
}

function classifySuccess(reply: Reply, message: JsonRpc | undefined, hide: typeof unchanged): McpOutcome {
  if (message?.error !== undefined) {
    return { kind: "failed", reason: "rejected", status: reply.status, detail: excerpt(reply, message, hide) };
  }
  if (message !== undefined && "result" in message) return { kind: "answered", result: message.result };
  if (reply.contentType === "text/event-stream" && reply.body.trim() === "") {
    const detail = "the event stream ended before the answer";
    return { kind: "failed", reason: "broken", status: reply.status, detail };
  }
  const mcpType = reply.contentType === "application/json" || reply.contentType === "text/event-stream";
  const reason = mcpType ? "garbage" : "not-mcp";
  return { kind: "failed", reason, status: reply.status, detail: excerpt(reply, message, hide) };
}

function reasonOf(reply: Reply, message: JsonRpc | undefined): FailureReason {
  // nginx answers 400, others 403. Container Apps ends the TLS connection instead.
  if ((reply.status === 400 || reply.status === 403) && wantsCertificate.test(reply.body)) return "client-certificate";
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

const wantsCertificate = /client certificate|required SSL certificate/i;

function parseJsonRpc(reply: Reply): JsonRpc | undefined {
  try {
    const value: unknown = JSON.parse(reply.body);
    return typeof value === "object" && value !== null && "jsonrpc" in value ? (value as JsonRpc) : undefined;
  } catch {
    return undefined;
  }
}

/** Shortens the answer to fit a table. The text is untrusted and must be escaped wherever it is shown. */
function excerpt(reply: Reply, message: JsonRpc | undefined, hide: typeof unchanged): string {
  const error = message?.error;
  const text = error === undefined ? reply.body : `${String(error.code)} ${String(error.message)}`;
  const line = hide(text).replaceAll(/\s+/g, " ").trim();
  const said = line.length > 120 ? `${line.slice(0, 119)}…` : line;
  const to = reply.location === undefined ? "" : ` to ${withoutQuery(hide(reply.location))}`;
  const later = reply.retryAfter === undefined ? "" : `, Retry-After ${reply.retryAfter.slice(0, 40)}`;
  return `HTTP ${reply.status}${to}${later}${said === "" ? "" : ` ${said}`}`;
}

/** Drops the query and fragment, which may contain a sign-in key. */
const withoutQuery = (location: string): string => location.replace(/[?#].*$/s, "").slice(0, 120);
