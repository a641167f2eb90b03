import type { IncomingMessage, ServerResponse } from "node:http";
import type { Backend } from "./backend.ts";
import { responseHeaders } from "./headers.ts";
import { type RequestBody, sendStream, smallBody } from "./requestBody.ts";
import type { ResponseHead } from "./responseHead.ts";
import { type UpstreamConnection, type UpstreamExchange, UpstreamTimeout } from "./upstreamPool.ts";

/** How a forwarded request ended. */
export type ForwardResult =
  | { readonly kind: "answered" }
  /** No connection was made. The replica has seen nothing, so the request can go to another one. */
  | { readonly kind: "unreachable" }
  /** The replica or the client disconnected, or the request timed out. */
  | { readonly kind: "broken" };

/** A client's request, in a form that can be sent to several replicas in turn. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Request line and headers, each with a line end, without the headers that frame the body. */
  readonly head: string;
  /** See {@link readSmallBody}. */
  readonly body: RequestBody;
}

export interface ForwardInput extends Asked {
  readonly backend: Backend;
  readonly setCookie: string | undefined;
  /** Called with the session id in the replica's answer. */
  onSession(id: string): void;
  onOutcome(outcome: ForwardResult, asked: Asked): void;
}

/** Forwards one request to a replica and its answer to the client, with backpressure and aborts in both directions. */
export class Forwarding implements UpstreamExchange {
  readonly method: string;
  #input: ForwardInput;
  #leave: () => void;
  #connection: UpstreamConnection | undefined;
  #length: number | undefined;
  /** The answer's head, kept until the body arrives if both can be sent in one write. */
  #pendingHead: ResponseHead | undefined;
  readonly #onClientGone = (): void => this.#abort();

  constructor(input: ForwardInput) {
    this.#input = input;
    this.method = input.request.method ?? "GET";
    this.#leave = input.backend.enter();
    input.response.on("close", this.#onClientGone);
    input.backend.pool.send(this);
  }

  onConnected(connection: UpstreamConnection): void {
    this.#connection = connection;
    const { head, body, response } = this.#input;
    if (response.destroyed) {
      connection.abandon();
    } else if (body === undefined) {
      connection.socket.write(`${head}\r\n`, "latin1");
    } else if (Buffer.isBuffer(body)) {
      // One string, so one write: cheaper than a list of buffers.
      connection.socket.write(`${head}content-length: ${body.length}\r\n\r\n${body.toString("latin1")}`, "latin1");
    } else sendStream(body, head, connection, () => this.#tooLarge());
  }

  onHead(head: ResponseHead, length: number | undefined): void {
    this.#length = length;
    this.#pendingHead = head;
    if (length === undefined || length === 0 || length > smallBody) this.#sendHead(head);
  }

  onBody(chunk: Buffer): void {
    const { response } = this.#input;
    const head = this.#pendingHead;
    if (head !== undefined && chunk.length === this.#length) {
      this.#writeHead(head);
      // A string joins the head in one write; see onConnected.
      response.end(chunk.toString("latin1"), "latin1");
      return;
    }
    if (head !== undefined) this.#sendHead(head);
    if (response.write(Buffer.from(chunk))) return;
    this.#connection?.pause();
    response.once("drain", () => this.#connection?.resume());
  }

  /** Whether the whole request has been sent. */
  get sent(): boolean {
    const { body, request } = this.#input;
    return body !== request || request.complete;
  }

  onEnd(): void {
    this.#input.response.end();
    this.#finish({ kind: "answered" });
  }

  onError(error: Error, connected: boolean): void {
    const { response } = this.#input;
    if (!connected && !response.destroyed) {
      this.#finish({ kind: "unreachable" });
      return;
    }
    if (response.writableEnded) response.off("close", this.#onClientGone);
    else if (response.headersSent || response.destroyed) response.destroy();
    else if (error instanceof UpstreamTimeout) answerText(response, 504, "upstream request timeout");
    else
      answerText(
        response,
        503,
        "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
      );
    this.#finish({ kind: "broken" });
  }

  /** Sends the answer's head. Returns whether an event stream follows. */
  #writeHead(head: ResponseHead): boolean {
    this.#pendingHead = undefined;
    const { response, setCookie, onSession } = this.#input;
    const { headers, session, eventStream } = responseHeaders(head.headers, setCookie);
    if (session !== undefined) onSession(session);
    response.writeHead(head.status, head.reason, headers);
    return eventStream;
  }

  #sendHead(head: ResponseHead): void {
    const eventStream = this.#writeHead(head);
    const { request, response, backend } = this.#input;
    if (this.#length !== undefined) return;
    // An event stream may send nothing for a long time, so the headers go out now, with any data that came with them.
    const { socket } = response;
    socket?.cork();
    response.flushHeaders();
    process.nextTick(() => socket?.uncork());
    if (request.method !== "GET" || !eventStream) return;
    this.#leave();
    this.#leave = backend.hold(() => this.#abort());
    // A thousand streams may stay open for hours, so the memory of their requests is freed.
    this.#input = { ...this.#input, head: "", body: undefined };
    request.headers = {};
    request.rawHeaders = [];
  }

  #tooLarge(): void {
    const { response } = this.#input;
    if (response.headersSent) response.destroy();
    else answerText(response, 413, "Payload Too Large");
    this.#abort();
  }

  #abort(): void {
    this.#connection?.abandon();
  }

  #finish(outcome: ForwardResult): void {
    this.#leave();
    this.#input.response.off("close", this.#onClientGone);
    this.#input.onOutcome(outcome, this.#input);
  }
}

/** Answers with a line of text. Callers use Envoy's wording if it has one. */
export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain", "content-length": Buffer.byteLength(text) }).end(text);
}
