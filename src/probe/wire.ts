import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { type Dispatcher, Pool } from "undici";
import type { Reply } from "./outcome.ts";

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

export interface WireReply extends Reply {
  readonly headers: Record<string, string | string[] | undefined>;
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

/** Bytes of an answer that are read before it is given up as none of ours. */
const bodyLimit = 4 * 1024 * 1024;
/** Milliseconds that a server may leave an event stream open after the awaited message, before we cut it. */
const lingerLimit = 250;

/** An exchange took longer than it may. */
export class WireTimeout extends Error {
  readonly code = "ETIMEDOUT";
}

/** HTTP for thousands of sessions: one pool of kept connections and one whose connections serve one exchange each. */
export class Wire implements AsyncDisposable {
  readonly #kept: Pool;
  readonly #fresh: Pool;
  readonly #timeout: number;

  constructor({ origin, timeout, connections, ca }: WireOptions) {
    const options: Pool.Options = {
      connections,
      pipelining: 1,
      connect: { timeout, ...(ca === undefined ? {} : { secureContext: trusting(ca) }) },
      // Below the 5 s after which Node's servers drop an idle connection, so that none is used while it goes.
      keepAliveTimeout: 3_000,
      keepAliveMaxTimeout: 4_000,
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    this.#kept = new Pool(origin, options);
    this.#fresh = new Pool(origin, options);
    this.#timeout = timeout;
  }

  send(request: WireRequest): Promise<WireReply> {
    const { promise, resolve, reject } = Promise.withResolvers<WireReply>();
    const exchange = new Exchange(request.awaitedId, resolve, reject);
    exchange.startTimer(this.#timeout);
    (request.fresh ? this.#fresh : this.#kept).dispatch(dispatchOptions(request), exchange);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#kept.destroy(), this.#fresh.destroy()]);
  }
}

/** One context for all connections: making one reads some 150 certificates, which costs milliseconds. */
function trusting(ca: string): SecureContext {
  return createSecureContext({ ca: [...getCACertificates("default"), ca] });
}

function dispatchOptions({ method, path, headers, body, fresh }: WireRequest): Dispatcher.DispatchOptions {
  // `reset` sends `Connection: close` and drops the socket after the answer: the next exchange has to connect anew.
  return { method, path, headers, reset: fresh, ...(body === undefined ? {} : { body }) };
}

/** Reads one answer; settles at the awaited message of an event stream, else at its end. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #awaitedId: number | undefined;
  readonly #resolve: (reply: WireReply) => void;
  readonly #reject: (error: Error) => void;
  #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #cut: Error | undefined;
  #status = 0;
  #headers: Record<string, string | string[] | undefined> = {};
  #contentType = "";
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(awaitedId: number | undefined, resolve: (reply: WireReply) => void, reject: (error: Error) => void) {
    this.#awaitedId = awaitedId;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  startTimer(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      const seconds = milliseconds / 1000;
      this.#fail(new WireTimeout(`no whole answer within ${seconds} s`));
    }, milliseconds);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#cut !== undefined) controller.abort(this.#cut);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    this.#headers = headers;
    this.#contentType = String(headers["content-type"] ?? "")
      .replace(/;.*$/, "")
      .trim()
      .toLowerCase();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    if (this.#bytes > bodyLimit) this.#fail(new Error(`an answer of more than ${bodyLimit} bytes`));
    if (this.#contentType !== "text/event-stream" || this.#awaitedId === undefined) return;
    const data = awaitedData(this.#text(), this.#awaitedId);
    if (data === undefined) return;
    this.#settle(data);
    this.#timer = setTimeout(() => this.#controller?.abort(new Error("stream left open")), lingerLimit);
  }

  onResponseEnd(): void {
    clearTimeout(this.#timer);
    const text = this.#text();
    this.#settle(this.#contentType === "text/event-stream" ? (lastData(text) ?? text) : text);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#timer);
    this.#reject(this.#cut ?? error);
  }

  #text(): string {
    const [only] = this.#chunks;
    return this.#chunks.length === 1 && only !== undefined ? only.toString() : Buffer.concat(this.#chunks).toString();
  }

  #settle(body: string): void {
    clearTimeout(this.#timer);
    this.#resolve({ status: this.#status, contentType: this.#contentType, headers: this.#headers, body });
  }

  /** The promise is settled at once; the socket follows, also where the request still waits for its connection. */
  #fail(error: Error): void {
    clearTimeout(this.#timer);
    this.#cut = error;
    this.#controller?.abort(error);
    this.#reject(error);
  }
}

/** The data of the event that answers the request with this id. Notifications may come before it. */
function awaitedData(text: string, id: number): string | undefined {
  return events(text).find((data) => {
    try {
      const message = JSON.parse(data) as { id?: unknown; method?: unknown };
      return message.id === id && message.method === undefined;
    } catch {
      return false;
    }
  });
}

const lastData = (text: string): string | undefined => events(text).at(-1);

/** The data of each whole event, in order (HTML standard, "Parsing an event stream", as far as MCP uses it). */
export function events(text: string): string[] {
  return text
    .split(/\r\n\r\n|\n\n|\r\r/)
    .map((block) =>
      block
        .split(/\r\n|\n|\r/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(line[5] === " " ? 6 : 5))
        .join("\n"),
    )
    .filter((data) => data !== "");
}
