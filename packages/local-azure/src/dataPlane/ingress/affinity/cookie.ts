import { createHash } from "node:crypto";
import type { Socket } from "node:net";

/** Longest cookie value, in characters, that is looked at; ours has 16. */
const longest = 128;

/**
 * The value of the first cookie of this name in a Cookie header, without quotes; undefined where there is none, or one
 * that no affinity cookie can be. Never throws, whatever the header holds.
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

/** The Set-Cookie value as captured from Container Apps: quoted, for the session, and only over https. */
export function affinityCookie(name: string, value: string): string {
  return `${name}="${value}"; Path=/; HttpOnly; SameSite=None; Secure`;
}

/** The value of a new hash cookie, like Envoy's: from the client's address, so that one connection's first requests all get the same. */
export function clientSeed(salt: Buffer, { remoteAddress, remotePort }: Socket): string {
  return createHash("sha256").update(salt).update(`${remoteAddress}:${remotePort}`).digest("hex").slice(0, 16);
}
