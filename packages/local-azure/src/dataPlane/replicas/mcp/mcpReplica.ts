/**
 * The process of a default replica. It reports its two ports to the parent over an IPC channel, and exits when the
 * channel closes, so it ends even if the parent is killed.
 */
import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { flushCompileCache } from "node:module";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { drain, drainTimes } from "./drain.ts";
import type { GatewayFile } from "./gatewayFile.ts";
import { McpEndpoint } from "./mcpHttp.ts";

/** Sent to the parent once the servers are listening. */
export interface ListeningMessage {
  /** Undefined if the gateway's file doesn't open the target port for plain HTTP. */
  readonly port: number | undefined;
  /** Undefined if the gateway's file moves the readiness address. */
  readonly healthPort: number | undefined;
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

async function readFileOrExit(path: string | undefined): Promise<GatewayFile | undefined> {
  if (path === undefined) return undefined;
  const { readGatewayFile } = await import("./gatewayFile.ts");
  try {
    return readGatewayFile(readFileSync(path, "utf8"), { HOSTNAME: hostname(), ...process.env });
  } catch (error) {
    console.error(`Error: ${error instanceof Error ? error.message : String(error)}`);
    return process.exit(1);
  }
}

/** Arguments: the gateway's file, if there is one. */
async function main([path]: readonly string[]): Promise<void> {
  const times = drainTimes(process.env);
  const file = await readFileOrExit(path);
  const name = process.env.CONTAINER_APP_REPLICA_NAME ?? `replica-${process.pid}`;
  const endpoint = new McpEndpoint(name, file?.headersFor);
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
  const reached = file?.listensOn(Number(process.env.CONTAINER_APP_PORT)) !== false;
  const message: ListeningMessage = {
    port: reached ? portOf(server) : undefined,
    healthPort: file?.isProbed === false ? undefined : portOf(health),
  };
  console.log(`listening on 127.0.0.1:${message.port ?? "-"}, health on 127.0.0.1:${message.healthPort ?? "-"}`);
  process.on("disconnect", () => process.exit(0));
  let draining = false;
  process.on("SIGTERM", () => {
    if (draining) return;
    draining = true;
    console.log(`SIGTERM: draining for ${times.minimum} to ${times.total} ms`);
    // The gateway stops answering probes immediately.
    health.close();
    void drain(server, times).finally(() => process.exit(0));
  });
  process.send?.(message);
  // Flushed now, because the process may be killed.
  flushCompileCache();
}

await main(process.argv.slice(2));
