import { performance } from "node:perf_hooks";
import { CookieJar, type SetCookie } from "./cookies.ts";
import {
  type CookiePolicy,
  type DrivenSession,
  type Driver,
  type Exchange,
  replicaOfHeaders,
  replicaOfResult,
  type Target,
} from "./driver.ts";
import { classifyError, classifyReply, type Outcome } from "./outcome.ts";
import { Wire, type WireReply, type WireRequest } from "./wire.ts";

/** The newest version of the protocol that still has sessions; a server answers with the one it speaks. */
export const sessionProtocol = "2025-11-25";

export const clientInfo = { name: "agw-probe", version: "1" } as const;

/** MCP over Streamable HTTP with no more than the probe needs, for thousands of sessions in one process. */
export class LeanDriver implements Driver {
  readonly wire: Wire;
  readonly target: Target;

  constructor(target: Target) {
    this.target = target;
    const { timeout, connections, ca } = target;
    this.wire = new Wire({ origin: target.url.origin, timeout, connections, ca });
  }

  session(policy: CookiePolicy): LeanSession {
    return new LeanSession(this, policy);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wire[Symbol.asyncDispose]();
  }
}

/** Cookies marked Secure go back over https, and over plain http to this machine itself, as browsers hold it. */
export function secureCookiesAllowed(url: URL): boolean {
  return url.protocol === "https:" || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

interface Raw {
  readonly exchange: Exchange;
  readonly reply: WireReply | undefined;
}

class LeanSession implements DrivenSession {
  readonly #driver: LeanDriver;
  readonly #policy: CookiePolicy;
  readonly #jar: CookieJar;
  #id: string | undefined;
  /** The cookies that led to the replica which opened the session. */
  #home: { cookie?: string } = {};
  #version = sessionProtocol;
  #nextId = 1;

  constructor(driver: LeanDriver, policy: CookiePolicy) {
    this.#driver = driver;
    this.#policy = policy;
    this.#jar = new CookieJar(secureCookiesAllowed(driver.target.url));
  }

  get id(): string | undefined {
    return this.#id;
  }

  cookies(): ReadonlyMap<string, string> {
    return this.#jar.values();
  }

  async open(): Promise<Exchange> {
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
    this.#home = this.#cookieHeader();
    return exchange;
  }

  /** The handshake's second half. A server that was reached at the wrong replica refuses it as it refuses a call. */
  async confirm(): Promise<Exchange> {
    const body = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
    return (await this.#post(body, this.#policy === "drop", undefined)).exchange;
  }

  async request(method: string, params: object, fresh: boolean): Promise<Exchange> {
    return (await this.#request(method, params, fresh)).exchange;
  }

  async call(fresh: boolean): Promise<Exchange> {
    const { call } = this.#driver.target;
    if (call.kind === "list") return this.request("tools/list", {}, fresh);
    const exchange = await this.request("tools/call", { name: call.name, arguments: {} }, fresh);
    if (!call.identifies || exchange.outcome.kind !== "answered") return exchange;
    return { ...exchange, replica: replicaOfResult(exchange.outcome.result) ?? exchange.replica };
  }

  async close(): Promise<void> {
    if (this.#id === undefined) return;
    // Also a session of the control ends with its cookie: nothing is measured any more, and it shall not leak.
    const cookies = this.#policy === "keep" ? this.#cookieHeader() : this.#home;
    const headers = { ...this.#headers(), ...cookies };
    const { url } = this.#driver.target;
    const request = { method: "DELETE", path: url.pathname + url.search, headers, fresh: false } as const;
    await this.#driver.wire.send(request).catch(() => undefined);
  }

  #request(method: string, params: object, fresh: boolean): Promise<Raw> {
    const id = this.#nextId++;
    return this.#post(JSON.stringify({ jsonrpc: "2.0", id, method, params }), fresh, id);
  }

  async #post(body: string, fresh: boolean, awaitedId: number | undefined): Promise<Raw> {
    const { url } = this.#driver.target;
    const request: WireRequest = {
      method: "POST",
      path: url.pathname + url.search,
      headers: {
        ...this.#headers(),
        ...(this.#policy === "keep" ? this.#cookieHeader() : {}),
        "content-type": "application/json",
      },
      body,
      fresh,
      ...(awaitedId === undefined ? {} : { awaitedId }),
    };
    return this.#exchange(request);
  }

  async #exchange(request: WireRequest): Promise<Raw> {
    const { wire, target } = this.#driver;
    const started = performance.now();
    let reply: WireReply | undefined;
    let outcome: Outcome;
    try {
      reply = await wire.send(request);
      outcome = classifyReply(reply, this.#id !== undefined);
    } catch (error) {
      outcome = classifyError(error);
    }
    const milliseconds = performance.now() - started;
    const setCookies = reply === undefined ? [] : this.#store(reply);
    const replica = reply === undefined ? undefined : replicaOfHeaders(reply.headers, target.replicaHeader);
    return { exchange: { outcome, milliseconds, setCookies, replica }, reply };
  }

  #store(reply: WireReply): SetCookie[] {
    const lines = reply.headers["set-cookie"];
    return lines === undefined ? [] : this.#jar.store(typeof lines === "string" ? [lines] : lines);
  }

  #headers(): Record<string, string> {
    const headers: Record<string, string> = {
      ...this.#driver.target.headers,
      accept: "application/json, text/event-stream",
    };
    if (this.#id !== undefined) headers["mcp-session-id"] = this.#id;
    if (this.#nextId > 2) headers["mcp-protocol-version"] = this.#version;
    return headers;
  }

  #cookieHeader(): { cookie?: string } {
    const cookie = this.#jar.header(this.#driver.target.url.pathname);
    return cookie === undefined ? {} : { cookie };
  }
}
