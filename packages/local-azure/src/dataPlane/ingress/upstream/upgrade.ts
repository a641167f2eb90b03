import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { Backend } from "./backend.ts";
import { parseHead, type ResponseHead } from "./responseHead.ts";

/** Largest header section of the replica's answer, in bytes. */
const headLimit = 64 * 1024;

export interface UpgradeInput {
  readonly request: IncomingMessage;
  readonly client: Socket;
  /** Bytes that the client sent directly after its request. */
  readonly early: Buffer;
  readonly backend: Backend;
  /** Request line and headers for the replica. */
  readonly head: string;
  readonly setCookie: string | undefined;
  /** Milliseconds without a byte after which the connection is closed. */
  readonly idleTimeout: number;
}

/**
 * Returns whether the client asks for a WebSocket. Other upgrades are not forwarded: h2c has been used to smuggle
 * requests.
 */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  const body = headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
  return method === "GET" && !body && headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * Connects the client with the replica. Resolves when the connection ends, to whether the replica answered the request.
 */
export function passUpgrade(input: UpgradeInput): Promise<boolean> {
  const { client, backend, head, early } = input;
  return new Promise((resolve) => {
    const replica = connect({ ...backend.address, noDelay: true });
    const end = (): void => void replica.destroy();
    const leave = backend.hold(end);
    let answered = false;
    replica.setTimeout(input.idleTimeout, end);
    replica.once("connect", () => {
      replica.write(`${head}connection: Upgrade\r\nupgrade: websocket\r\n\r\n`, "latin1");
      replica.write(early);
    });
    client.once("error", end).once("close", end);
    // "close" follows and handles it.
    replica.once("error", () => {});
    replica.once("close", () => {
      leave();
      if (answered) client.destroySoon();
      else answer(client, 503, "upstream connect error or disconnect/reset before headers");
      resolve(answered);
    });
    receiveHead(replica, (answerHead, rest) => {
      answered = true;
      client.write(renderHead(answerHead, input.setCookie), "latin1");
      client.write(rest);
      replica.pipe(client);
      client.pipe(replica);
    });
  });
}

/** Calls back once with the head of the answer and the bytes after it. An invalid head closes the connection. */
function receiveHead(replica: Socket, done: (head: ResponseHead, rest: Buffer) => void): void {
  let seen = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf("\r\n\r\n");
    if (end < 0 && seen.length <= headLimit) return;
    replica.off("data", read);
    try {
      if (end < 0) throw new Error("the replica's header section is too large");
      done(parseHead(seen.toString("latin1", 0, end)), seen.subarray(end + 4));
    } catch (error) {
      replica.destroy(error as Error);
    }
  };
  replica.on("data", read);
}

function renderHead({ status, reason, headers }: ResponseHead, setCookie: string | undefined): string {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}${setCookie === undefined ? "" : `set-cookie: ${setCookie}\r\n`}\r\n`;
}

/** Sends a complete answer on a connection that Node has handed over, then closes it. */
export function answer(
  client: Socket,
  status: number,
  text: string,
  more: Readonly<Record<string, string>> = {},
): void {
  const headers = {
    ...more,
    "content-type": "text/plain",
    "content-length": Buffer.byteLength(text),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  client.end(`HTTP/1.1 ${status} \r\n${lines.join("")}\r\n${text}`, "latin1");
}
