import { classifyReply, type McpOutcome } from "../http/outcome.ts";
import type { Wire } from "../http/wire.ts";
import { Channel, type StreamAnswer } from "./channel.ts";
import {
  type CookiePolicy,
  type DrivenSession,
  type Driver,
  identified,
  type McpExchange,
  type Target,
} from "./driver.ts";
import { clientInfo } from "./leanDriver.ts";

/** The protocol version with this transport. The server answers with the version that it speaks. */
const sseProtocol = "2024-11-05";

/** The older HTTP+SSE transport: each session holds a stream, which delivers the answers to messages sent by POST. */
export class SseDriver implements Driver {
  readonly #wire: Wire;
  readonly #target: Target;

  constructor(wire: Wire, target: Target) {
    this.#wire = wire;
    this.#target = target;
  }

  session(policy: CookiePolicy): SseSession {
    return new SseSession(new Channel(this.#wire, this.#target, policy), this.#target, policy);
  }
}

class SseSession implements DrivenSession {
  readonly #channel: Channel;
  readonly #target: Target;
  readonly #policy: CookiePolicy;
  readonly #waiting = new Map<number, (data: string) => void>();
  readonly #ended = Promise.withResolvers<McpOutcome>();
  #stream: StreamAnswer | undefined;
  #buffer = "";
  #endpoint = Promise.withResolvers<string>();
  #path = "";
  #nextId = 1;

  constructor(channel: Channel, target: Target, policy: CookiePolicy) {
    this.#channel = channel;
    this.#target = target;
    this.#policy = policy;
  }

  /** `sessionId` or `session_id` in the endpoint's query; undefined if it has neither. */
  get id(): string | undefined {
    const query = new URLSearchParams(this.#path.split("?")[1]);
    return query.get("sessionId") ?? query.get("session_id") ?? undefined;
  }

  cookies(): ReadonlyMap<string, string> {
    return this.#channel.cookies();
  }

  async open(): Promise<McpExchange> {
    const headers = { accept: "text/event-stream" };
    const request = { method: "GET", headers, fresh: true, inSession: false } as const;
    this.#stream = await this.#channel.stream(
      request,
      (text) => this.#receive(text),
      () =>
        this.#ended.resolve({ kind: "lost", sign: "stream ended", detail: "the gateway closed the session's stream" }),
    );
    const { exchange } = this.#stream;
    if (exchange.outcome.kind !== "answered") return exchange;
    const path = await this.#inTime(this.#endpoint.promise, undefined);
    if (typeof path !== "string") {
      return { ...exchange, outcome: { kind: "failed", reason: "not-mcp", detail: "the stream names no endpoint" } };
    }
    this.#path = path;
    const params = { protocolVersion: sseProtocol, capabilities: {}, clientInfo };
    const initialized = await this.request("initialize", params, false);
    const setCookies = [...exchange.setCookies, ...initialized.setCookies];
    return { ...initialized, setCookies, replica: initialized.replica ?? exchange.replica };
  }

  async confirm(): Promise<McpExchange> {
    const body = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
    return (await this.#post(body, this.#policy === "drop")).exchange;
  }

  async call(fresh: boolean): Promise<McpExchange> {
    const { call } = this.#target;
    if (call.kind === "list") return this.request("tools/list", {}, fresh);
    return identified(await this.request("tools/call", { name: call.name, arguments: {} }, fresh), this.#target);
  }

  async request(method: string, params: object, fresh: boolean): Promise<McpExchange> {
    const started = performance.now();
    const id = this.#nextId++;
    const answer = new Promise<string>((resolve) => this.#waiting.set(id, resolve));
    const { exchange } = await this.#post(JSON.stringify({ jsonrpc: "2.0", id, method, params }), fresh);
    if (exchange.outcome.kind !== "answered") return exchange;
    const outcome = await this.#inTime<McpOutcome>(answer, {
      kind: "lost",
      sign: "no answer",
      detail: "the message was accepted, but no answer came on the session's stream",
    });
    this.#waiting.delete(id);
    const judged =
      typeof outcome === "string"
        ? classifyReply({ status: 200, contentType: "application/json", body: outcome }, true, false, (text) =>
            this.#target.credentials.hide(text),
          )
        : outcome;
    return { ...exchange, outcome: judged, milliseconds: performance.now() - started };
  }

  /** Ends the session by closing its stream, as clients of this transport do. */
  async close(): Promise<void> {
    this.#stream?.close();
  }

  async #post(body: string, fresh: boolean) {
    const headers = { "content-type": "application/json" };
    // The answer comes on the stream. The POST itself is only accepted, by some servers with a text such as "Accepted".
    const sent = { method: "POST", path: this.#path, headers, body, fresh, inSession: true } as const;
    const answer = await this.#channel.send(sent);
    const { outcome } = answer.exchange;
    // server-everything never answers a message of an unknown session.
    const silent = outcome.kind === "failed" && outcome.reason === "timeout";
    const judged: McpOutcome = silent
      ? { kind: "lost", sign: "no answer", detail: "the gateway never answered a message in this session" }
      : outcome;
    return { ...answer, exchange: { ...answer.exchange, outcome: judged } };
  }

  #receive(text: string): void {
    this.#buffer += text;
    for (let match = eventEnd.exec(this.#buffer); match !== null; match = eventEnd.exec(this.#buffer)) {
      const block = this.#buffer.slice(0, match.index);
      this.#buffer = this.#buffer.slice(match.index + match[0].length);
      this.#take(block);
    }
  }

  #take(block: string): void {
    const lines = block.split(/\r\n|\n|\r/);
    const value = (field: string) =>
      lines
        .filter((line) => line.startsWith(`${field}:`))
        .map((line) => line.slice(field.length + 1).replace(/^ /, ""));
    const data = value("data").join("\n");
    if (value("event")[0] === "endpoint") {
      const endpoint = new URL(data, this.#target.url);
      // Only send messages, which carry the token, to the gateway itself.
      if (endpoint.origin === this.#target.url.origin) this.#endpoint.resolve(endpoint.pathname + endpoint.search);
      return;
    }
    const id = idOf(data);
    if (id !== undefined) this.#waiting.get(id)?.(data);
  }

  /** Resolves with whichever comes first: the value, the end of the stream, or `late` after the timeout. */
  async #inTime<L>(value: Promise<string>, late: L): Promise<string | McpOutcome | L> {
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<L>((resolve) => {
      timer = setTimeout(() => resolve(late), this.#target.timeout);
    });
    try {
      return await Promise.race([value, this.#ended.promise, overdue]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const eventEnd = /\r\n\r\n|\n\n|\r\r/;

function idOf(data: string): number | undefined {
  try {
    const { id, method } = JSON.parse(data) as { id?: unknown; method?: unknown };
    return typeof id === "number" && method === undefined ? id : undefined;
  } catch {
    return undefined;
  }
}
