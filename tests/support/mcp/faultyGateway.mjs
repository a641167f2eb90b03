/**
 * A gateway that fails as the variable FAULT says. `crash`: exits at once; its last line has colors and direction
 * marks. `leak`: the same with a secret in that line. `never`: runs but never becomes ready. Without FAULT it is this
 * project's MCP server. Its arguments are its ports.
 */
import { createServer } from "node:http";
import { McpEndpoint } from "../../../packages/local-azure/src/dataPlane/replicas/mcp/mcpHttp.ts";

const { FAULT, API_KEY, CONTAINER_APP_REPLICA_NAME = "replica" } = process.env;
const [port, healthPort] = process.argv.slice(2).map(Number);

console.log("reading the configuration");
if (FAULT === "crash") {
  console.log("\u001b[31merror:\u001b[0m cannot open \u202eroutes.yaml\u0007");
  process.exit(3);
}
if (FAULT === "leak") {
  console.log(`cannot sign in with ${API_KEY}`);
  process.exit(3);
}
const endpoint = new McpEndpoint(CONTAINER_APP_REPLICA_NAME);
createServer((request, response) => void endpoint.handle(request, response)).listen(port, "127.0.0.1");
createServer((_request, response) => response.writeHead(FAULT === "never" ? 503 : 200).end()).listen(
  healthPort,
  "127.0.0.1",
);
