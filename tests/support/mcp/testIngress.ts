import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { Agent, request as forward } from "node:http";
import { serveHttp, type TestServer } from "../httpServer.ts";

/**
 * How the ingress picks a replica. With cookies: `pinned` by its cookie, `ignored` sets the cookie but ignores it,
 * `constant` sets the same cookie for everyone. Without cookies: `none` has no affinity, `session` uses the
 * Mcp-Session-Id that a replica issued, `hash` a hash of it, `connection` the client's connection, `address` the
 * client's address.
 */
export type TestAffinity = "pinned" | "ignored" | "constant" | "none" | "session" | "hash" | "connection" | "address";

export interface TestUpstream {
  readonly name: string;
  readonly port: number;
}

export interface TestIngress extends TestServer {
  /** Where requests go; can be changed while it runs. */
  upstreams: TestUpstream[];
  affinity: TestAffinity;
  /** Number of requests after which it only answers 429. */
  limit: number;
  /** A header that it removes, like careless proxies: `cookie` from requests or `set-cookie` from answers. */
  strips: "cookie" | "set-cookie" | undefined;
  /** Attributes of the cookie. Default: `Path=/; HttpOnly`. */
  attributes: string;
  /** Headers that other proxies would add: each answer gets the next value of each list in turn. */
  adds: Readonly<Record<string, readonly string[]>>;
  /** Requests that reached the ingress, in order. */
  readonly seen: {
    readonly method: string;
    readonly session: string | undefined;
    readonly cookie: string | undefined;
  }[];
}

/** A small round-robin proxy, for situations that the local Azure's ingress cannot produce. */
export async function startTestIngress(
  upstreams: readonly TestUpstream[],
  affinity: TestAffinity,
  cookie = "lb",
): Promise<TestIngress> {
  const agent = new Agent({ keepAlive: false });
  const routes = new Map<string, number>();
  const connections = new WeakMap<object, TestUpstream>();
  let turn = 0;
  let answers = 0;
  const server = await serveHttp((request, response) => {
    const session = request.headers["mcp-session-id"] as string | undefined;
    ingress.seen.push({ method: String(request.method), session, cookie: request.headers.cookie });
    if (ingress.seen.length > ingress.limit) return void response.writeHead(429).end("slow down");
    const routed = session === undefined ? undefined : routes.get(session);
    const pinned =
      ingress.affinity === "connection" ? connections.get(request.socket) : pinnedBy(ingress, cookie, request, routed);
    const upstream = pinned ?? ingress.upstreams[turn++ % ingress.upstreams.length];
    if (upstream === undefined) return void response.writeHead(503).end();
    connections.set(request.socket, upstream);
    if (ingress.strips === "cookie") delete request.headers.cookie;
    const given = request.headers.cookie;
    const setCookie = pinned === undefined ? setCookieOf(ingress, cookie, upstream.name) : undefined;
    pass(request, response, upstream.port, agent, (answer) => {
      const number = answers++;
      const id = answer["mcp-session-id"];
      if (typeof id === "string") routes.set(id, upstream.port);
      if (ingress.strips === "set-cookie") delete answer["set-cookie"];
      else if (setCookie !== undefined) answer["set-cookie"] = [setCookie];
      for (const [name, values] of Object.entries(ingress.adds)) {
        const value = String(values[number % values.length]);
        if (name !== "set-cookie") answer[name] = value;
        // Like any issuer of cookies: only to clients without one.
        else if (!(given ?? "").includes(value.split("=")[0] ?? "")) answer[name] = [...(answer[name] ?? []), value];
      }
    });
  });
  const ingress: TestIngress = {
    ...server,
    upstreams: [...upstreams],
    affinity,
    limit: Number.POSITIVE_INFINITY,
    strips: undefined,
    attributes: "Path=/; HttpOnly",
    adds: {},
    seen: [],
    async [Symbol.asyncDispose]() {
      agent.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
  return ingress;
}

function pinnedBy(
  { affinity, upstreams }: TestIngress,
  cookie: string,
  { headers, socket }: IncomingMessage,
  routed: number | undefined,
): TestUpstream | undefined {
  const byHash = (key: string) =>
    upstreams[createHash("sha256").update(key).digest().readUInt16BE() % upstreams.length];
  const session = headers["mcp-session-id"];
  switch (affinity) {
    case "session":
      return upstreams.find(({ port }) => port === routed);
    case "hash":
      return typeof session === "string" ? byHash(session) : undefined;
    case "address":
      return byHash(String(socket.remoteAddress));
    case "pinned": {
      const value = new RegExp(`(?:^|; )${cookie}=([^;]*)`).exec(headers.cookie ?? "")?.[1];
      return upstreams.find(({ name }) => name === value);
    }
    default:
      return undefined;
  }
}

function setCookieOf({ affinity, attributes }: TestIngress, cookie: string, upstream: string): string | undefined {
  if (!["pinned", "ignored", "constant"].includes(affinity)) return undefined;
  return `${cookie}=${affinity === "constant" ? "same" : upstream}; ${attributes}`;
}

function pass(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  agent: Agent,
  onAnswer: (headers: IncomingHttpHeaders) => void,
): void {
  const { method, url } = request;
  // Like a proxy, use the host name of the upstream.
  const headers = { ...request.headers, host: `127.0.0.1:${port}` };
  const upstream = forward({ host: "127.0.0.1", port, method, path: url, headers, agent }, (answer) => {
    onAnswer(answer.headers);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  });
  upstream.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  response.on("close", () => upstream.destroy());
  request.pipe(upstream);
}
