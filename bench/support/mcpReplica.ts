/** The default replica's MCP server. Reports its port over IPC. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { McpEndpoint } from "../../packages/local-azure/src/dataPlane/replicas/mcp/mcpHttp.ts";

const endpoint = new McpEndpoint("bench");
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  void endpoint.handle(request, response);
});
server.listen(0, "127.0.0.1", 8192, () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
