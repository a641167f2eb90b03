import type { SetCookie, Withheld } from "../http/cookies.ts";
import type { Credentials } from "../http/credentials.ts";
import type { McpOutcome } from "../http/outcome.ts";
import type { TlsOptions } from "../http/tls.ts";

/** One exchange of a session, as every driver reports it. */
export interface McpExchange {
  readonly outcome: McpOutcome;
  readonly milliseconds: number;
  /** Whether it used a new connection. */
  readonly fresh: boolean;
  /** The cookies that this answer set. */
  readonly setCookies: readonly SetCookie[];
  /** Cookies that the session had but didn't send. */
  readonly withheld: readonly Withheld[];
  /** The replica that the answer names, in a tool's result or a header; undefined if it names none. */
  readonly replica: string | undefined;
}

/** Whether a session returns its cookies. The probe compares both. */
export type CookiePolicy = "keep" | "drop";

/** One MCP session, opened or not. */
export interface DrivenSession {
  /** Opens the session. Calls are made only if this exchange is answered. */
  open(): Promise<McpExchange>;
  /** Completes the handshake, if the protocol needs a second exchange for it. */
  confirm?(): Promise<McpExchange>;
  /** Makes one call, on a new connection if `fresh`. */
  call(fresh: boolean): Promise<McpExchange>;
  /** Opens and holds a GET stream for messages from the server. Resolves when it is open or refused. */
  hold?(events: StreamEvents): Promise<McpExchange>;
  /** Ends the session on the server and closes its streams. Never rejects. */
  close(): Promise<void>;
  /** The session ID; undefined if the gateway issues none. It may be a key, so only show it shortened. */
  readonly id: string | undefined;
  /** The values of all kept cookies by name, including those that are not sent. */
  cookies(): ReadonlyMap<string, string>;
}

export interface StreamEvents {
  onEvent(text: string): void;
  /** Called when the other side ends the stream. */
  onEnd(): void;
}

/** Creates sessions with one target over one protocol. */
export interface Driver {
  session(policy: CookiePolicy): DrivenSession;
}

/** What the probe calls in a session: the tool `whoami`, which names the replica, or else the harmless `tools/list`. */
export type Call =
  | { readonly kind: "tool"; readonly name: string; readonly identifies: boolean }
  | { readonly kind: "list" };

/** Where a driver sends its requests, and how. */
export interface Target {
  readonly url: URL;
  readonly credentials: Credentials;
  /** Timeout of one exchange in milliseconds. */
  readonly timeout: number;
  /** Maximum number of connections per pool. */
  readonly connections: number;
  readonly tls: TlsOptions;
  /** The response header that names the replica; undefined to try the usual ones. */
  readonly replicaHeader: string | undefined;
  /** What sessions call. Set once the probe knows the target's tools. */
  call: Call;
}

/**
 * Response headers in which proxies and gateways commonly name the server behind them, in order of preference.
 * `x-served-by` is left out because CDNs use it to name the cache, which differs by connection.
 */
const replicaHeaders = ["x-replica", "x-backend-server", "x-upstream", "x-container-app-replica"];

/** Returns the replica that an answer's headers name. `own` is the header that the user named. */
export function replicaOfHeaders(headers: Record<string, string | string[] | undefined>, own: string | undefined) {
  for (const name of own === undefined ? replicaHeaders : [own.toLowerCase()]) {
    const value = headers[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

/**
 * Returns the replica that a `whoami` result names: `replica`, `name` or `hostname` in its structured content or in
 * JSON in its first text, else that text itself if it is short.
 */
function replicaOfResult(result: unknown): string | undefined {
  const { structuredContent, content } = (result ?? {}) as { structuredContent?: unknown; content?: unknown };
  const text = Array.isArray(content) ? (content[0] as { text?: unknown } | undefined)?.text : undefined;
  return nameIn(structuredContent) ?? (typeof text === "string" ? (nameIn(parsed(text)) ?? short(text)) : undefined);
}

/** Adds the replica that a tool's result names. A header that the user named takes precedence. */
export function identified(exchange: McpExchange, { call, replicaHeader, credentials }: Target): McpExchange {
  if (call.kind !== "tool" || !call.identifies || exchange.outcome.kind !== "answered") return exchange;
  if (replicaHeader !== undefined && exchange.replica !== undefined) return exchange;
  const replica = replicaOfResult(exchange.outcome.result);
  return { ...exchange, replica: replica === undefined ? exchange.replica : credentials.hide(replica) };
}

function nameIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const key of ["replica", "name", "hostname"]) {
    const name = (value as Record<string, unknown>)[key];
    if (typeof name === "string" && name !== "") return name;
  }
  return undefined;
}

function parsed(text: string): unknown {
  // Most results are a bare name, and an exception for each call would cost more than everything else here.
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const short = (text: string): string | undefined => (text !== "" && text.length <= 100 ? text : undefined);
