import type { SetCookie, Withheld } from "../http/cookies.ts";
import type { McpOutcome } from "../http/outcome.ts";

/** One exchange of a session, as any driver reports it. */
export interface McpExchange {
  readonly outcome: McpOutcome;
  readonly milliseconds: number;
  /** Over a connection of its own. */
  readonly fresh: boolean;
  /** The cookies that this answer set. */
  readonly setCookies: readonly SetCookie[];
  /** Cookies that the session had and did not send. */
  readonly withheld: readonly Withheld[];
  /** The replica's own word, from a tool or a header; undefined if the answer has none. */
  readonly replica: string | undefined;
}

/** Whether a session returns the cookies it got: what the probe compares. */
export type CookiePolicy = "keep" | "drop";

/** One MCP session, opened or not. */
export interface DrivenSession {
  /** The first exchange: initialize, and what belongs to it. A session is called only if it was answered. */
  open(): Promise<McpExchange>;
  /** The handshake's second half, if it is a separate exchange. */
  confirm?(): Promise<McpExchange>;
  /** One call; `fresh` over a connection of its own. */
  call(fresh: boolean): Promise<McpExchange>;
  /** Opens the stream on which the server may speak first; resolves once it stands or is refused. */
  hold?(events: StreamEvents): Promise<McpExchange>;
  /** Ends the session at the server (DELETE), and whatever this side holds of it. Never rejects. */
  close(): Promise<void>;
  /** As the gateway gave it; undefined if it gives none. Shown shortened only, for it may be a key. */
  readonly id: string | undefined;
  /** The cookies kept now, by name, sent or not. */
  cookies(): ReadonlyMap<string, string>;
}

export interface StreamEvents {
  onEvent(text: string): void;
  /** The stream was ended by the other side. */
  onEnd(): void;
}

/** Makes sessions of one kind towards one target. */
export interface Driver {
  session(policy: CookiePolicy): DrivenSession;
}

/** What the probe calls in a session: `whoami` names the replica if the server offers it; listing is harmless. */
export type Call =
  | { readonly kind: "tool"; readonly name: string; readonly identifies: boolean }
  | { readonly kind: "list" };

/** Where a driver sends its requests, and what it may say there. */
export interface Target {
  readonly url: URL;
  /** Sent with each request; values may be secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for one exchange. */
  readonly timeout: number;
  /** Kept connections at most. */
  readonly connections: number;
  readonly ca: string | undefined;
  /** A response header that names the replica; undefined: the usual names are tried. */
  readonly replicaHeader: string | undefined;
  /** What sessions call; set once the target is known. */
  call: Call;
}

/**
 * Response headers by which proxies and gateways commonly name the server behind them, in order of preference. Not
 * `x-served-by`: with CDNs it names the cache, another one for each connection.
 */
const replicaHeaders = ["x-replica", "x-backend-server", "x-upstream", "x-container-app-replica"];

/** The replica that an answer's headers name. */
export function replicaOfHeaders(headers: Record<string, string | string[] | undefined>, own: string | undefined) {
  for (const name of own === undefined ? replicaHeaders : [own.toLowerCase()]) {
    const value = headers[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

/**
 * The replica that a `whoami` answer names: `replica`, `name` or `hostname` of structured content or of JSON in the
 * first text, else that text itself if it is short.
 */
function replicaOfResult(result: unknown): string | undefined {
  const { structuredContent, content } = (result ?? {}) as { structuredContent?: unknown; content?: unknown };
  const text = Array.isArray(content) ? (content[0] as { text?: unknown } | undefined)?.text : undefined;
  return nameIn(structuredContent) ?? (typeof text === "string" ? (nameIn(parsed(text)) ?? short(text)) : undefined);
}

/** Adds what the answer of a call tells of the replica. A header that its user named says more than any tool. */
export function identified(exchange: McpExchange, { call, replicaHeader }: Target): McpExchange {
  if (call.kind !== "tool" || !call.identifies || exchange.outcome.kind !== "answered") return exchange;
  if (replicaHeader !== undefined && exchange.replica !== undefined) return exchange;
  return { ...exchange, replica: replicaOfResult(exchange.outcome.result) ?? exchange.replica };
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
  // A bare name is what `whoami` answers most often, and an exception for each call costs more than all else here.
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const short = (text: string): string | undefined => (text !== "" && text.length <= 100 ? text : undefined);
