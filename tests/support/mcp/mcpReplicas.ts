import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { serveHttp, type TestServer } from "../httpServer.ts";

export interface ReplicaOptions {
  /** Whether it has the tool `whoami`, like the local Azure's replicas. Default: true. */
  readonly whoami?: boolean;
  /** Result of `whoami`. Default: the replica's name. */
  readonly says?: () => string;
  /**
   * Sessions shared by several replicas, like a gateway that can resume them anywhere. Default: each replica has its
   * own.
   */
  readonly shared?: Map<string, StreamableHTTPServerTransport>;
  /** Generates session IDs. Default: random ones. */
  readonly sessionId?: () => string;
  /** Whether it issues no session IDs. */
  readonly stateless?: boolean;
  /** Bearer token that every request must have. */
  readonly token?: string;
  /** Whether it only speaks protocol 2026-07-28, which has no sessions. */
  readonly sessionless?: boolean;
  /** Whether it lists a tool without the schema that the MCP specification requires. Default: false. */
  readonly invalidTool?: boolean;
  /** Milliseconds that each listing takes. Default: 0. */
  readonly listing?: number;
}

export interface TestReplica extends TestServer {
  readonly name: string;
  readonly sessions: Map<string, StreamableHTTPServerTransport>;
}

/** An MCP server with the official SDK on loopback, with sessions in memory. */
export async function startReplica(name: string, options: ReplicaOptions = {}): Promise<TestReplica> {
  const sessions = options.shared ?? new Map<string, StreamableHTTPServerTransport>();
  const sessionless = toNodeHandler(createMcpHandler(() => sessionlessServer(name), { legacy: "reject" }));
  const server = await serveHttp((request, response) => {
    const { authorization } = request.headers;
    if (options.token !== undefined && authorization !== `Bearer ${options.token}`) response.writeHead(401).end();
    else if (options.sessionless) void sessionless(request as Parameters<typeof sessionless>[0], response);
    else void answer(name, sessions, options, request, response);
  });
  return { ...server, name, sessions };
}

async function answer(
  name: string,
  sessions: Map<string, StreamableHTTPServerTransport>,
  options: ReplicaOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // The name of the answering replica, even if it uses another one's transport.
  Object.assign(request, {
    auth: { token: "", clientId: "", scopes: [], extra: { replica: options.says?.() ?? name } },
  });
  const id = request.headers["mcp-session-id"];
  const known = typeof id === "string" ? sessions.get(id) : undefined;
  if (known !== undefined) return await known.handleRequest(request, response);
  if (id !== undefined) {
    const error = { code: -32001, message: "Session not found" };
    response.writeHead(404, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
    return;
  }
  const transport: StreamableHTTPServerTransport = options.stateless
    ? new StreamableHTTPServerTransport({})
    : new StreamableHTTPServerTransport({
        sessionIdGenerator: options.sessionId ?? randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, transport),
        onsessionclosed: (id) => void sessions.delete(id),
      });
  await mcpServer(options).connect(transport as Parameters<Server["connect"]>[0]);
  await transport.handleRequest(request, response);
}

function sessionlessServer(name: string): McpServer {
  const server = new McpServer({ name: "test-replica", version: "1" });
  server.registerTool("whoami", {}, () => ({ content: [{ type: "text", text: name }] }));
  return server;
}

function mcpServer({ whoami = true, listing = 0, invalidTool = false }: ReplicaOptions): Server {
  const server = new Server({ name: "test-replica", version: "1" }, { capabilities: { tools: {} } });
  const tools = [
    { name: "echo", inputSchema: { type: "object" as const } },
    ...(whoami ? [{ name: "whoami", inputSchema: { type: "object" as const } }] : []),
  ];
  server.setRequestHandler(ListToolsRequestSchema, async () => {
    if (listing > 0) await wait(listing);
    return { tools: invalidTool ? [...tools, { name: "broken" } as (typeof tools)[number]] : tools };
  });
  server.setRequestHandler(CallToolRequestSchema, (_request, { authInfo }) => ({
    content: [{ type: "text", text: String(authInfo?.extra?.replica) }],
  }));
  return server;
}
