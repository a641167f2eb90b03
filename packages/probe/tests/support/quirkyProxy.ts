import { request as ask, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { serveHttp, type TestServer } from "../../../../tests/support/httpServer.ts";

interface Whole {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Passes on an answer in a way that HTTP allows but few servers use. */
type Quirk = (answer: Whole, response: ServerResponse) => Promise<unknown> | unknown;

const plainly: Quirk = ({ status, headers, body }, response) => response.writeHead(status, headers).end(body);

const encoded =
  (name: string, encode: (body: Buffer) => Buffer): Quirk =>
  ({ status, headers, body }, response) =>
    response.writeHead(status, { ...headers, "content-encoding": name }).end(body.length === 0 ? body : encode(body));

export const quirks = {
  "HTTP/1.0, where an answer ends with the connection": ({ status, headers, body }, response) => {
    const lines = Object.entries(headers).flatMap(([name, value]) =>
      [value].flat().map((one) => `${name}: ${one}\r\n`),
    );
    response.socket?.end(Buffer.concat([Buffer.from(`HTTP/1.0 ${status} OK\r\n${lines.join("")}\r\n`), body]));
  },
  "Connection: close": ({ status, headers, body }, response) =>
    response.writeHead(status, { ...headers, connection: "close" }).end(body),
  "chunks of 7 bytes, which split lines, events and characters": async ({ status, headers, body }, response) => {
    response.writeHead(status, headers);
    for (let at = 0; at < body.length; at += 7) {
      response.write(body.subarray(at, at + 7));
      await turn();
    }
    response.end();
  },
  "unrequested gzip": encoded("gzip", gzipSync),
  "unrequested brotli": encoded("br", brotliCompressSync),
  "202 with a text body": (answer, response) =>
    answer.status === 202
      ? response.writeHead(202, { ...answer.headers, "content-type": "text/plain" }).end("Accepted")
      : plainly(answer, response),
  "a first byte after 300 ms": async (answer, response) => {
    await wait(300);
    plainly(answer, response);
  },
} as const satisfies Record<string, Quirk>;

/** Starts a proxy that reads the server's complete answers and passes them on with a quirk. */
export function startQuirkyProxy(port: number, quirk: Quirk): Promise<TestServer> {
  return serveHttp((request, response) => {
    const { method, url: path, headers } = request;
    const asked = ask({ host: "127.0.0.1", port, method, path, headers, agent: false }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const {
        connection: _,
        "keep-alive": __,
        "transfer-encoding": ___,
        "content-length": ____,
        ...kept
      } = answer.headers;
      await quirk({ status: answer.statusCode ?? 502, headers: kept, body: Buffer.concat(chunks) }, response);
    });
    asked.on("error", () => response.destroy());
    response.on("close", () => asked.destroy());
    request.pipe(asked);
  });
}
