import { isIP } from "node:net";

/** A cookie as the gateway set it. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** As given, without a leading dot; undefined if only the host itself gets it back. */
  readonly domain: string | undefined;
  /** As given; undefined means the folder of the URL that set it. */
  readonly path: string | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: string | undefined;
  /** Seconds until it expires, 0 or less if the line deletes it; undefined if it lives as long as the client. */
  readonly lifetime: number | undefined;
}

/** Parses a Set-Cookie line; undefined if it names no cookie. Quotes stay part of the value, as in RFC 6265. */
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
    domain: found.get("domain")?.replace(/^\./, "").toLowerCase() || undefined,
    path: path?.startsWith("/") ? path : undefined,
    secure: found.has("secure"),
    httpOnly: found.has("httponly"),
    sameSite: found.get("samesite"),
    lifetime: lifetimeOf(found, now),
  };
}

/** Max-Age takes precedence over Expires. Invalid numbers and dates are ignored (RFC 6265, 5.2). */
function lifetimeOf(attributes: ReadonlyMap<string, string>, now: number): number | undefined {
  const maxAge = attributes.get("max-age") ?? "";
  if (/^-?\d+$/.test(maxAge)) return Number(maxAge);
  const expires = Date.parse(attributes.get("expires") ?? "");
  return Number.isNaN(expires) ? undefined : (expires - now) / 1_000;
}

/** Why a client that keeps cookies doesn't return one. */
export type CookieObstacle = "secure" | "domain" | "path" | "expired";

/** Whether Secure cookies are returned: over https and, as in browsers, over plain http to the local machine. */
export function secureCookiesAllowed(url: URL): boolean {
  return url.protocol === "https:" || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

interface Kept {
  readonly cookie: SetCookie;
  readonly scope: string;
  /** An attribute that keeps the cookie from ever being sent; undefined if none does. */
  readonly obstacle: "secure" | "domain" | undefined;
  /** The `performance.now()` at which it expires. */
  readonly until: number;
}

/**
 * The cookies of one session for one origin, returned as a client that keeps cookies would. Simpler than a general jar,
 * because there is only one host.
 */
export class CookieJar {
  readonly #url: URL;
  readonly #cookies = new Map<string, Kept>();

  constructor(url: URL) {
    this.#url = url;
  }

  /** Stores the cookies of an answer and returns them parsed. `path` is the request's path. */
  store(lines: readonly string[], path: string = this.#url.pathname): SetCookie[] {
    const parsed = lines.map((line) => parseSetCookie(line)).filter((cookie) => cookie !== undefined);
    for (const cookie of parsed) {
      const scope = cookie.path ?? folderOf(path);
      const key = `${cookie.name};${scope}`;
      const { lifetime = Number.POSITIVE_INFINITY } = cookie;
      if (lifetime <= 0) this.#cookies.delete(key);
      else {
        const until = performance.now() + lifetime * 1_000;
        this.#cookies.set(key, { cookie, scope, obstacle: obstacleOf(cookie, this.#url), until });
      }
    }
    return parsed;
  }

  /** Returns the Cookie header for this path, undefined if it is empty, and the cookies left out with the reason. */
  pick(path: string): { readonly header: string | undefined; readonly withheld: readonly Withheld[] } {
    const sent: string[] = [];
    const withheld: Withheld[] = [];
    for (const kept of this.#cookies.values()) {
      const { name, value } = kept.cookie;
      const obstacle = kept.obstacle ?? passing(kept, path);
      if (obstacle === undefined) sent.push(`${name}=${value}`);
      else withheld.push({ name, obstacle });
    }
    return { header: sent.length === 0 ? undefined : sent.join("; "), withheld };
  }

  /** Returns the kept values by name, including cookies that are not sent. */
  values(): ReadonlyMap<string, string> {
    return new Map([...this.#cookies.values()].map(({ cookie: { name, value } }) => [name, value]));
  }
}

export interface Withheld {
  readonly name: string;
  readonly obstacle: CookieObstacle;
}

function passing({ scope, until }: Kept, path: string): CookieObstacle | undefined {
  if (performance.now() >= until) return "expired";
  return matchesPath(path, scope) ? undefined : "path";
}

/** Whether a client would reject the cookie, or send it over https only (RFC 6265, 5.1.3 and 5.4). */
function obstacleOf({ domain, secure }: SetCookie, url: URL): "secure" | "domain" | undefined {
  if (domain !== undefined && !matchesDomain(url.hostname, domain)) return "domain";
  return secure && !secureCookiesAllowed(url) ? "secure" : undefined;
}

function matchesDomain(host: string, domain: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && isIP(host) === 0);
}

/** The default path of a cookie (RFC 6265, 5.1.4). */
function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** Path matching (RFC 6265, 5.1.4). */
function matchesPath(path: string, scope: string): boolean {
  return path === scope || (path.startsWith(scope) && (scope.endsWith("/") || path[scope.length] === "/"));
}
