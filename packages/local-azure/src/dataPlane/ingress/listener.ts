import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import type { IngressSpec } from "../contract/dataPlane.ts";
import { createServer as createHttpServer } from "../net/nodeHttp.ts";
import { createPortMux } from "./portMux.ts";
import { asksForWebSocket } from "./upstream/upgrade.ts";

export type Protocol = "http" | "https";

export interface ListenerEvents {
  request(request: IncomingMessage, response: ServerResponse, protocol: Protocol): void;
  /** A WebSocket is asked for; the connection is the receiver's from here on. */
  upgrade(request: IncomingMessage, client: Socket, early: Buffer, protocol: Protocol): void;
}

/** What the ingress accepts of a client. */
const limits = {
  /** Bytes of a request's header section: Envoy's default, 60 KiB. Over it: 431. */
  maxHeaderSize: 60 * 1024,
  /** Milliseconds for a request's header section to arrive. */
  headersTimeout: 60_000,
  /** Milliseconds for a whole request to arrive; Container Apps' request timeout. */
  requestTimeout: 240_000,
  keepAliveTimeout: 60_000,
  insecureHTTPParser: false,
  shouldUpgradeCallback: asksForWebSocket,
  noDelay: true,
} as const;

/** Without the post-quantum group that OpenSSL prefers: it keeps 6 KB of the client's key for as long as a connection lasts. */
const ecdhCurve = "X25519:P-256:P-384";

export interface AppListener {
  readonly port: number;
  update(spec: IngressSpec): void;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1, on a port that the system picks, for https and http. */
export async function listenForApp(
  tls: { readonly key: string; readonly cert: string },
  spec: IngressSpec,
  events: ListenerEvents,
): Promise<AppListener> {
  const sockets = new Set<Socket>();
  const serve = (server: HttpServer, protocol: Protocol): HttpServer => {
    server.on("request", (request, response) => events.request(request, response, protocol));
    server.on("upgrade", (request, client, early) => events.upgrade(request, client as Socket, early, protocol));
    // These servers never listen themselves, but at this event Node begins to watch header and request timeouts.
    server.emit("listening");
    return server;
  };
  const http = serve(createHttpServer(limits), "http");
  const createHttps = (mode: IngressSpec["clientCertificateMode"]): HttpServer => {
    // Whoever signed the client's certificate, the app gets to see it.
    const certificates = { ...tls, requestCert: mode !== "ignore", rejectUnauthorized: false };
    return serve(createHttpsServer({ ...limits, ...certificates, ALPNProtocols: ["http/1.1"], ecdhCurve }), "https");
  };
  let mode = spec.clientCertificateMode;
  let https = createHttps(mode);
  const server = createPortMux({ http: () => http, https: () => https });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await listen(server);
  return {
    port: (server.address() as AddressInfo).port,
    update(next) {
      if (next.clientCertificateMode === mode) return;
      mode = next.clientCertificateMode;
      // Idle connections end with their server; requests on others are judged one by one.
      https.close();
      https = createHttps(mode);
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      http.close();
      https.close();
      await closed;
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, resolve);
  });
}
