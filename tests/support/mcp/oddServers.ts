import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { serveHttp, type TestServer } from "../httpServer.ts";

/** Servers that are not MCP gateways, and one that does not let the probe in. */
export const oddServers = {
  "asks for a token": () =>
    serveHttp((_request, response) => {
      response.writeHead(401, { "www-authenticate": 'Bearer realm="gateway"', "content-type": "text/plain" });
      response.end("sign in first");
    }),
  "redirects to a sign-in page": () =>
    serveHttp((_request, response) => {
      response.writeHead(302, { location: "/.auth/login/aad", "content-type": "text/html" });
      response.end('<a href="/.auth/login/aad">login</a>');
    }),
  "redirects to another host's sign-in": () =>
    serveHttp((_request, response) => {
      response.writeHead(302, { location: "https://login.example/common/oauth2/authorize?nonce=s3cret" }).end();
    }),
  "redirects to https": () =>
    serveHttp((_request, response) => response.writeHead(301, { location: "https://gateway.example/mcp" }).end()),
  "redirects to the same with a slash": () =>
    serveHttp((_request, response) => response.writeHead(307, { location: "/mcp/" }).end()),
  "forbids it": () => serveHttp((_request, response) => response.writeHead(403).end("not for you")),
  "limits the rate": () => serveHttp((_request, response) => response.writeHead(429).end("slow down")),
  "answers a page": () =>
    serveHttp((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Welcome to nginx</title>");
    }),
  "has nothing at this path": () => serveHttp((_request, response) => response.writeHead(404).end("Not Found")),
  "answers garbage as JSON": () =>
    serveHttp((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":1,"resu');
    }),
  "answers JSON that is no initialize result": () =>
    serveHttp((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":1,"result":{}}');
    }),
  fails: () => serveHttp((_request, response) => response.writeHead(503).end("no healthy upstream")),
  "never answers": () => serveHttp(() => {}),
  "begins an answer and stops": () =>
    serveHttp((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"jsonrpc":');
    }),
  "sends without end": () =>
    serveHttp((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const flood = (): void => {
        while (response.writable && response.write("x".repeat(65_536))) {}
      };
      response.on("drain", flood);
      flood();
    }),
  "speaks no HTTP": () => serveRaw("SSH-2.0-OpenSSH_9.6\r\n"),
  "hangs up": () => serveRaw(""),
} as const satisfies Record<string, () => Promise<TestServer | RawServer>>;

export interface RawServer extends AsyncDisposable {
  readonly url: string;
}

/** Sends one text to every connection and closes it. */
async function serveRaw(text: string): Promise<RawServer> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(text));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
