import { errors } from "./errors.ts";
import type { Json } from "./json.ts";

/** One call of a route, as its handler sees it. */
export interface ArmCall {
  readonly method: string;
  readonly path: string;
  /** The path's variables, percent-decoded, in the case that the client used. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Json | undefined;
  readonly apiVersion: string;
  /** Object ID of the caller, from the token. */
  readonly caller: string;
  /** `https://host:port` as the client addressed it, for links in responses. */
  readonly origin: string;
}

export interface ArmReply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Streams lines instead of a body, until the iterable ends or the client disconnects. */
  readonly stream?: (signal: AbortSignal) => AsyncIterable<string>;
}

export interface Route {
  readonly method: string;
  /** For example `/subscriptions/{subscription}/resourcegroups/{group}`. Fixed parts ignore case, as ARM's do. */
  readonly path: string;
  /** API versions that the route accepts. `any`: any well-formed version. `none`: a version is not required. */
  readonly versions: readonly string[] | "any" | "none";
  handle(call: ArmCall): ArmReply | Promise<ArmReply>;
}

export interface Match {
  readonly route: Route;
  readonly params: Record<string, string>;
}

/**
 * Returns the first route that matches, or undefined. Ignores doubled and trailing slashes, which clients that join
 * paths send. A path with invalid percent-encoding matches no route.
 */
export function match(routes: readonly Route[], method: string, path: string): Match | undefined {
  const sent = segments(path);
  if (sent === undefined) return undefined;
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = bindParams(route.path.split("/").filter(Boolean), sent);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function segments(path: string): string[] | undefined {
  try {
    return path.split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function bindParams(pattern: readonly string[], sent: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== sent.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const value = sent[index] ?? "";
    if (part.startsWith("{")) params[part.slice(1, -1)] = value;
    else if (part.toLowerCase() !== value.toLowerCase()) return undefined;
  }
  return params;
}

/**
 * Returns the call's API version: a date, optionally with a suffix such as `-preview`.
 *
 * @throws {ArmError} 400 if it is missing, malformed, or not one of the route's.
 */
export function apiVersionOf(route: Route, query: URLSearchParams): string {
  const version = query.get("api-version") ?? "";
  if (route.versions === "none") return version;
  if (version === "") throw errors.missingApiVersion();
  if (!/^\d{4}-\d{2}-\d{2}(-[a-z]+)?$/i.test(version)) throw errors.invalidApiVersion(version);
  if (route.versions !== "any" && !route.versions.includes(version.toLowerCase())) {
    throw errors.unsupportedApiVersion(typeOf(route.path), version, route.versions);
  }
  return version;
}

/** Returns e.g. `Microsoft.App/containerApps` for `/…/providers/Microsoft.App/containerApps/{app}/start`. */
function typeOf(path: string): string {
  const parts = path.split("/");
  const provider = parts.indexOf("providers");
  return parts.slice(provider + 1, provider + 3).join("/");
}
