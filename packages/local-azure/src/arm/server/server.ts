import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { ArmError, errors } from "../errors.ts";
import type { Fault, Faults } from "../faults.ts";
import { type ArmReply, apiVersionOf, match, type Route } from "../router.ts";
import { identity } from "../token.ts";
import { parseBody, readBody } from "./readBody.ts";
import { type ArmRequest, masked } from "./recording.ts";
import { type SignIn, signIn } from "./signIn.ts";

export interface ArmServerOptions {
  readonly tls: { readonly key: string; readonly cert: string };
  readonly routes: readonly Route[];
  readonly signIn: SignIn;
  readonly faults: Faults;
  readonly record: (request: ArmRequest) => void;
  readonly log: (line: string) => void;
}

/** The https server of the control plane: reads a request, decides what answers it, writes the reply. */
export function createArmServer(options: ArmServerOptions): Server {
  const server = createServer(options.tls, (request, response) => {
    void serve(request, response, options);
  });
  // Longer than clients keep a connection: one that the server closes first can cost a client its next request.
  server.keepAliveTimeout = 120_000;
  // Far above what a client sends; a peer that trickles bytes is let go.
  server.requestTimeout = 60_000;
  server.headersTimeout = 10_000;
  server.on("tlsClientError", () => {});
  server.on(
    "clientError",
    (_error, socket) => void (socket.writable && socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")),
  );
  return server;
}

/** Resolves with the port once the server listens on 127.0.0.1; rejects if it cannot. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function serve(request: IncomingMessage, response: ServerResponse, options: ArmServerOptions): Promise<void> {
  try {
    const reply = await answer(request, options);
    if (reply === "drop") request.socket.destroy();
    else await write(request, response, reply);
  } catch (error) {
    // Nothing that a client sends may end the server; what is left here is ours.
    options.log(`${request.method} ${request.url}: ${error instanceof Error ? error.message : String(error)}`);
    request.socket.destroy();
  }
}

/** One request through the visible order: host, sign-in, token, fault, route, version, body, handler. */
async function answer(request: IncomingMessage, options: ArmServerOptions): Promise<ArmReply | "drop"> {
  const method = request.method ?? "GET";
  const host = request.headers.host ?? "";
  const target = request.url ?? "";
  // Put together as text: a path that begins with two slashes would otherwise be read as another host.
  const address = target.startsWith("/") ? `https://${host}${target}` : target;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  let recorded: Omit<ArmRequest, "status"> | undefined;
  let reply: ArmReply | "drop";
  try {
    if (url === undefined || !/^(127\.0\.0\.1|localhost)$/.test(url.hostname)) throw errors.foreignHost(host);
    const text = await readBody(request);
    const { pathname: path, searchParams: query, origin } = url;
    const context = { method, path, query, headers: request.headers, origin };
    const signedIn = signIn({ ...context, text }, options.signIn);
    if (signedIn !== undefined) return signedIn;
    const caller = authenticate(request, origin, options.signIn);
    const found = match(options.routes, method, path);
    const body = parseBody(request, text);
    if (path.toLowerCase() === "/_local/faults") return options.faults.handle(method, body);
    recorded = {
      method,
      path,
      query: Object.fromEntries(query),
      ...(body === undefined ? {} : { body: masked(body) }),
    };
    const fault = options.faults.forCall(method, path);
    if (fault !== undefined) reply = suffer(fault);
    else if (found === undefined) throw errors.notModelled(`${method} ${path}`);
    else {
      const apiVersion = apiVersionOf(found.route, query);
      reply = await found.route.handle({ ...context, params: found.params, body, apiVersion, caller });
    }
  } catch (error) {
    reply = refusal(error, options.log);
  }
  if (recorded !== undefined) options.record({ ...recorded, status: reply === "drop" ? 0 : reply.status });
  return reply;
}

function refusal(error: unknown, log: (line: string) => void): ArmReply {
  if (error instanceof ArmError) return { status: error.status, body: error.body, headers: error.headers };
  log(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
  return {
    status: 500,
    body: { error: { code: "InternalServerError", message: "The local Azure failed; its log says how." } },
  };
}

function suffer(fault: Fault): ArmReply | "drop" {
  if (fault.kind !== "answer") return "drop";
  const codes = { 429: "TooManyRequests", 500: "InternalServerError", 503: "ServiceUnavailable" } as const;
  const { status, retryAfterSeconds } = fault;
  const message = `A fault that was asked for: ${status}.`;
  const headers = { "retry-after": String(retryAfterSeconds) };
  return { status, body: { error: { code: codes[status], message } }, headers };
}

function authenticate(request: IncomingMessage, origin: string, { tokens }: SignIn): string {
  const authority = `${origin}/${identity.tenant}`;
  const [scheme, token] = (request.headers.authorization ?? "").split(" ");
  if (scheme?.toLowerCase() !== "bearer" || token === undefined) throw errors.authenticationMissing(authority);
  const port = new URL(origin).port;
  const audiences = [`https://127.0.0.1:${port}`, `https://localhost:${port}`, ...publicAudiences];
  const verdict = tokens.verify(token, audiences);
  if (verdict.kind === "refused") throw errors.invalidToken(authority, verdict.why);
  return verdict.caller;
}

/** Clients whose cloud is not configurable ask for a token of the public one; it is worth nothing there. */
const publicAudiences = ["https://management.azure.com", "https://management.core.windows.net"];

async function write(request: IncomingMessage, response: ServerResponse, reply: ArmReply): Promise<void> {
  const text = reply.body === undefined ? "" : JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    "cache-control": "no-cache",
    "x-ms-request-id": randomUUID(),
    "x-ms-correlation-request-id": String(request.headers["x-ms-correlation-request-id"] ?? randomUUID()),
    ...(reply.body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    ...(reply.status === 204 || reply.stream !== undefined ? {} : { "content-length": Buffer.byteLength(text) }),
    ...reply.headers,
  });
  if (reply.stream !== undefined) await follow(response, reply.stream);
  else response.end(request.method === "HEAD" ? undefined : text);
}

/** Writes as fast as the client reads, until there is no more or it goes. */
async function follow(response: ServerResponse, stream: NonNullable<ArmReply["stream"]>): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.flushHeaders();
  for await (const part of stream(gone.signal)) {
    if (gone.signal.aborted) return;
    if (!response.write(part)) await once(response, "drain", { signal: gone.signal }).catch(() => {});
  }
  response.end();
}
