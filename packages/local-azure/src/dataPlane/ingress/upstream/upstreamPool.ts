import { connect, type Socket } from "node:net";
import type { Address } from "../../net/address.ts";
import type { ResponseHead } from "./responseHead.ts";
import { type ResponseEvents, ResponseParser } from "./responseParser.ts";

/** Idle connections close after this many milliseconds: below the 5 s at which a Node server closes its own. */
const idleConnection = 4_000;

/** Receives what becomes of one request. */
export interface UpstreamExchange {
  readonly method: string;
  /** Whether the whole request was written: an answer may come before, and the connection is then of no more use. */
  readonly sent: boolean;
  /** The connection is there; the exchange writes its request. */
  onConnected(connection: UpstreamConnection): void;
  /** @param length bytes of the body where they are known */
  onHead(head: ResponseHead, length: number | undefined): void;
  onBody(chunk: Buffer): void;
  onEnd(): void;
  /** @param connected false: no connection came about, and nothing was sent */
  onError(error: Error, connected: boolean): void;
}

/** Every socket reads into this buffer: it is used up, or copied, before the next read. */
const shared = Buffer.allocUnsafe(64 * 1024);

/** One keep-alive connection to a replica; carries one exchange at a time. */
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

  /** Stops reading until {@link resume}: the client takes no more for now. */
  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.socket.resume();
  }

  /** Ends the connection because nobody wants the answer any more. */
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

/** Keep-alive connections to one replica, the last used first. Small on purpose: the ingress needs no more of a client. */
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
      // The last used one is too old, so all are.
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
