// A replica for the local Azure, `node signInReplica.ts PORT FILE`: an MCP server that requires the bearer token in FILE.
// While the file is empty, everyone is let in.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { startReplica } from "./mcpReplicas.ts";

const [port, file = ""] = process.argv.slice(2);
const replica = await startReplica(process.env.CONTAINER_APP_REPLICA_NAME ?? String(process.pid));
createServer((request, response) => {
  const token = readFileSync(file, "utf8").trim();
  const { authorization } = request.headers;
  if (token === "" || authorization === `Bearer ${token}`) replica.server.emit("request", request, response);
  // Like a careless gateway, it repeats what it got.
  else response.writeHead(401, { "www-authenticate": "Bearer" }).end(`refused: ${authorization}`);
}).listen(Number(port), "127.0.0.1");
