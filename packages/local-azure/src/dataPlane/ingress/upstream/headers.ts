import type { IncomingMessage } from "node:http";

/** Headers for a single connection, which are never forwarded (RFC 9110, section 7.6.1). */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  // The server that receives it answers it.
  "expect",
]);

/** Headers that only the ingress sets. A client could use them to impersonate another one. */
const owned = new Set([
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-client-cert",
  "x-request-id",
]);

/** What the ingress knows about a request besides its headers. */
export interface RequestFacts {
  readonly clientAddress: string;
  readonly protocol: "http" | "https";
  readonly requestId: string;
  /** Value of X-Forwarded-Client-Cert; undefined if the client sent no certificate. */
  readonly clientCertificate: string | undefined;
}

/**
 * Headers that the ingress writes from its parsed values, so that the replica can't see a different message boundary.
 */
const framing = new Set(["host", "content-length"]);

/** Returns the names of the headers that a Connection header marks as not to be forwarded. */
function namedByConnection(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return undefined;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}

/**
 * Returns the request line and headers for the replica, each with a line end, without the headers that frame the body.
 * Nothing is escaped, because Node's parser has already refused line breaks inside values.
 */
export function requestHead(request: IncomingMessage, facts: RequestFacts): string {
  const { rawHeaders: raw, headers } = request;
  const dropped = namedByConnection(headers.connection);
  let head = `${request.method} ${originForm(request.url)} HTTP/1.1\r\nhost: ${headers.host ?? ""}\r\n`;
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (hopByHop.has(name) || owned.has(name) || framing.has(name) || dropped?.has(name)) continue;
    if (!name.startsWith("x-envoy-")) head += `${name}: ${raw[i + 1]}\r\n`;
  }
  head += `x-forwarded-for: ${facts.clientAddress}\r\nx-forwarded-proto: ${facts.protocol}\r\n`;
  head += `x-envoy-external-address: ${facts.clientAddress}\r\nx-request-id: ${facts.requestId}\r\n`;
  if (headers.host !== undefined) head += `x-forwarded-host: ${headers.host}\r\n`;
  if (facts.clientCertificate !== undefined) head += `x-forwarded-client-cert: ${facts.clientCertificate}\r\n`;
  return head;
}

/** Returns the path of a request target. The absolute form (RFC 9112, section 3.2.2) is only for proxies. */
function originForm(target = "/"): string {
  if (target.startsWith("/") || target === "*") return target;
  return target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, "") || "/";
}

/** Returns the replica's headers for the client, as a flat list, and the values in them that the ingress uses. */
export function responseHeaders(
  raw: readonly string[],
  setCookie: string | undefined,
): { readonly headers: string[]; readonly session: string | undefined; readonly eventStream: boolean } {
  const headers: string[] = [];
  let dropped: ReadonlySet<string> | undefined;
  let session: string | undefined;
  let eventStream = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const lower = name.toLowerCase();
    const value = raw[i + 1] as string;
    if (lower === "connection") dropped = namedByConnection(value.toLowerCase());
    if (lower === "mcp-session-id") session = value;
    if (lower === "content-type") eventStream = value.startsWith("text/event-stream");
    if (!hopByHop.has(lower)) headers.push(name, value);
  }
  if (setCookie !== undefined) headers.push("set-cookie", setCookie);
  return { headers: dropped === undefined ? headers : withoutNames(headers, dropped), session, eventStream };
}

function withoutNames(flat: readonly string[], names: ReadonlySet<string>): string[] {
  return flat.filter((_, i) => {
    const name = (flat[i - (i % 2)] as string).toLowerCase();
    return framing.has(name) || !names.has(name);
  });
}
