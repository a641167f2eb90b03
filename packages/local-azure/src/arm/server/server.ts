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

/** Creates the control plane's HTTPS server. It doesn't listen yet. */
export function createArmServer(options: ArmServerOptions): Server {
  const server = createServer(options.tls, (request, response) => {
    void serve(request, response, options);
  });
  // Longer than clients keep idle connections: if the server closes one first, a client's next request can fail.
  server.keepAliveTimeout = 120_000;
  // Far longer than any client needs; disconnects peers that send very slowly.
  server.requestTimeout = 60_000;
  server.headersTimeout = 10_000;
  server.on("tlsClientError", () => {});
  server.on(
    "clientError",
    (_error, socket) => void (socket.writable && socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")),
  );
  return server;
}

/** Listens on 127.0.0.1 and resolves to the port. */
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
    // Nothing that a client sends may stop the server. Any error that gets here is a bug or a broken connection.
    options.log(`${request.method} ${request.url}: ${error instanceof Error ? error.message : String(error)}`);
    request.socket.destroy();
  }
}

/**
 * Answers one request. Checks in this order: host, sign-in, token, body, fault, route, API version; then the handler.
 */
async function answer(request: IncomingMessage, options: ArmServerOptions): Promise<ArmReply | "drop"> {
  const method = request.method ?? "GET";
  const host = request.headers.host ?? "";
  const target = request.url ?? "";
  // Joined as text: with `new URL(target, base)` a path that starts with two slashes would be taken for a host.
  const address = target.startsWith("/") ? `https://${host}${target}` : target;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  let recorded: Omit<ArmRequest, "status"> | undefined;
  let reply: ArmReply | "drop";
  try {
    if (url === undefined || !/^(127\.0\.0\.1|localhost)$/.test(url.hostname)) {
      throw errors.hostNotLoopback(url?.host || address);
    }
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
    if (fault !== undefined) reply = faultReply(fault);
    else if (found === undefined) throw errors.notImplemented(`${method} ${path}`);
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
    body: {
      error: {
        code: "InternalServerError",
        message: "Internal error in the local Azure. 'agw azure' prints the details.",
      },
    },
  };
}

function faultReply(fault: Fault): ArmReply | "drop" {
  if (fault.kind !== "answer") return "drop";
  const codes = { 429: "TooManyRequests", 500: "InternalServerError", 503: "ServiceUnavailable" } as const;
  const { status, retryAfterSeconds } = fault;
  const message = `Injected fault: ${status}, as requested at /_local/faults.`;
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

/** Clients without a configurable cloud request tokens for public Azure. Those issued here are worthless there. */
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

/** Writes a stream as fast as the client reads it, until the stream ends or the client disconnects. */
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
