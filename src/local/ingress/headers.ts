import type { IncomingMessage } from "node:http";

/** Meant for one connection only (RFC 9110, section 7.6.1), so never passed on. */
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
  // Answered by the server that received it.
  "expect",
]);

/** Set by the ingress alone: a client's own would let it pretend to be another. */
const owned = new Set([
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-client-cert",
  "x-request-id",
]);

/** What the ingress knows of a request beyond its headers. */
export interface RequestFacts {
  readonly clientAddress: string;
  readonly protocol: "http" | "https";
  readonly requestId: string;
  /** Value of X-Forwarded-Client-Cert; undefined: no certificate. */
  readonly clientCertificate: string | undefined;
}

/** Names that a Connection header takes out of the message, as it may. */
function namedByConnection(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return undefined;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}

/** Headers for the replica, as a flat list of names and values, in the client's order. */
export function requestHeaders(
  request: Pick<IncomingMessage, "rawHeaders" | "headers">,
  facts: RequestFacts,
): string[] {
  const raw = request.rawHeaders;
  const dropped = namedByConnection(request.headers.connection);
  const result: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (hopByHop.has(name) || owned.has(name) || dropped?.has(name) || name.startsWith("x-envoy-")) continue;
    result.push(name, raw[i + 1] as string);
  }
  result.push("x-forwarded-for", facts.clientAddress, "x-forwarded-proto", facts.protocol);
  result.push("x-envoy-external-address", facts.clientAddress, "x-request-id", facts.requestId);
  if (request.headers.host !== undefined) result.push("x-forwarded-host", request.headers.host);
  if (facts.clientCertificate !== undefined) result.push("x-forwarded-client-cert", facts.clientCertificate);
  return result;
}

/** The replica's headers for the client, as a flat list, with the affinity cookie where there is a new one. */
export function responseHeaders(raw: readonly Buffer[], setCookie: string | undefined): string[] {
  const result: string[] = [];
  let dropped: ReadonlySet<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as Buffer).toString("latin1");
    const lower = name.toLowerCase();
    const value = (raw[i + 1] as Buffer).toString("latin1");
    if (lower === "connection") dropped = namedByConnection(value.toLowerCase());
    if (!hopByHop.has(lower)) result.push(name, value);
  }
  if (setCookie !== undefined) result.push("set-cookie", setCookie);
  return dropped === undefined ? result : withoutNames(result, dropped);
}

function withoutNames(flat: readonly string[], names: ReadonlySet<string>): string[] {
  return flat.filter((_, i) => !names.has((flat[i - (i % 2)] as string).toLowerCase()));
}
