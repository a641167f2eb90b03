import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import type { IngressSpec } from "../contract/dataPlane.ts";
import { createServer as createHttpServer } from "../net/nodeHttp.ts";
import { type ConnectionTaker, createPortMux } from "./portMux.ts";
import { asksForWebSocket } from "./upstream/upgrade.ts";

export type Protocol = "http" | "https";

export interface ListenerEvents {
  request(request: IncomingMessage, response: ServerResponse, protocol: Protocol): void;
  /** The client asks for a WebSocket. The receiver now owns the connection. */
  upgrade(request: IncomingMessage, client: Socket, early: Buffer, protocol: Protocol): void;
}

/** Limits for requests from clients. */
const limits = {
  /** Largest header section of a request, in bytes: Envoy's default, 60 KiB. A larger one gets 431. */
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

/**
 * Excludes the post-quantum group that OpenSSL prefers, because it keeps 6 KB of the client's key for each open
 * connection.
 */
const ecdhCurve = "X25519:P-256:P-384";

export interface AppListener {
  readonly port: number;
  update(spec: IngressSpec): void;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 for https and http, on one port that the system picks. */
export async function listenForApp(
  tls: { readonly key: string; readonly cert: string },
  spec: IngressSpec,
  events: ListenerEvents,
): Promise<AppListener> {
  const sockets = new Set<Socket>();
  const serve = (server: HttpServer, protocol: Protocol): HttpServer => {
    server.on("request", (request, response) => events.request(request, response, protocol));
    server.on("upgrade", (request, client, early) => events.upgrade(request, client as Socket, early, protocol));
    // These servers never listen themselves, but this event makes Node start to check header and request timeouts.
    server.emit("listening");
    return server;
  };
  const http = serve(createHttpServer(limits), "http");
  const createHttps = (mode: IngressSpec["clientCertificateMode"]): HttpServer => {
    // The app receives the client's certificate, no matter who signed it.
    const certificates = { ...tls, requestCert: mode !== "ignore", rejectUnauthorized: false };
    return serve(createHttpsServer({ ...limits, ...certificates, ALPNProtocols: ["http/1.1"], ecdhCurve }), "https");
  };
  // Without a session ID context, OpenSSL refuses to resume a TLS session of a client with a certificate.
  const context = createSecureContext({ ...tls, ecdhCurve, sessionIdContext: "ingress" });
  let mode = spec.clientCertificateMode;
  let https = createHttps(mode);
  const server = createPortMux({
    http: () => http,
    https: () => (mode === "require" ? requiringCertificate(https, context) : https),
  });
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
      // Idle connections close with their server. On the other connections, the access rules check each request.
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

/**
 * Ends the connection of a client without a certificate with the TLS alert `certificate required`, as Container Apps does
 * (azure-docs #111230, curl against a live app). Node's own server can't require a certificate without verifying it.
 */
function requiringCertificate(https: HttpServer, secureContext: SecureContext): ConnectionTaker {
  return {
    emit: (_event, socket) => {
      const options = { isServer: true, secureContext, requestCert: true, rejectUnauthorized: true };
      const secured = new TLSSocket(socket, { ...options, ALPNProtocols: ["http/1.1"] });
      secured.on("error", () => secured.destroy());
      secured.once("secure", () => https.emit("secureConnection", secured));
      return true;
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, resolve);
  });
}
