/**
 * The default replica's MCP server, on a given port. `POST /forget` ends one of its sessions and returns the session's
 * id.
 */
import { createServer, type ServerResponse } from "node:http";
import { McpEndpoint } from "../../packages/local-azure/src/dataPlane/replicas/mcp/mcpHttp.ts";

const port = Number(process.argv[2]);
const endpoint = new McpEndpoint(process.env.CONTAINER_APP_REPLICA_NAME ?? `replica-${process.pid}`);
const seen = new Set<string>();

async function forget(response: ServerResponse): Promise<void> {
  const id = [...seen][Math.floor(seen.size / 2)] ?? "";
  // Ends the session with a DELETE, as its client would.
  const headers = { "mcp-session-id": id, "mcp-protocol-version": "2025-11-25" };
  const { status } = await fetch(`http://127.0.0.1:${port}/mcp`, { method: "DELETE", headers });
  response.writeHead(status).end(id);
}

createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 }, (request, response) => {
  if (request.url === "/forget") return void forget(response);
  const id = request.headers["mcp-session-id"];
  if (typeof id === "string") seen.add(id);
  void endpoint.handle(request, response);
}).listen(port, "127.0.0.1", 4096);
