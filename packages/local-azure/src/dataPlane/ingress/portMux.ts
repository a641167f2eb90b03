import { createServer, type Server, type Socket } from "node:net";

/** First byte of a TLS connection: a handshake record (RFC 8446, section 5.1). */
const tlsHandshake = 0x16;
/** Milliseconds that a connection has to send its first byte. */
const firstByteTimeout = 30_000;

/**
 * Bytes that TLS is handed at once of what was read before it took over. Node gives a connection a buffer of 1,024 bytes
 * and, once that is filled, one of 16 KB that it never gives back: too much for a thousand connections that are held open
 * and send next to nothing. One that sends more than its buffer takes gets the large one all the same.
 */
const piece = 1_000;

/** Something that takes over a connection, as Node's http and https servers do. */
export interface ConnectionTaker {
  emit(event: "connection", socket: Socket): boolean;
}

/**
 * A TCP server that speaks http and https on the same port, told apart by the first byte. Container Apps has port 80 and
 * port 443 under one name; on loopback an app has one address, so both live on it.
 * @param takers asked at each connection, so that a server may be replaced
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
      // Before the taker's own turn: a flowing stream hands out what was put back one piece at a time.
      process.nextTick(() => socket.resume());
      (chunk[0] === tlsHandshake ? takers.https() : takers.http()).emit("connection", socket);
    });
  });
}
