import type { Wire } from "../http/wire.ts";
import { Channel } from "./channel.ts";
import {
  type CookiePolicy,
  type DrivenSession,
  type Driver,
  identified,
  type McpExchange,
  type StreamEvents,
  type Target,
} from "./driver.ts";

/** The newest protocol version with sessions. The server answers with the version that it speaks. */
const sessionProtocol = "2025-11-25";

export const clientInfo = { name: "agw-probe", version: "1" } as const;

/** MCP over Streamable HTTP, reduced to what the probe needs so that one process can run thousands of sessions. */
export class LeanDriver implements Driver {
  readonly #wire: Wire;
  readonly #target: Target;

  constructor(wire: Wire, target: Target) {
    this.#wire = wire;
    this.#target = target;
  }

  session(policy: CookiePolicy): LeanSession {
    return new LeanSession(new Channel(this.#wire, this.#target, policy), this.#target, policy);
  }
}

class LeanSession implements DrivenSession {
  readonly #channel: Channel;
  readonly #target: Target;
  readonly #policy: CookiePolicy;
  #id: string | undefined;
  /** Undefined until the server has answered `initialize`. */
  #version: string | undefined;
  #nextId = 1;
  #closeStream: (() => void) | undefined;

  constructor(channel: Channel, target: Target, policy: CookiePolicy) {
    this.#channel = channel;
    this.#target = target;
    this.#policy = policy;
  }

  get id(): string | undefined {
    return this.#id;
  }

  cookies(): ReadonlyMap<string, string> {
    return this.#channel.cookies();
  }

  async open(): Promise<McpExchange> {
    const params = { protocolVersion: sessionProtocol, capabilities: {}, clientInfo };
    const { exchange, reply } = await this.#request("initialize", params, true);
    if (exchange.outcome.kind !== "answered") return exchange;
    const { protocolVersion } = (exchange.outcome.result ?? {}) as { protocolVersion?: unknown };
    if (typeof protocolVersion !== "string") {
      const detail = "the answer to initialize has no protocolVersion";
      return { ...exchange, outcome: { kind: "failed", reason: "garbage", detail } };
    }
    this.#version = protocolVersion;
    const id = reply?.headers["mcp-session-id"];
    this.#id = typeof id === "string" && id !== "" ? id : undefined;
    this.#channel.markHome();
    return exchange;
  }

  async confirm(): Promise<McpExchange> {
    const body = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
    // In the control group each request uses a new connection, so that routing by connection can't keep the session.
    return (await this.#post(body, this.#policy === "drop", undefined)).exchange;
  }

  async request(method: string, params: object, fresh: boolean): Promise<McpExchange> {
    return (await this.#request(method, params, fresh)).exchange;
  }

  async call(fresh: boolean): Promise<McpExchange> {
    const { call } = this.#target;
    if (call.kind === "list") return this.request("tools/list", {}, fresh);
    return identified(await this.request("tools/call", { name: call.name, arguments: {} }, fresh), this.#target);
  }

  async hold({ onEvent, onEnd }: StreamEvents): Promise<McpExchange> {
    const headers = { ...this.#headers(), accept: "text/event-stream" };
    const request = { method: "GET", headers, fresh: false, inSession: this.#id !== undefined } as const;
    const { exchange, close } = await this.#channel.stream(request, onEvent, onEnd);
    this.#closeStream = close;
    return exchange;
  }

  async close(): Promise<void> {
    this.#closeStream?.();
    if (this.#id !== undefined) await this.#channel.end(this.#headers());
  }

  #request(method: string, params: object, fresh: boolean) {
    const id = this.#nextId++;
    return this.#post(JSON.stringify({ jsonrpc: "2.0", id, method, params }), fresh, id);
  }

  #post(body: string, fresh: boolean, awaitedId: number | undefined) {
    const headers = { ...this.#headers(), "content-type": "application/json" };
    const awaited = awaitedId === undefined ? {} : { awaitedId };
    return this.#channel.send({ method: "POST", headers, body, fresh, inSession: this.#id !== undefined, ...awaited });
  }

  #headers(): Record<string, string> {
    const headers: Record<string, string> = { accept: "application/json, text/event-stream" };
    if (this.#id !== undefined) headers["mcp-session-id"] = this.#id;
    if (this.#version !== undefined) headers["mcp-protocol-version"] = this.#version;
    return headers;
  }
}
