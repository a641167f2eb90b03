import { parseHead, type ResponseHead, refused, single } from "./responseHead.ts";

/** How the end of a response's body is found (RFC 9112, section 6.3). */
type Framing =
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

export interface ResponseEvents {
  /** Called with the start line and headers. */
  onHead(head: ResponseHead, framing: Framing): void;
  /** Called with a part of the body. The chunk is valid only during the call, because its buffer is reused. */
  onBody(chunk: Buffer): void;
  /** @param reusable whether the connection can carry another request */
  onEnd(reusable: boolean): void;
}

/** Largest header section and largest chunk-size line, in bytes. */
const headLimit = 64 * 1024;
const lineLimit = 1024;

function framingOf(head: ResponseHead, method: string): Framing {
  const { status, headers } = head;
  if (method === "HEAD" || status === 204 || status === 304) return { kind: "length", bytes: 0 };
  const encoding = single(headers, "transfer-encoding");
  const length = single(headers, "content-length");
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== "chunked" || length !== undefined) throw refused("transfer-encoding");
    return { kind: "chunked" };
  }
  if (length === undefined) return { kind: "close" };
  if (!/^\d{1,15}$/.test(length)) throw refused("content-length");
  return { kind: "length", bytes: Number(length) };
}

type State =
  | { readonly kind: "head" | "size" | "chunk end" | "trailer"; readonly partial: string }
  | { readonly kind: "length" | "chunk"; readonly left: number }
  | { readonly kind: "close" | "done" };

const beginning: State = { kind: "head", partial: "" };

/** Parses the bytes of a connection, in chunks of any size, into one response at a time. */
export class ResponseParser {
  #state: State = beginning;
  #method = "GET";
  #keepAlive = true;
  readonly #events: ResponseEvents;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /** Expects the answer to a request with this method next. */
  expect(method: string): void {
    this.#method = method;
    this.#state = beginning;
  }

  /** Parses a chunk. @throws if the bytes are not a valid response; the connection must then be closed */
  execute(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      const state: State = this.#state;
      switch (state.kind) {
        case "head":
          at = this.#head(chunk, at, state.partial);
          break;
        case "length":
        case "chunk":
          at = this.#bytes(chunk, at, state);
          break;
        case "close":
          this.#events.onBody(at === 0 ? chunk : chunk.subarray(at));
          return;
        case "size":
        case "chunk end":
        case "trailer":
          at = this.#line(chunk, at, state);
          break;
        case "done":
          throw refused("bytes after the end");
      }
    }
  }

  /** Handles the end of the connection. @throws if the response is incomplete */
  finish(): void {
    if (this.#state.kind === "close") this.#end(false);
    else if (this.#state.kind !== "done") throw new Error("the replica closed the connection before its answer ended");
  }

  #head(chunk: Buffer, at: number, partial: string): number {
    // The empty line can be split over two chunks, so the search starts in the previous chunk.
    const text = partial + chunk.toString("latin1", at);
    const end = text.indexOf("\r\n\r\n", Math.max(0, partial.length - 3));
    if (end < 0) {
      if (text.length > headLimit) throw refused("header section too large");
      this.#state = { kind: "head", partial: text };
      return chunk.length;
    }
    const head = parseHead(text.slice(0, end));
    const next = at + end + 4 - partial.length;
    // Interim responses (100, 103) are not forwarded.
    if (head.status < 200) {
      if (head.status === 101) throw refused("101 without an upgrade");
      this.#state = beginning;
      return next;
    }
    const framing = framingOf(head, this.#method);
    const connection = single(head.headers, "connection")?.toLowerCase();
    this.#keepAlive = framing.kind !== "close" && connection !== "close" && text.startsWith("HTTP/1.1");
    this.#events.onHead(head, framing);
    if (framing.kind === "length" && framing.bytes > 0) this.#state = { kind: "length", left: framing.bytes };
    else if (framing.kind === "length") this.#end(this.#keepAlive);
    else this.#state = framing.kind === "chunked" ? { kind: "size", partial: "" } : { kind: "close" };
    return next;
  }

  #bytes(chunk: Buffer, at: number, state: { readonly kind: "length" | "chunk"; readonly left: number }): number {
    const end = Math.min(chunk.length, at + state.left);
    this.#events.onBody(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    const left = state.left - (end - at);
    if (left > 0) this.#state = { kind: state.kind, left };
    else if (state.kind === "chunk") this.#state = { kind: "chunk end", partial: "" };
    else this.#end(this.#keepAlive);
    return end;
  }

  #line(chunk: Buffer, at: number, { kind, partial }: Extract<State, { partial: string }>): number {
    const newline = chunk.indexOf(10, at);
    const text = partial + chunk.toString("latin1", at, newline < 0 ? chunk.length : newline + 1);
    if (text.length > lineLimit) throw refused("line too long");
    if (newline < 0) {
      this.#state = { kind, partial: text };
      return chunk.length;
    }
    if (!text.endsWith("\r\n")) throw refused("line end");
    this.#nextLine(kind, text.slice(0, -2));
    return newline + 1;
  }

  #nextLine(kind: "head" | "size" | "chunk end" | "trailer", line: string): void {
    if (kind === "chunk end") {
      if (line !== "") throw refused("chunk end");
      this.#state = { kind: "size", partial: "" };
    } else if (kind === "size") {
      const size = /^([\da-f]{1,8})(?:[ \t]*;.*)?$/i.exec(line)?.[1];
      if (size === undefined) throw refused("chunk size");
      const left = Number.parseInt(size, 16);
      this.#state = left === 0 ? { kind: "trailer", partial: "" } : { kind: "chunk", left };
    } else if (line === "") {
      this.#end(this.#keepAlive);
    }
    // Trailers are dropped, because the ingress never announces that it accepts them.
    else this.#state = { kind: "trailer", partial: "" };
  }

  #end(reusable: boolean): void {
    this.#state = { kind: "done" };
    this.#events.onEnd(reusable);
  }
}
