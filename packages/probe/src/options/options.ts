import type { TlsOptions } from "../http/tls.ts";
import { headersOf, tlsOf } from "./identification.ts";

/** `http` is Streamable HTTP, `sse` the older HTTP+SSE transport. */
export type Transport = "http" | "sse";
/** The official client that checks the gateway as well; `lean` skips this check. */
export type ClientKind = "lean" | "sdk" | "sdk-v2";

/** The most sessions of a run and of its control group, and the default size of the control group. */
export const limits = { sessions: 10_000, control: 1_000, usualControl: 20 } as const;

export interface ProbeOptions {
  /** http or https. `path` replaces its path. */
  readonly url: string;
  /** Default: the path of `url`, else `/mcp`, or `/sse` with `sse`. */
  readonly path?: string;
  /** 1 to 10,000; default 50. */
  readonly sessions?: number;
  /** Calls in each session, 1 to 1,000; default 5. */
  readonly calls?: number;
  /** Seconds over which the calls are spread; default 0, as fast as `inFlight` and `rate` allow. */
  readonly spread?: number;
  /** Percentage of calls that use a new connection; default 20. Each session always opens on a new one. */
  readonly fresh?: number;
  /** Whether each session also holds a GET stream for messages from the server; default false. */
  readonly hold?: boolean;
  /** Default `http`. */
  readonly transport?: Transport;
  /** Default `sdk`. */
  readonly client?: ClientKind;
  /**
   * Sent as `Authorization: Bearer …`. A function is called before the first request and, at most once a minute, after a
   * 401. If it then returns a different token, the request is resent.
   */
  readonly bearer?: string | (() => Promise<string>);
  /** More request headers. Their values may be secrets and never appear in any output. */
  readonly headers?: Readonly<Record<string, string>>;
  /** More certificate authorities to trust, in PEM format. */
  readonly ca?: string;
  /** The client certificate for mutual TLS, with its chain, in PEM format. Needs `key`. */
  readonly cert?: string;
  /** The private key of `cert` in PEM format, without a passphrase. */
  readonly key?: string;
  /** Sessions of the control group, which returns no cookies; 0 for none. Default 20, at most `sessions`. */
  readonly controlSessions?: number;
  /** Timeout of one exchange in seconds; default 10. */
  readonly timeout?: number;
  /** Maximum number of requests per second; unlimited by default. */
  readonly rate?: number;
  /** Maximum number of requests in flight, 1 to 1,000; default 32. */
  readonly inFlight?: number;
  /** The response header that names the replica. By default, common ones such as `x-replica` are tried. */
  readonly replicaHeader?: string;
  /** Ends the run early: the probe closes its sessions and reports what it saw until then. */
  readonly signal?: AbortSignal;
}

export interface ProbeSettings {
  readonly url: URL;
  readonly sessions: number;
  readonly calls: number;
  readonly spread: number;
  readonly fresh: number;
  readonly hold: boolean;
  readonly transport: Transport;
  readonly client: ClientKind;
  readonly headers: Readonly<Record<string, string>>;
  /** Fetches the bearer token; undefined if there is none to fetch. */
  readonly fetchToken: (() => Promise<string>) | undefined;
  readonly tls: TlsOptions;
  readonly controlSessions: number;
  readonly timeout: number;
  readonly rate: number;
  readonly inFlight: number;
  readonly replicaHeader: string | undefined;
}

/** Names all wrong options at once; ends a command with exit code 2. */
export class ProbeUsageError extends Error {
  readonly exitCode = 2;
  readonly issues: readonly string[];
  constructor(issues: readonly string[]) {
    super(issues.length === 1 ? String(issues[0]) : `${issues.length} options are wrong:\n- ${issues.join("\n- ")}`);
    this.issues = issues;
  }
}

interface Range {
  readonly name: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
  readonly unit?: string;
}

