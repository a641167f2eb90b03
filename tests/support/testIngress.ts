import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { Agent, request as forward } from "node:http";
import { serveHttp, type TestServer } from "./httpServer.ts";

/**
 * How the ingress picks a replica: `pinned` by its cookie, `ignored` sets that cookie and does not look at it, `constant` sets
 * one and the same for all, `none` sets none, `session` routes by Mcp-Session-Id without any cookie.
 */
export type TestAffinity = "pinned" | "ignored" | "constant" | "none" | "session";

export interface TestIngress extends TestServer {
  /** Where requests go now; may be changed while it runs. */
  upstreams: { readonly name: string; readonly port: number }[];
  affinity: TestAffinity;
  /** Requests after which only 429 is answered. */
  limit: number;
  /** A header that it takes away, `cookie` from requests or `set-cookie` from answers, as careless proxies do. */
  strips: "cookie" | "set-cookie" | undefined;
  /** Requests that reached the ingress, in order. */
  readonly seen: {
    readonly method: string;
    readonly session: string | undefined;
    readonly cookie: string | undefined;
  }[];
}

/** A round-robin proxy of a few lines, for situations that the local Azure's ingress cannot be brought into. */
export async function startTestIngress(
  upstreams: readonly { readonly name: string; readonly port: number }[],
  affinity: TestAffinity,
  cookie = "lb",
): Promise<TestIngress> {
  const agent = new Agent({ keepAlive: false });
  const routes = new Map<string, number>();
  let turn = 0;
  const server = await serveHttp((request, response) => {
    const session = request.headers["mcp-session-id"] as string | undefined;
    ingress.seen.push({ method: String(request.method), session, cookie: request.headers.cookie });
    if (ingress.seen.length > ingress.limit) return void response.writeHead(429).end("slow down");
    const pinned = pinnedBy(ingress, cookie, request, session === undefined ? undefined : routes.get(session));
    const upstream = pinned ?? ingress.upstreams[turn++ % ingress.upstreams.length];
    if (upstream === undefined) return void response.writeHead(503).end();
    if (ingress.strips === "cookie") delete request.headers.cookie;
    const setCookie = setCookieOf(ingress.affinity, cookie, upstream.name, pinned !== undefined);
    pass(request, response, upstream.port, agent, (answer) => {
      const id = answer["mcp-session-id"];
      if (typeof id === "string") routes.set(id, upstream.port);
      if (ingress.strips === "set-cookie") delete answer["set-cookie"];
      else if (setCookie !== undefined) answer["set-cookie"] = [setCookie];
    });
  });
  const ingress: TestIngress = {
    ...server,
    upstreams: [...upstreams],
    affinity,
    limit: Number.POSITIVE_INFINITY,
    strips: undefined,
    seen: [],
    async [Symbol.asyncDispose]() {
      agent.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
  return ingress;
}

function pinnedBy(ingress: TestIngress, cookie: string, request: IncomingMessage, routed: number | undefined) {
  if (ingress.affinity === "session") return ingress.upstreams.find(({ port }) => port === routed);
  if (ingress.affinity !== "pinned") return undefined;
  const value = new RegExp(`(?:^|; )${cookie}=([^;]*)`).exec(request.headers.cookie ?? "")?.[1];
  return ingress.upstreams.find(({ name }) => name === value);
}

function setCookieOf(affinity: TestAffinity, cookie: string, upstream: string, pinned: boolean): string | undefined {
  if (affinity === "none" || affinity === "session" || pinned) return undefined;
  return `${cookie}=${affinity === "constant" ? "same" : upstream}; Path=/; HttpOnly`;
}

function pass(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  agent: Agent,
  onAnswer: (headers: IncomingHttpHeaders) => void,
): void {
  const { method, url } = request;
  // As a proxy asks: by the name of what is behind it.
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
