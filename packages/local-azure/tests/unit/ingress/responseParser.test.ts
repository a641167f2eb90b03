import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ResponseParser } from "../../../src/dataPlane/ingress/upstream/responseParser.ts";

interface Read {
  status: number;
  headers: readonly string[];
  body: string;
  /** Undefined while the response has not ended. */
  reusable: boolean | undefined;
}

/** Parses the pieces; `end` tells whether the connection ends after them. */
function parse(pieces: readonly Buffer[], method = "GET", end = false): Read {
  const read: Read = { status: 0, headers: [], body: "", reusable: undefined };
  const parser = new ResponseParser({
    onHead: ({ status, headers }) => void Object.assign(read, { status, headers }),
    onBody: (chunk) => {
      read.body += chunk.toString("latin1");
    },
    onEnd: (reusable) => {
      read.reusable = reusable;
    },
  });
  parser.expect(method);
  for (const piece of pieces) parser.execute(piece);
  if (end) parser.finish();
  return read;
}

const whole = (text: string, method?: string, end?: boolean): Read => parse([Buffer.from(text, "latin1")], method, end);

function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, "latin1");
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
}

const body = fc.string({ unit: "binary", maxLength: 200 }).map((text) => Buffer.from(text).toString("latin1"));

describe("answers of replicas", () => {
  test("with a length are parsed the same, however they are split", () => {
    fc.assert(
      fc.property(body, fc.array(fc.nat()), (text, places) => {
        const answer = `HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
        const read = parse(cut(answer, places));
        expect(read).toEqual({
          status: 200,
          headers: ["A", "1", "Content-Length", String(text.length)],
          body: text,
          reusable: true,
        });
      }),
    );
  });

  test("in chunks, with extensions, interim responses and trailers, are parsed the same, however they are split", () => {
    fc.assert(
      fc.property(fc.array(body.filter((text) => text !== "")), fc.array(fc.nat()), (parts, places) => {
        const chunks = parts.map((part) => `${part.length.toString(16)};x=1\r\n${part}\r\n`).join("");
        const head = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        const read = parse(cut(`${head}${chunks}0\r\nTrailer: 1\r\n\r\n`, places));
        expect(read).toMatchObject({ status: 200, body: parts.join(""), reusable: true });
      }),
    );
  });

  test("with any bytes are either parsed or refused with an error", () => {
    const pieces = fc.array(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom(
          "HTTP/1.1 200 OK\r\n",
          "Content-Length: 3\r\n",
          "Transfer-Encoding: chunked\r\n",
          "\r\n",
          "3\r\nabc\r\n",
          "0\r\n\r\n",
        ),
      ),
    );
    fc.assert(
      fc.property(pieces, (texts) => {
        try {
          whole(texts.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).message).toMatch(/^the replica's answer is not valid HTTP\/1\.1: /);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("without a length or chunks end with the connection, which is not reused", () => {
    expect(whole("HTTP/1.1 200 OK\r\n\r\nabc").reusable).toBeUndefined();
    expect(whole("HTTP/1.1 200 OK\r\n\r\nabc", "GET", true)).toMatchObject({ body: "abc", reusable: false });
  });

  test("to HEAD, and 204 and 304, have no body, whatever their headers say", () => {
    expect(whole("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD").reusable).toBe(true);
    expect(whole("HTTP/1.1 204 No Content\r\n\r\n").reusable).toBe(true);
    expect(whole("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n").reusable).toBe(true);
  });

  test("with Connection: close, or in HTTP/1.0, prevent reuse of the connection", () => {
    expect(whole("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").reusable).toBe(false);
    expect(whole("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").reusable).toBe(false);
  });

  test.for([
    ["a length and a transfer coding", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    ["a length that is not a number", "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n"],
    ["an unknown transfer coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
    ["a folded header", "HTTP/1.1 200 OK\r\nA: 1\r\n b\r\n\r\n"],
    ["a space before the colon", "HTTP/1.1 200 OK\r\nA : 1\r\n\r\n"],
    ["a bare line feed", "HTTP/1.1 200 OK\r\nA: 1\nB: 2\r\n\r\n"],
    ["an invalid chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"],
    ["a chunk that is longer than its size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"],
    ["bytes after its end", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"],
    ["another protocol", "SSH-2.0-OpenSSH_9.0\r\n\r\n"],
    ["a protocol switch that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    ["endless headers", `HTTP/1.1 200 OK\r\nA: ${"a".repeat(70_000)}`],
  ] as const)("with %s are refused", ([, text]) => {
    expect(() => whole(text)).toThrow(/not valid HTTP\/1\.1/);
  });

  test("that end too early are an error", () => {
    expect(() => whole("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "GET", true)).toThrow(
      /before its answer ended/,
    );
    expect(() => whole("HTTP/1.1 200", "GET", true)).toThrow(/before its answer ended/);
  });
});