/** Checks options and fills in defaults. @throws ProbeUsageError with the rule and the value of each wrong option */
export function resolveOptions(options: ProbeOptions): ProbeSettings {
  const issues: string[] = [];
  const sessions = options.sessions ?? 50;
  const url = urlOf(options, options.transport ?? "http", issues);
  const settings = {
    sessions,
    calls: options.calls ?? 5,
    spread: options.spread ?? 0,
    fresh: options.fresh ?? 20,
    hold: options.hold ?? false,
    transport: options.transport ?? "http",
    client: options.client ?? "sdk",
    headers: headersOf(options, issues),
    fetchToken: typeof options.bearer === "function" ? options.bearer : undefined,
    tls: tlsOf(options, url, issues),
    controlSessions: Math.min(options.controlSessions ?? limits.usualControl, sessions),
    timeout: options.timeout ?? 10,
    rate: options.rate ?? Number.POSITIVE_INFINITY,
    inFlight: options.inFlight ?? 32,
    replicaHeader: options.replicaHeader,
  } as const;
  const ranges: readonly Range[] = [
    { name: "sessions", value: settings.sessions, least: 1, most: limits.sessions, whole: true },
    { name: "calls", value: settings.calls, least: 1, most: 1_000, whole: true },
    { name: "spread", value: settings.spread, least: 0, most: 86_400, whole: false, unit: "seconds" },
    { name: "fresh", value: settings.fresh, least: 0, most: 100, whole: false, unit: "percent" },
    { name: "control-sessions", value: options.controlSessions ?? 0, least: 0, most: limits.control, whole: true },
    { name: "timeout", value: settings.timeout, least: 0.1, most: 600, whole: false, unit: "seconds" },
    { name: "in-flight", value: settings.inFlight, least: 1, most: 1_000, whole: true },
  ];
  for (const range of ranges) checkRange(range, issues);
  if (!(settings.rate > 0)) issues.push(`--rate: must be more than 0 requests per second, got ${options.rate}`);
  if (url === undefined || issues.length > 0) throw new ProbeUsageError(issues);
  return { ...settings, url };
}

/**
 * Says what to do if the run needs more open files than the process may have; undefined if it doesn't.
 * @param limit of open files; undefined if unknown
 */
export function openFilesIssue(settings: ProbeSettings, limit: number | undefined): string | undefined {
  const { transport, hold, sessions, controlSessions, inFlight } = settings;
  const streams = transport === "sse" ? sessions + controlSessions : hold ? sessions : 0;
  // Two connection pools, plus the files that Node itself keeps open.
  const needed = streams + 2 * inFlight + 64;
  if (limit === undefined || needed <= limit) return undefined;
  const [what, less] =
    streams > 2 * inFlight
      ? [`--sessions: ${streams} held streams`, "open fewer sessions"]
      : [`--in-flight: ${inFlight} requests in flight`, "lower --in-flight"];
  return `${what} need ${needed} open files, but the limit is ${limit}; raise it with ulimit -n ${needed}, or ${less}`;
}

function checkRange({ name, value, least, most, whole, unit }: Range, issues: string[]): void {
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
  const what = whole ? "a whole number" : "a number";
  const range = `from ${least} to ${most}${unit === undefined ? "" : ` ${unit}`}`;
  issues.push(`--${name}: must be ${what} ${range}, got ${value}`);
}

function urlOf({ url, path }: ProbeOptions, transport: Transport, issues: string[]): URL | undefined {
  if (url.trim() === "") {
    issues.push("--url: no URL given; pass --url https://… or set GATEWAY_URL");
    return undefined;
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol)) {
    issues.push(`--url: must start with http:// or https://, got '${url}'`);
    return undefined;
  }
  if (parsed.username !== "" || parsed.password !== "") {
    issues.push("--url: must not contain a user name or password; use --bearer-file or --header NAME=@FILE");
    return undefined;
  }
  if (path !== undefined && !path.startsWith("/")) issues.push(`--path: must start with '/', got '${path}'`);
  const usual = transport === "sse" ? "/sse" : "/mcp";
  const own = (parsed.pathname === "/" ? usual : parsed.pathname) + parsed.search;
  return new URL(path ?? own, parsed.origin);
}
