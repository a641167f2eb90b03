import { createHash } from "node:crypto";
import type { Socket } from "node:net";

/** Longest cookie value that is accepted, in characters. The ingress's own values have 16. */
const longest = 128;

/**
 * Returns the value of the first cookie with this name in a Cookie header, without quotes. Returns undefined if there
 * is none, or if its value can't be an affinity cookie. Never throws.
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  let start = 0;
  while (start < header.length) {
    let end = header.indexOf(";", start);
    if (end < 0) end = header.length;
    const equals = header.indexOf("=", start);
    if (equals > 0 && equals < end && header.slice(start, equals).trim() === name) {
      return plainValue(header.slice(equals + 1, end).trim());
    }
    start = end + 1;
  }
  return undefined;
}

function plainValue(raw: string): string | undefined {
  const value = raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
  return /^[\w.~+/=-]+$/.test(value) && value.length <= longest ? value : undefined;
}

/** Returns the Set-Cookie value as captured from Container Apps: quoted, a session cookie, https only. */
export function affinityCookie(name: string, value: string): string {
  return `${name}="${value}"; Path=/; HttpOnly; SameSite=None; Secure`;
}

/**
 * Returns the value of a new hash cookie. Like Envoy, it uses the client's address, so that parallel first requests of
 * a connection get the same value.
 */
export function clientSeed(salt: Buffer, { remoteAddress, remotePort }: Socket): string {
  return createHash("sha256").update(salt).update(`${remoteAddress}:${remotePort}`).digest("hex").slice(0, 16);
}
