/** A cookie as a gateway set it: what the report says of it. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: string | undefined;
  /** True where the line takes the cookie away (Max-Age of 0 or less, Expires in the past). */
  readonly removes: boolean;
}

/** Reads one Set-Cookie line; undefined where it names no cookie. Quotes stay part of the value, as RFC 6265 says. */
export function parseSetCookie(line: string, now: number = Date.now()): SetCookie | undefined {
  const [pair = "", ...attributes] = line.split(";");
  const equals = pair.indexOf("=");
  if (equals < 1) return undefined;
  const found = new Map(
    attributes.map((attribute) => {
      const [key = "", ...rest] = attribute.split("=");
      return [key.trim().toLowerCase(), rest.join("=").trim()] as const;
    }),
  );
  const path = found.get("path");
  return {
    name: pair.slice(0, equals).trim(),
    value: pair.slice(equals + 1).trim(),
    path: path?.startsWith("/") ? path : "/",
    secure: found.has("secure"),
    httpOnly: found.has("httponly"),
    sameSite: found.get("samesite"),
    removes: removes(found, now),
  };
}

function removes(attributes: ReadonlyMap<string, string>, now: number): boolean {
  const maxAge = attributes.get("max-age");
  if (maxAge !== undefined) return Number(maxAge) <= 0;
  const expires = attributes.get("expires");
  return expires !== undefined && Date.parse(expires) <= now;
}

/**
 * The cookies of one session towards one origin: what a client that keeps cookies would send back. Leaner than a
 * general jar, since there is only ever one host: Domain is not looked at.
 */
export class CookieJar {
  readonly #secureAllowed: boolean;
  readonly #cookies = new Map<string, SetCookie>();

  /** `secureAllowed`: whether cookies marked Secure may be sent (https, or loopback, as browsers hold it). */
  constructor(secureAllowed: boolean) {
    this.#secureAllowed = secureAllowed;
  }

  /** Takes an answer's Set-Cookie lines and returns what they said. */
  store(lines: readonly string[]): SetCookie[] {
    const parsed = lines.map((line) => parseSetCookie(line)).filter((cookie) => cookie !== undefined);
    for (const cookie of parsed) {
      if (cookie.removes) this.#cookies.delete(cookie.name);
      else this.#cookies.set(cookie.name, cookie);
    }
    return parsed;
  }

  /** The Cookie header for this path, or undefined where there is nothing to send. */
  header(path: string): string | undefined {
    if (this.#cookies.size === 0) return undefined;
    const sent: string[] = [];
    for (const { name, value, secure, path: scope } of this.#cookies.values()) {
      if ((!secure || this.#secureAllowed) && matchesPath(path, scope)) sent.push(`${name}=${value}`);
    }
    return sent.length === 0 ? undefined : sent.join("; ");
  }

  /** The kept values by name, Secure ones that cannot be sent included. */
  values(): ReadonlyMap<string, string> {
    return new Map([...this.#cookies.values()].map(({ name, value }) => [name, value]));
  }
}

/** RFC 6265, 5.1.4. */
function matchesPath(path: string, scope: string): boolean {
  return path === scope || (path.startsWith(scope) && (scope.endsWith("/") || path[scope.length] === "/"));
}
