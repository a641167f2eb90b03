import { createServer, type Server, type Socket } from "node:net";

/** First byte of a TLS connection: a handshake record (RFC 8446, section 5.1). */
const tlsHandshake = 0x16;
/** Timeout for the first byte of a connection, in milliseconds. */
const firstByteTimeout = 30_000;

/**
 * Size of the pieces, in bytes, in which TLS gets the data that was read before it took over. Node gives a connection a
 * buffer of 1,024 bytes and, once that is full, one of 16 KB that it never frees. That is too much for a thousand idle
 * connections. A connection that sends more later still gets the large buffer.
 */
const piece = 1_000;

/** Something that can take over a connection, such as Node's http and https servers. */
export interface ConnectionTaker {
  emit(event: "connection", socket: Socket): boolean;
}

/**
 * Creates a TCP server for http and https on one port, which tells them apart by the first byte. Container Apps has
 * ports 80 and 443 under one host name, but on loopback an app has a single address.
 * @param takers called for each connection, so that a server can be replaced
 */
export function createPortMux(takers: { http(): ConnectionTaker; https(): ConnectionTaker }): Server {
  return createServer({ noDelay: true }, (socket) => {
    const forget = (): void => void socket.destroy();
    socket.on("error", forget);
    socket.setTimeout(firstByteTimeout, forget);
    socket.once("data", (chunk: Buffer) => {
      socket.setTimeout(0);
      socket.off("timeout", forget);
      socket.off("error", forget);
      socket.pause();
      for (let end = chunk.length; end > 0; end -= piece) {
        socket.unshift(chunk.subarray(Math.max(0, end - piece), end));
      }
      // Runs before the taker reads: a flowing stream returns the unshifted data one piece at a time.
      process.nextTick(() => socket.resume());
      (chunk[0] === tlsHandshake ? takers.https() : takers.http()).emit("connection", socket);
    });
  });
}
