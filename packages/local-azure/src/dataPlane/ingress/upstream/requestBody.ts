import type { IncomingMessage } from "node:http";
import type { UpstreamConnection } from "./upstreamPool.ts";

/**
 * Bodies up to this size, in bytes, are read before they are forwarded: it is cheaper, and allows trying another
 * replica.
 */
export const smallBody = 64 * 1024;

/** Largest request body, in bytes. A larger one gets 413. */
export const bodyLimit = 100 * 1024 * 1024;

/** A body: the whole body as a Buffer, the request if the body is streamed, or undefined if there is none. */
export type RequestBody = Buffer | IncomingMessage | undefined;

/**
 * Reads the body if its size is known and small; otherwise returns the request, for streaming. See {@link RequestBody}.
 */
export function readSmallBody(request: IncomingMessage, done: (body: RequestBody) => void): void {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  if (encoding === undefined && (length === undefined || length === "0")) {
    done(undefined);
  } else if (length === undefined || Number(length) > smallBody) {
    done(request);
  } else {
    let body: Buffer | undefined;
    request.on("data", (chunk: Buffer) => {
      body = body === undefined ? chunk : Buffer.concat([body, chunk]);
    });
    request.once("end", () => done(body));
  }
}

/** Streams a body to the replica, with backpressure. */
export function sendStream(
  body: IncomingMessage,
  head: string,
  { socket }: UpstreamConnection,
  onTooLarge: () => void,
): void {
  let sent = 0;
  const length = body.headers["content-length"];
  socket.write(
    `${head}${length === undefined ? "transfer-encoding: chunked" : `content-length: ${length}`}\r\n\r\n`,
    "latin1",
  );
  const pass = (chunk: Buffer): void => {
    sent += chunk.length;
    if (sent > bodyLimit) {
      // The rest of the body is read and dropped: the client might never see the refusal if the connection closed now.
      body.off("data", pass);
      onTooLarge();
      return;
    }
    if (length === undefined) socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
    const more = socket.write(chunk);
    if (length === undefined) socket.write("\r\n", "latin1");
    if (more) return;
    body.pause();
    socket.once("drain", () => body.resume());
  };
  body.on("data", pass);
  body.once("end", () => length === undefined && socket.write("0\r\n\r\n", "latin1"));
}
