import type { IncomingMessage } from "node:http";
import type { UpstreamConnection } from "./upstreamPool.ts";

/** Bodies up to this many bytes are read before they are sent on: cheaper, and the request can go to another replica. */
export const smallBody = 64 * 1024;

/** Largest request body, in bytes. Over it: 413. */
export const bodyLimit = 100 * 1024 * 1024;

/** Read in full, to be streamed, or none. */
export type RequestBody = Buffer | IncomingMessage | undefined;

/**
 * Hands on the body where it is small and its size known, the request itself where it has to be streamed, undefined where
 * there is none.
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

/** Sends a body as it comes, no faster than the replica takes it. */
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
      // What still comes is read and let go: a connection cut there would take the refusal with it.
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
