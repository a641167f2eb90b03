import type { IncomingMessage, ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import type { Backend } from "./backend.ts";
import { responseHeaders } from "./headers.ts";

/** Bodies up to this many bytes are read before they are sent on: cheaper, and the request can go to another replica. */
const smallBody = 64 * 1024;

/** How a forwarded request ended. */
export type Outcome =
  | { readonly kind: "answered"; readonly status: number }
  /** No connection; the replica has seen nothing, so that another one may be asked. */
  | { readonly kind: "unreachable" }
  /** The replica or the client went away in the middle, or took too long. */
  | { readonly kind: "broken" };

export interface ForwardInput {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly backend: Backend;
  readonly headers: string[];
  /** See {@link readSmallBody}. */
  readonly body: Buffer | IncomingMessage | null;
  readonly setCookie: string | undefined;
  /** Called with the session that the replica names in its answer. */
  onSession(id: string): void;
}

/** The body where it is small and its size known, the request itself where it has to be streamed, null where there is none. */
export async function readSmallBody(request: IncomingMessage): Promise<Buffer | IncomingMessage | null> {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  if (encoding === undefined && (length === undefined || length === "0")) return null;
  if (length === undefined || Number(length) > smallBody) return request;
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.once("error", reject);
  });
}

/** Sends one request to a replica and its answer to the client, with backpressure and abort both ways. Never rejects. */
export function forward(input: ForwardInput): Promise<Outcome> {
  return new Promise((resolve) => {
    const { request, backend, headers, body } = input;
    const handler = new AnswerHandler(input, resolve);
    backend.requests += 1;
    backend.pool.dispatch(
      { method: request.method as Dispatcher.HttpMethod, path: request.url ?? "/", headers, body },
      handler as unknown as Dispatcher.DispatchHandler,
    );
  });
}

/** undici's low-level handler: it gives raw headers and leaves backpressure to the return value. */
class AnswerHandler {
  readonly #input: ForwardInput;
  readonly #resolve: (outcome: Outcome) => void;
  #leave: () => void;
  #abort: ((reason?: Error) => void) | undefined;
  #status = 0;
  readonly #onClientGone: () => void;

  constructor(input: ForwardInput, resolve: (outcome: Outcome) => void) {
    this.#input = input;
    this.#resolve = resolve;
    this.#leave = input.backend.enter();
    this.#onClientGone = () => this.#abort?.(new Error("the client went away"));
    input.response.once("close", this.#onClientGone);
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort;
    if (this.#input.response.destroyed) abort(new Error("the client went away"));
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    // Interim answers (100, 103) are between the ingress and the replica.
    if (status < 200) return true;
    this.#status = status;
    const { response, setCookie, backend } = this.#input;
    const headers = responseHeaders(raw, setCookie);
    let streams = false;
    for (let i = 0; i < headers.length; i += 2) {
      const name = (headers[i] as string).toLowerCase();
      if (name === "content-type") streams = (headers[i + 1] as string).startsWith("text/event-stream");
      if (name === "mcp-session-id") this.#input.onSession(headers[i + 1] as string);
    }
    response.writeHead(status, reason, headers);
    response.on("drain", resume);
    if (streams) {
      // A held GET stream sends nothing at first, and the client waits for the headers.
      response.flushHeaders();
      if (this.#input.request.method === "GET") {
        this.#leave();
        this.#leave = backend.hold(() => this.#abort?.(new Error("the replica is going away")));
      }
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.#input.response.write(chunk);
  }

  onComplete(): void {
    this.#input.response.end();
    this.#finish({ kind: "answered", status: this.#status });
  }

  onError(error: Error & { code?: string }): void {
    const { response } = this.#input;
    const unreachable = this.#abort === undefined && !response.destroyed;
    if (unreachable) this.#finish({ kind: "unreachable" });
    else this.#fail(error, response);
  }

  #fail(error: { code?: string }, response: ServerResponse): void {
    if (response.headersSent || response.destroyed) response.destroy();
    else if (error.code === "UND_ERR_HEADERS_TIMEOUT") plain(response, 504, "upstream request timeout");
    else
      plain(
        response,
        503,
        "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
      );
    this.#finish({ kind: "broken" });
  }

  #finish(outcome: Outcome): void {
    this.#leave();
    this.#input.response.off("close", this.#onClientGone);
    this.#resolve(outcome);
  }
}

/** Answers with a line of text, in Envoy's words where it has some. */
export function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain", "content-length": Buffer.byteLength(text) }).end(text);
}
