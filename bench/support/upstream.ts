/** The simplest possible server behind an ingress. Reports its port over IPC; ends with its parent. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const body = '{"ok":true}';
const headers = { "content-type": "application/json", "content-length": body.length };

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.url === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    return;
  }
  request.resume().once("end", () => response.writeHead(200, headers).end(body));
});
server.listen(0, "127.0.0.1", 8192, () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
