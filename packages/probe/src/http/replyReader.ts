import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Dispatcher } from "undici";
import type { WireReply } from "./outcome.ts";

/** The most bytes to read of an answer; a longer one isn't from an MCP server. */
const bodyLimit = 4 * 1024 * 1024;
/** Milliseconds that a server may keep an event stream open after the awaited message. */
const lingerLimit = 250;

/** Some servers compress answers unasked. The driver itself never asks for it. */
const encodings: Readonly<Record<string, () => Decompressor>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};
type Decompressor = ReturnType<typeof createGunzip | typeof createInflate | typeof createBrotliDecompress>;

/** An exchange exceeded its timeout. */
class WireTimeout extends Error {
  readonly code = "ETIMEDOUT";
}

export interface ReplyReaderOptions {
  /** Milliseconds to connect and to get the whole answer, or the headers of a held stream. */
  readonly timeout: number;
  /** The ID of the JSON-RPC request: an event stream is read up to the message with this ID. */
  readonly awaitedId?: number | undefined;
  /** If given, an event stream is held and its data passed on. */
  readonly stream?: { onData(text: string): void; onEnd(): void };
}

/** Reads an answer until the awaited message of an event stream, the headers of a held stream, or else its end. */
export class ReplyReader implements Dispatcher.DispatchHandler {
  readonly #options: ReplyReaderOptions;
  readonly #settled = Promise.withResolvers<WireReply>();
  /** The `performance.now()` at which the exchange times out. */
  readonly deadline: number;
  #linger: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #cut: Error | undefined;
  #status = 0;
  #headers: WireReply["headers"] = {};
  #contentType = "";
  #holding = false;
  #encoded: Decompressor | undefined;
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(options: ReplyReaderOptions) {
    this.#options = options;
    this.deadline = performance.now() + options.timeout;
  }

  get reply(): Promise<WireReply> {
    return this.#settled.promise;
  }

  /** Fails the exchange if it has timed out. */
  expire(now: number): void {
    if (now < this.deadline) return;
    this.fail(new WireTimeout(`no complete answer within ${this.#options.timeout / 1_000} s`));
  }

  /** Rejects the reply at once, and closes the socket even if the request is still waiting for a connection. */
  fail(error: Error): void {
    clearTimeout(this.#linger);
    this.#cut = error;
    this.#settled.reject(error);
    this.#encoded?.destroy();
    this.#controller?.abort(error);
  }

  /** Closes a held stream from this side, without calling `onEnd`. */
  close(): void {
    this.#holding = false;
    this.fail(new Error("closed"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#cut !== undefined) controller.abort(this.#cut);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: WireReply["headers"]): void {
    this.#status = status;
    this.#headers = headers;
    this.#contentType = String(headers["content-type"] ?? "")
      .replace(/;.*$/, "")
      .trim()
      .toLowerCase();
    if (this.#options.stream === undefined || status !== 200 || this.#contentType !== "text/event-stream") return;
    this.#holding = true;
    this.#settle("");
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const encoding = String(this.#headers["content-encoding"] ?? "");
    if (encoding !== "") this.#encoded ??= this.#decompressor(encoding.trim().toLowerCase());
    if (this.#encoded === undefined) this.#take(chunk);
    else this.#encoded.write(chunk);
  }

  /** Decompresses an answer, which is then read like any other. */
  #decompressor(encoding: string): Decompressor | undefined {
    return encodings[encoding]?.()
      .on("data", (chunk: Buffer) => this.#take(chunk))
      .on("end", () => this.#end())
      .on("error", (error: Error) => (this.#holding ? this.#ended() : this.fail(error)));
  }

  #take(chunk: Buffer): void {
    if (this.#holding) {
      this.#decoder ??= new TextDecoder();
      this.#options.stream?.onData(this.#decoder.decode(chunk, { stream: true }));
      return;
    }
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    if (this.#bytes > bodyLimit) this.fail(new Error(`the answer has more than ${bodyLimit} bytes`));
    const { awaitedId } = this.#options;
    if (this.#contentType !== "text/event-stream" || awaitedId === undefined) return;
    const data = events(this.#text()).find((one) => answers(one, awaitedId));
    if (data === undefined) return;
    this.#settle(data);
    this.#linger = setTimeout(() => this.#controller?.abort(new Error("stream left open")), lingerLimit);
  }

  onResponseEnd(): void {
    if (this.#encoded === undefined) this.#end();
    else this.#encoded.end();
  }

  #end(): void {
    if (this.#holding) {
      this.#ended();
      return;
    }
    const text = this.#text();
    this.#settle(this.#contentType === "text/event-stream" ? (events(text).at(-1) ?? text) : text);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#holding) {
      this.#ended();
      return;
    }
    clearTimeout(this.#linger);
    this.#settled.reject(this.#cut ?? error);
  }

  #ended(): void {
    this.#holding = false;
    this.#options.stream?.onEnd();
  }

  #text(): string {
    const [only] = this.#chunks;
    return this.#chunks.length === 1 && only !== undefined ? only.toString() : Buffer.concat(this.#chunks).toString();
  }

  #settle(body: string): void {
    clearTimeout(this.#linger);
    const { location, "retry-after": retryAfter } = this.#headers;
    const to = typeof location === "string" ? { location } : {};
    const later = typeof retryAfter === "string" ? { retryAfter } : {};
    const head = { status: this.#status, contentType: this.#contentType, headers: this.#headers };
    this.#settled.resolve({ ...head, ...to, ...later, body });
  }
}

/** Whether the message answers the request with this ID. Notifications can come before it on the same stream. */
function answers(data: string, id: number): boolean {
  try {
    const message = JSON.parse(data) as { id?: unknown; method?: unknown };
    return message.id === id && message.method === undefined;
  } catch {
    return false;
  }
}

/** The data of each event, in order (HTML standard, "Parsing an event stream", as far as MCP uses it). */
function events(text: string): string[] {
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
