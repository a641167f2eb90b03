import { connect, type Socket } from "node:net";
import type { Address } from "../../net/address.ts";
import type { ResponseHead } from "./responseHead.ts";
import { type ResponseEvents, ResponseParser } from "./responseParser.ts";

/** Idle timeout of connections, in milliseconds: shorter than the 5 s of a Node server. */
const idleConnection = 4_000;

/** One request, and the receiver of its answer. */
export interface UpstreamExchange {
  readonly method: string;
  /** Whether the whole request was written. If the answer ends before that, the connection can't be reused. */
  readonly sent: boolean;
  /** Called once connected; the exchange then writes its request. */
  onConnected(connection: UpstreamConnection): void;
  /** @param length size of the body in bytes, if known */
  onHead(head: ResponseHead, length: number | undefined): void;
  onBody(chunk: Buffer): void;
  onEnd(): void;
  /** @param connected false if no connection was made, so nothing was sent */
  onError(error: Error, connected: boolean): void;
}

/** All sockets read into this buffer. Its data is processed or copied before the next read. */
const shared = Buffer.allocUnsafe(64 * 1024);

/** A keep-alive connection to a replica. It carries one exchange at a time. */
export class UpstreamConnection implements ResponseEvents {
  readonly socket: Socket;
  readonly #pool: UpstreamPool;
  readonly #parser = new ResponseParser(this);
  #exchange: UpstreamExchange | undefined;
  #connected = false;
  #reading = true;
  idleSince = 0;

  constructor(pool: UpstreamPool, idleTimeout: number) {
    this.#pool = pool;
    this.socket = connect({
      ...pool.address,
      noDelay: true,
      onread: { buffer: () => shared, callback: (size) => this.#read(size) },
    });
    this.socket.setTimeout(idleTimeout, () => this.socket.destroy(new UpstreamTimeout()));
    this.socket.once("connect", () => {
      this.#connected = true;
      this.#exchange?.onConnected(this);
    });
    this.socket.once("end", () => this.#ended());
    this.socket.once("error", (error) => this.#fail(error));
    this.socket.once("close", () => {
      this.#pool.forget(this);
      this.#fail(new Error("the connection to the replica ended"));
    });
  }

  carry(exchange: UpstreamExchange): void {
    this.#exchange = exchange;
    this.#parser.expect(exchange.method);
    if (this.#connected) exchange.onConnected(this);
  }

  /** Stops reading until {@link resume}, because the client is too slow. */
  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.socket.resume();
  }

  /** Closes the connection because nobody waits for the answer. */
  abandon(): void {
    this.socket.destroy();
  }

  onHead(head: ResponseHead, framing: { readonly kind: string; readonly bytes?: number }): void {
    this.#exchange?.onHead(head, framing.bytes);
  }

  onBody(chunk: Buffer): void {
    this.#exchange?.onBody(chunk);
  }

  onEnd(reusable: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (reusable && this.#reading && exchange?.sent === true) this.#pool.release(this);
    else this.socket.destroy();
    exchange?.onEnd();
  }

  #read(size: number): boolean {
    try {
      this.#parser.execute(shared.subarray(0, size));
    } catch (error) {
      this.socket.destroy(error as Error);
    }
    return this.#reading;
  }

  #ended(): void {
    try {
      if (this.#exchange !== undefined) this.#parser.finish();
      this.socket.destroy();
    } catch (error) {
      this.socket.destroy(error as Error);
    }
  }

  #fail(error: Error): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.onError(error, this.#connected);
  }
}

/** The replica sent nothing for too long. */
export class UpstreamTimeout extends Error {}

/** Keep-alive connections to one replica; the most recently used one is reused first. */
export class UpstreamPool {
  readonly address: Address;
  readonly #idleTimeout: number;
  readonly #idle: UpstreamConnection[] = [];
  readonly #all = new Set<UpstreamConnection>();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(address: Address, idleTimeout: number) {
    this.address = address;
    this.#idleTimeout = idleTimeout;
  }

  send(exchange: UpstreamExchange): void {
    let connection = this.#idle.pop();
    if (connection !== undefined && performance.now() - connection.idleSince > idleConnection) {
      // The most recently used one is too old, so all are.
      for (const old of [connection, ...this.#idle.splice(0)]) old.socket.destroy();
      connection = undefined;
    }
    if (connection === undefined) {
      connection = new UpstreamConnection(this, this.#idleTimeout);
      this.#all.add(connection);
    }
    connection.carry(exchange);
  }

  release(connection: UpstreamConnection): void {
    connection.idleSince = performance.now();
    this.#idle.push(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), idleConnection / 4).unref();
  }

  forget(connection: UpstreamConnection): void {
    this.#all.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  close(): void {
    clearInterval(this.#sweeper);
    for (const { socket } of this.#all) socket.destroy();
  }

  #sweep(): void {
    const limit = performance.now() - idleConnection;
    const fresh = this.#idle.findIndex(({ idleSince }) => idleSince > limit);
    for (const { socket } of this.#idle.slice(0, fresh < 0 ? this.#idle.length : fresh)) socket.destroy();
    if (this.#all.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}
