import type { Wire } from "../http/wire.ts";
import { Channel } from "./channel.ts";
import {
  type CookiePolicy,
  type DrivenSession,
  type Driver,
  identified,
  type McpExchange,
  type Target,
} from "./driver.ts";
import { clientInfo } from "./leanDriver.ts";

/** The protocol version without sessions: each request carries the version and the client's capabilities. */
export const sessionlessProtocol = "2026-07-28";

const meta = {
  "io.modelcontextprotocol/protocolVersion": sessionlessProtocol,
  "io.modelcontextprotocol/clientInfo": clientInfo,
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** Clients of protocol 2026-07-28. A session is then one client that makes several calls. */
export class SessionlessDriver implements Driver {
  readonly #wire: Wire;
  readonly #target: Target;

  constructor(wire: Wire, target: Target) {
    this.#wire = wire;
    this.#target = target;
  }

  session(policy: CookiePolicy): SessionlessClient {
    return new SessionlessClient(new Channel(this.#wire, this.#target, policy), this.#target);
  }
}

class SessionlessClient implements DrivenSession {
  readonly id = undefined;
  readonly #channel: Channel;
  readonly #target: Target;
  #nextId = 1;

  constructor(channel: Channel, target: Target) {
    this.#channel = channel;
    this.#target = target;
  }

  cookies(): ReadonlyMap<string, string> {
    return this.#channel.cookies();
  }

  open(): Promise<McpExchange> {
    return this.request("server/discover", {}, true);
  }

  async call(fresh: boolean): Promise<McpExchange> {
    const { call } = this.#target;
    if (call.kind === "list") return this.request("tools/list", {}, fresh);
    return identified(await this.request("tools/call", { name: call.name, arguments: {} }, fresh), this.#target);
  }

  async request(method: string, params: object, fresh: boolean): Promise<McpExchange> {
    const id = this.#nextId++;
    const { name } = params as { name?: string };
    const headers = {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": sessionlessProtocol,
      "mcp-method": method,
      ...(name === undefined ? {} : { "mcp-name": name }),
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...params, _meta: meta } });
    const request = { method: "POST", headers, body, fresh, awaitedId: id, inSession: false } as const;
    return (await this.#channel.send(request)).exchange;
  }

  async close(): Promise<void> {}
}
