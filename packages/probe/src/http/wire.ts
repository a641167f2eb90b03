import { buildConnector, Pool } from "undici";
import type { WireReply } from "./outcome.ts";
import { ReplyReader } from "./replyReader.ts";
import { secureContextFor, type TlsOptions } from "./tls.ts";

/** One HTTP request of the lean driver. */
export interface WireRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** Whether to use a new connection, which is closed after the answer. */
  readonly fresh: boolean;
  /** The ID of the JSON-RPC request: an event stream is read up to the message with this ID, not to its end. */
  readonly awaitedId?: number;
}

export interface WireStream {
  readonly reply: WireReply;
  close(): void;
}

export interface WireOptions {
  readonly origin: string;
  /** Timeout of one exchange in milliseconds, connecting included. */
  readonly timeout: number;
  /** Maximum number of connections; further exchanges wait. */
  readonly connections: number;
  readonly tls: TlsOptions;
}

/** How often timeouts are checked, in milliseconds. */
const sweepInterval = 50;

/**
 * HTTP for thousands of sessions. It has three pools: connections that are kept, connections for one exchange each, and
 * connections that are held by streams.
 */
export class Wire implements AsyncDisposable {
  readonly #kept: Pool;
  readonly #fresh: Pool;
  readonly #held: Pool;
  readonly #pending = new Map<ReplyReader, WireRequest["method"]>();
  readonly #timeout: number;
  /** One timer for all exchanges; a timer for each would be set and cleared thousands of times a second. */
  #sweep: NodeJS.Timeout | undefined;

  constructor({ origin, timeout, connections, tls }: WireOptions) {
    const options: Pool.Options = {
      connections,
      pipelining: 1,
      connect: connector(buildConnector({ timeout, keepAlive: false, secureContext: secureContextFor(tls) })),
      // Node's servers drop idle connections after 5 s. Staying below that avoids using one while it closes.
      keepAliveTimeout: 3_000,
      keepAliveMaxTimeout: 4_000,
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    this.#kept = new Pool(origin, options);
    this.#fresh = new Pool(origin, options);
    this.#held = new Pool(origin, { ...options, connections: null });
    this.#timeout = timeout;
  }

  send(request: WireRequest): Promise<WireReply> {
    const reader = new ReplyReader({ awaitedId: request.awaitedId, timeout: this.#timeout });
    return this.#run(reader, request.fresh ? this.#fresh : this.#kept, request);
  }

  /**
   * Resolves with the status and headers of an event stream, and then passes its data to `onData` until `onEnd`.
   * Resolves with the whole answer if it isn't an event stream.
   */
  async stream(request: WireRequest, onData: (text: string) => void, onEnd: () => void): Promise<WireStream> {
    const reader = new ReplyReader({ timeout: this.#timeout, stream: { onData, onEnd } });
    const reply = await this.#run(reader, this.#held, request);
    return { reply, close: () => reader.close() };
  }

  #expire(): void {
    const now = performance.now();
    for (const reader of this.#pending.keys()) reader.expire(now);
    if (this.#pending.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  /** Fails all exchanges in flight, or all but those that close a session. Held streams stay open. */
  cut(which: "all" | "all but closings", reason: Error): void {
    for (const [reader, method] of this.#pending) if (which === "all" || method !== "DELETE") reader.fail(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([this.#kept.destroy(), this.#fresh.destroy(), this.#held.destroy()]);
  }

  async #run(reader: ReplyReader, pool: Pool, { method, path, headers, body, fresh }: WireRequest): Promise<WireReply> {
    this.#pending.set(reader, method);
    this.#sweep ??= setInterval(() => this.#expire(), Math.min(sweepInterval, this.#timeout));
    // `reset` sends `Connection: close` and drops the socket after the answer, so the next exchange must reconnect.
    pool.dispatch({ method, path, headers, reset: fresh, ...(body === undefined ? {} : { body }) }, reader);
    try {
      return await reader.reply;
    } finally {
      this.#pending.delete(reader);
    }
  }
}

/**
 * Connects with sockets that close on their first error. After an alert, such as a missing client certificate, TLS reports
 * the alert and then the end of the connection, and undici would report only the latter.
 */
const connector =
  (connect: buildConnector.connector): buildConnector.connector =>
  (options, callback) =>
    connect(options, (...[error, socket]) => {
      socket?.prependListener("error", (first) => socket.destroy(first));
      if (error === null) callback(error, socket);
      else callback(error, null);
    });
