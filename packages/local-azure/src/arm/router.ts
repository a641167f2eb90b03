import { errors } from "./errors.ts";
import type { Json } from "./json.ts";

/** One call on a route, all that a handler sees of it. */
export interface ArmCall {
  readonly method: string;
  readonly path: string;
  /** The path's variables as they were sent, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Json | undefined;
  readonly apiVersion: string;
  /** Object id of the caller, from the token. */
  readonly caller: string;
  /** `https://host:port` as the client named it, for links in answers. */
  readonly origin: string;
}

export interface ArmReply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Lines that follow the head one by one, instead of a body; ends when the client goes. */
  readonly stream?: (signal: AbortSignal) => AsyncIterable<string>;
}

export interface Route {
  readonly method: string;
  /** For example `/subscriptions/{subscription}/resourcegroups/{group}`; fixed parts match in any case, as ARM's do. */
  readonly path: string;
  /** Of the provider's resource type; `any`: each well-formed one is taken; `none`: not asked for. */
  readonly versions: readonly string[] | "any" | "none";
  handle(call: ArmCall): ArmReply | Promise<ArmReply>;
}

export interface Match {
  readonly route: Route;
  readonly params: Record<string, string>;
}

/**
 * The first route of the list that fits, or undefined. Doubled and trailing slashes are forgiven (clients that join paths
 * send them); a segment that does not percent-decode fits nothing.
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

/** ARM's rule: a date, optionally with a suffix such as `-preview`. */
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

/** `Microsoft.App/containerApps` of `/…/providers/Microsoft.App/containerApps/{app}/start`. */
function typeOf(path: string): string {
  const parts = path.split("/");
  const provider = parts.indexOf("providers");
  return parts.slice(provider + 1, provider + 3).join("/");
}
