import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  localhostHostValidation,
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
  toWebRequest,
} from "@modelcontextprotocol/node";
import { createMcpHandler, isInitializeRequest, isLegacyRequest } from "@modelcontextprotocol/server";
import type { GatewayFile } from "./gatewayFile.ts";
import { SseSessions } from "./mcpSse.ts";
import { createMcpServer } from "./mcpTools.ts";

const hostIsLocal = localhostHostValidation();
const originIsLocal = localhostOriginValidation();

/** Largest request body, in bytes; the SDK's own default. */
const bodyLimit = 4 * 1024 * 1024;

/**
 * The request handler of a replica. Serves MCP at `/mcp` (Streamable HTTP, with sessions and sessionless), and at
 * `/sse` (the older transport). Sessions exist only in this process's memory.
 */
export class McpEndpoint {
  readonly #replica: string;
  readonly #headersFor: GatewayFile["headersFor"];
  readonly #sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  readonly #sse: SseSessions;
  readonly #sessionless;

  /** @param headersFor the routes in the gateway's file; by default, every path is routed */
  constructor(replica: string, headersFor: GatewayFile["headersFor"] = () => ({})) {
    this.#replica = replica;
    this.#headersFor = headersFor;
    this.#sse = new SseSessions(() => createMcpServer(replica, "session"));
    const handler = createMcpHandler(() => createMcpServer(replica, "sessionless"), { legacy: "reject" });
    this.#sessionless = toNodeHandler(handler);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Answers 403 to pages of other sites whose host name resolves to 127.0.0.1 (DNS rebinding).
    if (!hostIsLocal(request, response) || !originIsLocal(request, response)) return;
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const headers = this.#headersFor(path);
    if (headers === undefined)
      return void response.writeHead(404, { "content-type": "text/plain" }).end("route not found");
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (path === "/mcp") return await this.#streamable(request, response);
    if (path === "/sse" && request.method === "GET") return await this.#sse.open(response);
    if (path === "/sse" && request.method === "POST") return await this.#sse.post(request, response);
    response.writeHead(404, { "content-type": "text/plain" }).end("Not Found\n");
  }

  async #streamable(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers["mcp-session-id"];
    if (typeof id === "string") {
      const transport = this.#sessions.get(id);
      // The MCP specification requires 404 here. It tells the client to initialize a new session.
      if (transport === undefined) return refuse(response, 404, -32001, "Session not found");
      return await transport.handleRequest(request, response);
    }
    if (request.method !== "POST")
      return refuse(response, 400, -32000, "Bad Request: Mcp-Session-Id header is required");
    const body = await readJson(request);
    if (body === tooLarge) return refuse(response, 413, -32000, "Payload Too Large");
    if (body === undefined) return refuse(response, 400, -32700, "Parse error");
    if (!isInitializeRequest(body)) return await this.#withoutSession(request, response, body);
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (session) => void this.#sessions.set(session, transport),
    });
    await createMcpServer(this.#replica, "session").connect(transport);
    const onclose = transport.onclose;
    transport.onclose = () => {
      onclose?.();
      if (transport.sessionId !== undefined) this.#sessions.delete(transport.sessionId);
    };
    await transport.handleRequest(request, response, body);
  }

  async #withoutSession(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    // The adapter's type requires optional properties to be absent, but Node's type allows undefined.
    const like = request as unknown as NodeIncomingMessageLike;
    if (await isLegacyRequest(await toWebRequest(like, body), body)) {
      return refuse(response, 400, -32000, "Bad Request: Mcp-Session-Id header is required");
    }
    await this.#sessionless(like, response, body);
  }
}

const tooLarge = Symbol("body over the limit");

/** Parses the body as JSON. Returns undefined if it is not valid, or {@link tooLarge}. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) return tooLarge;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: null }));
}
