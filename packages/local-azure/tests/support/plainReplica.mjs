/** A replica without MCP: returns its revision and logs each request. With BROKEN set, it exits immediately. */
import { createServer } from "node:http";

if (process.env.BROKEN !== undefined) {
  console.log("cannot open the configuration");
  process.exit(3);
}
createServer((request, response) => {
  console.log(`${new Date().toISOString()} ${request.method} ${request.url}`);
  response.end(JSON.stringify({ revision: process.env.CONTAINER_APP_REVISION, key: process.env.KEY }));
}).listen(Number(process.argv[2]), "127.0.0.1");
