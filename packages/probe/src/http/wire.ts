import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { Pool } from "undici";
import type { WireReply } from "./outcome.ts";
import { ReplyReader } from "./replyReader.ts";

/** One HTTP request of the lean driver. */
export interface WireRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** True: a connection of its own, closed after the answer. */
  readonly fresh: boolean;
  /** Of the JSON-RPC request: an event stream is read to the message with this id, not to its end. */
  readonly awaitedId?: number;
}

export interface WireStream {
  readonly reply: WireReply;
  close(): void;
}

export interface WireOptions {
  readonly origin: string;
  /** Milliseconds that one exchange may take, connection included. */
  readonly timeout: number;
  /** Connections that are kept open at most; more exchanges wait. */
  readonly connections: number;
  /** PEM of the certificate authorities to trust, beside Node's own. */
  readonly ca: string | undefined;
}

/** Milliseconds by which an exchange may outlast its time. */
const sweepInterval = 50;

/**
 * HTTP for thousands of sessions: one pool of kept connections, one whose connections serve one exchange each, and one
 * for streams, each of which holds its connection.
 */
export class Wire implements AsyncDisposable {
  readonly #kept: Pool;
  readonly #fresh: Pool;
  readonly #held: Pool;
  readonly #pending = new Map<ReplyReader, WireRequest["method"]>();
  readonly #timeout: number;
  /** One for all exchanges: a timer each would be set and cleared thousands of times a second. */
  #sweep: NodeJS.Timeout | undefined;

  constructor({ origin, timeout, connections, ca }: WireOptions) {
    const options: Pool.Options = {
      connections,
      pipelining: 1,
      connect: { timeout, keepAlive: false, secureContext: trusting(ca) },
      // Below the 5 s after which Node's servers drop an idle connection, so that none is used while it goes.
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
   * Resolves with the status and headers of a stream, whose data then come by `onData` until `onEnd`; with the whole
   * answer if it is no event stream.
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

  /** Ends all exchanges that are under way, or all but those that close a session; streams stay. */
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
    // `reset` sends `Connection: close` and drops the socket after the answer: the next exchange has to connect anew.
    pool.dispatch({ method, path, headers, reset: fresh, ...(body === undefined ? {} : { body }) }, reader);
    try {
      return await reader.reply;
    } finally {
      this.#pending.delete(reader);
    }
  }
}

/**
 * One context for all connections: making one reads some 150 certificates, which costs milliseconds. The post-quantum
 * group that OpenSSL 3.5 would offer a key for in every handshake is left to servers that ask for it: that key costs a
 * sixth of the handshake.
 */
function trusting(ca: string | undefined): SecureContext {
  const hybrid = Number.parseFloat(process.versions.openssl) >= 3.5 ? ":X25519MLKEM768" : "";
  const trusted = ca === undefined ? {} : { ca: [...getCACertificates("default"), ca] };
  return createSecureContext({ ...trusted, ecdhCurve: `X25519:P-256:P-384:P-521${hybrid}` });
}
