import { createServer, type Server, type Socket } from "node:net";

/** First byte of a TLS connection: a handshake record (RFC 8446, section 5.1). */
const tlsHandshake = 0x16;
/** Milliseconds that a connection has to send its first byte. */
const firstByteTimeout = 30_000;

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
      socket.unshift(chunk);
      (chunk[0] === tlsHandshake ? takers.https() : takers.http()).emit("connection", socket);
      // The taker has put its own listeners on by now.
      process.nextTick(() => socket.resume());
    });
  });
}
