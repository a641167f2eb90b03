/** How sessions are driven: the older transport is `sse`. */
export type Transport = "http" | "sse";
/** Who does the correctness pass; `lean` leaves it to the probe's own driver. */
export type ClientKind = "lean" | "sdk" | "sdk-v2";

export interface ProbeOptions {
  /** http or https. A path of its own is kept, else `path` is used. */
  readonly url: string;
  /** Default `/mcp`, with `sse` `/sse`. */
  readonly path?: string;
  /** 1 to 10,000; default 50. */
  readonly sessions?: number;
  /** Calls of each session, 1 to 1,000; default 5. */
  readonly calls?: number;
  /** Seconds over which the calls of a session are spread; default 0: as fast as `inFlight` allows. */
  readonly spread?: number;
  /** Share of the calls, in percent, that use a new connection; default 20. Each session opens on its own in any case. */
  readonly fresh?: number;
  /** Whether each session also holds the GET stream on which a server speaks first; default false. */
  readonly hold?: boolean;
  /** Default `http`. */
  readonly transport?: Transport;
  /** Default `sdk`. */
  readonly client?: ClientKind;
  /** Sent as `Authorization: Bearer …`. */
  readonly bearer?: string;
  /** Further request headers; values may be secrets and appear nowhere. */
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM of further certificate authorities to trust. */
  readonly ca?: string;
  /** Sessions of the run without cookies; 0: none. Default 20, at most `sessions`. */
  readonly controlSessions?: number;
  /** Seconds for one exchange; default 10. */
  readonly timeout?: number;
  /** Requests a second at most; default: no limit but `inFlight`. */
  readonly rate?: number;
  /** Requests in flight at most, 1 to 1,000; default 32. */
  readonly inFlight?: number;
  /** The response header that names the replica; default: `x-replica`, `x-upstream` and their like are tried. */
  readonly replicaHeader?: string;
  /** Ends the run early: sessions are closed, and the report says what was seen. */
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
  readonly ca: string | undefined;
  readonly controlSessions: number;
  readonly timeout: number;
  readonly rate: number;
  readonly inFlight: number;
  readonly replicaHeader: string | undefined;
}

/** Wrong options, all of them at once; ends a command with exit code 2. */
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

/** @throws ProbeUsageError that names every wrong option, with its rule and the value got */
export function resolveOptions(options: ProbeOptions): ProbeSettings {
  const issues: string[] = [];
  const sessions = options.sessions ?? 50;
  const settings = {
    sessions,
    calls: options.calls ?? 5,
    spread: options.spread ?? 0,
    fresh: options.fresh ?? 20,
    hold: options.hold ?? false,
    transport: options.transport ?? "http",
    client: options.client ?? "sdk",
    headers: headersOf(options, issues),
    ca: options.ca,
    controlSessions: Math.min(options.controlSessions ?? 20, sessions),
    timeout: options.timeout ?? 10,
    rate: options.rate ?? Number.POSITIVE_INFINITY,
    inFlight: options.inFlight ?? 32,
    replicaHeader: options.replicaHeader,
  } as const;
  const ranges: readonly Range[] = [
    { name: "sessions", value: settings.sessions, least: 1, most: 10_000, whole: true },
    { name: "calls", value: settings.calls, least: 1, most: 1_000, whole: true },
    { name: "spread", value: settings.spread, least: 0, most: 86_400, whole: false, unit: "seconds" },
    { name: "fresh", value: settings.fresh, least: 0, most: 100, whole: false, unit: "percent" },
    { name: "control-sessions", value: options.controlSessions ?? 0, least: 0, most: 1_000, whole: true },
    { name: "timeout", value: settings.timeout, least: 0.1, most: 600, whole: false, unit: "seconds" },
    { name: "in-flight", value: settings.inFlight, least: 1, most: 1_000, whole: true },
  ];
  for (const range of ranges) checkRange(range, issues);
  if (!(settings.rate > 0)) issues.push(`--rate: must be requests a second above 0, got ${options.rate}`);
  const url = urlOf(options, settings.transport, issues);
  if (url === undefined || issues.length > 0) throw new ProbeUsageError(issues);
  return { ...settings, url };
}

/**
 * Whether the connections fit into the process's open files; undefined if they do, else what to do.
 * @param limit of open files; undefined: not known
 */
export function openFilesIssue(settings: ProbeSettings, limit: number | undefined): string | undefined {
  const { transport, hold, sessions, controlSessions, inFlight } = settings;
  const streams = transport === "sse" ? sessions + controlSessions : hold ? sessions : 0;
  // Two pools of connections, and what Node itself keeps open.
  const needed = streams + 2 * inFlight + 64;
  if (limit === undefined || needed <= limit) return undefined;
  const [what, less] =
    streams > 2 * inFlight
      ? [`--sessions: ${streams} held streams`, "open fewer sessions"]
      : [`--in-flight: ${inFlight} requests at one time`, "lower --in-flight"];
  return `${what} need ${needed} open files, and the limit is ${limit}; raise it (ulimit -n ${needed}) or ${less}`;
}

function checkRange({ name, value, least, most, whole, unit }: Range, issues: string[]): void {
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
  const what = whole ? "a whole number" : `a number${unit === undefined ? "" : ` of ${unit}`}`;
  issues.push(`--${name}: must be ${what} from ${least} to ${most}, got ${value}`);
}

function urlOf({ url, path }: ProbeOptions, transport: Transport, issues: string[]): URL | undefined {
  if (url.trim() === "") {
    issues.push("--url: no URL given; name the gateway with --url https://… or in GATEWAY_URL");
    return undefined;
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol)) {
    issues.push(`--url: must begin with http:// or https://, got '${url}'`);
    return undefined;
  }
  if (parsed.username !== "" || parsed.password !== "") {
    issues.push("--url: must hold no user or password; use --bearer-file or --header NAME=@FILE");
    return undefined;
  }
  if (path !== undefined && !path.startsWith("/")) issues.push(`--path: must begin with '/', got '${path}'`);
  const usual = transport === "sse" ? "/sse" : "/mcp";
  const own = (parsed.pathname === "/" ? usual : parsed.pathname) + parsed.search;
  return new URL(path ?? own, parsed.origin);
}

/** The names that the protocol itself needs; another value would not be the probe's any more. */
const reserved = new Set([
  "accept",
  "content-type",
  "content-length",
  "cookie",
  "host",
  "connection",
  "mcp-session-id",
]);

function headersOf({ bearer, headers = {} }: ProbeOptions, issues: string[]): Record<string, string> {
  const result: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(key)) issues.push(`--header: '${name}' is no header name`);
    else if (reserved.has(key)) issues.push(`--header: ${key} is set by the probe itself`);
    else result[key] = value;
  }
  for (const [name, value] of Object.entries(result)) {
    // Of a secret only the length is said.
    const legal = /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
    const given = name === "authorization" && bearer !== undefined ? "--bearer-file or TOKEN" : "--header";
    if (!legal)
      issues.push(`${given}: the value of ${name} (${value.length} characters) has characters that none may have`);
  }
  return result;
}
