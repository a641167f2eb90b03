import { isIP } from "node:net";

/** A cookie as a gateway set it: what the report says of it. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** As given, without the dot before it; undefined: only the host itself gets it back. */
  readonly domain: string | undefined;
  /** As given; undefined: the folder of the address that set it. */
  readonly path: string | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: string | undefined;
  /** Seconds that it lives from now on, 0 or less if the line takes it away; undefined: as long as the client. */
  readonly lifetime: number | undefined;
}

/** Reads one Set-Cookie line; undefined if it names no cookie. Quotes stay part of the value, as RFC 6265 says. */
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

/** Max-Age comes before Expires; what is no number, or no date, is as if it were not there (RFC 6265, 5.2). */
function lifetimeOf(attributes: ReadonlyMap<string, string>, now: number): number | undefined {
  const maxAge = attributes.get("max-age") ?? "";
  if (/^-?\d+$/.test(maxAge)) return Number(maxAge);
  const expires = Date.parse(attributes.get("expires") ?? "");
  return Number.isNaN(expires) ? undefined : (expires - now) / 1_000;
}

/** Why a client that keeps cookies does not send one back, or not any more. */
export type CookieObstacle = "secure" | "domain" | "path" | "expired";

/** Cookies marked Secure go back over https, and over plain http to this machine itself, as browsers hold it. */
export function secureCookiesAllowed(url: URL): boolean {
  return url.protocol === "https:" || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

interface Kept {
  readonly cookie: SetCookie;
  readonly scope: string;
  /** Of its attributes; undefined: none, whatever the time and the path. */
  readonly obstacle: "secure" | "domain" | undefined;
  /** `performance.now()` from which on it is not sent. */
  readonly until: number;
}

/**
 * The cookies of one session towards one origin: what a client that keeps cookies would send back. Leaner than a
 * general jar, since there is only ever one host.
 */
export class CookieJar {
  readonly #url: URL;
  readonly #cookies = new Map<string, Kept>();

  constructor(url: URL) {
    this.#url = url;
  }

  /** Takes an answer's Set-Cookie lines and returns what they said; `path` is that of the request. */
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

  /**
   * What to send to this path: the Cookie header, undefined if there is nothing to send; and the names of the cookies
   * that do not go there, each with the reason.
   */
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

  /** The kept values by name, those that are not sent included. */
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

/** RFC 6265, 5.1.3 and 5.4: what a client's jar does not take at all, or keeps for https. */
function obstacleOf({ domain, secure }: SetCookie, url: URL): "secure" | "domain" | undefined {
  if (domain !== undefined && !matchesDomain(url.hostname, domain)) return "domain";
  return secure && !secureCookiesAllowed(url) ? "secure" : undefined;
}

function matchesDomain(host: string, domain: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && isIP(host) === 0);
}

/** RFC 6265, 5.1.4: the default path. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** RFC 6265, 5.1.4. */
function matchesPath(path: string, scope: string): boolean {
  return path === scope || (path.startsWith(scope) && (scope.endsWith("/") || path[scope.length] === "/"));
}
