/**
 * The process of a default replica. It reports its two ports to the parent over an IPC channel, and exits when the
 * channel closes, so it ends even if the parent is killed.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import { flushCompileCache } from "node:module";
import type { AddressInfo } from "node:net";
import { drain, drainTimes } from "./drain.ts";
import { McpEndpoint } from "./mcpHttp.ts";

/** Sent to the parent once both servers are listening. */
export interface ListeningMessage {
  readonly port: number;
  readonly healthPort: number;
}

async function listen(handler: RequestListener): Promise<Server> {
  // Accepts all headers that the ingress forwards. The ingress closes idle connections first (after 4 s), so it never
  // writes to a connection that is just closing.
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0, maxHeaderSize: 64 * 1024 }, handler);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", 4096, resolve);
  });
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function main(): Promise<void> {
  const times = drainTimes(process.env);
  const endpoint = new McpEndpoint(process.env.CONTAINER_APP_REPLICA_NAME ?? `replica-${process.pid}`);
  const server = await listen((request, response) => {
    endpoint.handle(request, response).catch((error: unknown) => {
      console.error(`${request.method} ${request.url}: ${error instanceof Error ? error.message : String(error)}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  const health = await listen((request, response) => {
    const ready = request.url === "/healthz/ready";
    response.writeHead(ready ? 200 : 404, { "content-type": "text/plain" }).end(ready ? "ready" : "Not Found");
  });
  const message: ListeningMessage = { port: portOf(server), healthPort: portOf(health) };
  console.log(`listening on 127.0.0.1:${message.port}, health on 127.0.0.1:${message.healthPort}`);
  process.on("disconnect", () => process.exit(0));
  let draining = false;
  process.on("SIGTERM", () => {
    if (draining) return;
    draining = true;
    console.log(`SIGTERM: draining for ${times.minimum} to ${times.total} ms`);
    // The gateway stops answering probes at once.
    health.close();
    void drain(server, times).finally(() => process.exit(0));
  });
  process.send?.(message);
  // Flushed now, because the process may be killed.
  flushCompileCache();
}

await main();
