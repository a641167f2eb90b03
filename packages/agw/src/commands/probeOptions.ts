import { type ProbeOptions, ProbeUsageError, resolveOptions } from "mcp-affinity-probe";
import { flag, list, option, optionLines, type Parsed, type ValuesOf } from "../terminal/options.ts";
import { checkWritable, headers, oneOf, readCertificates, readText, toNumber } from "../terminal/optionValues.ts";

const target = {
  url: option("URL", "the gateway, http or https; or GATEWAY_URL"),
  path: option("PATH", "of its MCP endpoint (the URL's own, else /mcp; with --transport sse /sse)"),
  transport: option("KIND", "http: Streamable HTTP (default); sse: the older transport", oneOf("http", "sse")),
  "bearer-file": option("FILE", "bearer token in a file; or the token itself in TOKEN", readText),
  header: list("NAME=@FILE", "further header with its value in a file, or NAME=VALUE; repeatable", headers),
  ca: option(
    "FILE",
    "certificate authorities to trust as well, PEM; the local Azure's own is trusted while it runs",
    readCertificates,
  ),
};

const load = {
  sessions: option("N", "sessions, 1 to 10,000 (50; with --watch 10)", toNumber),
  calls: option("K", "calls in each, 1 to 1,000 (5)", toNumber),
  spread: option("SECONDS", "spread the calls over this time (0: as fast as the limits allow)", toNumber),
  fresh: option(
    "PERCENT",
    "of the calls over a new connection (20); each session opens on its own in any case",
    toNumber,
  ),
  hold: flag("each session also holds the GET stream on which a server speaks first"),
  "control-sessions": option(
    "N",
    "sessions of the run without cookies (20); on a live gateway some may stay until they time out",
    toNumber,
  ),
  "no-control": flag("no run without cookies"),
  client: option(
    "KIND",
    "who checks correctness besides the lean driver: sdk (default), sdk-v2, or lean: nobody",
    oneOf("lean", "sdk", "sdk-v2"),
  ),
  timeout: option("SECONDS", "for one exchange (10)", toNumber),
  rate: option("N", "requests begun in a second at most (no limit)", toNumber),
  "in-flight": option("N", "requests at one time at most, 1 to 1,000 (32)", toNumber),
  "replica-header": option(
    "NAME",
    "response header that names the replica (x-replica, x-upstream and their like are tried)",
  ),
};

const watching = {
  watch: flag([
    "keep the sessions alive, one call a second each, and say at once what is lost or moved;",
    "until Ctrl-C",
  ]),
  for: option("SECONDS", "or until then; also with --watch the exit code is then the verdict's", aboveZero),
};

const results = {
  json: flag("the report as one JSON document (docs/probe.md has its schema)"),
  html: option("FILE", "and as one HTML file that needs no network"),
  junit: option("FILE", "and as JUnit XML for CI"),
};

/** All options of `agw probe`. A new one is a line in one of these tables; {@link optionsOf} hands it to the probe. */
export const probeOptionTable = { ...target, ...load, ...watching, ...results };

const sections = { Where: target, "How much": load, Watching: watching, Results: results };

/** The help on them, each section with an empty line before it. */
export const optionsHelp = Object.entries(sections).flatMap(([title, table]) => ["", title, ...optionLines(table, 24)]);

/** What the command does with the report, beside the options of the probe itself. */
export interface ProbeInvocation {
  readonly options: ProbeOptions;
  readonly watch: boolean;
  /** Seconds; undefined: until interrupted. */
  readonly watchFor: number | undefined;
  readonly json: boolean;
  readonly html: string | undefined;
  readonly junit: string | undefined;
}

type ParsedOptions = Parsed<typeof probeOptionTable>;

/**
 * Turns a command line into options.
 * @throws ProbeUsageError that names every flag which is wrong, or whose file cannot be read or written
 */
export function probeInvocation(parsed: ParsedOptions, env: NodeJS.ProcessEnv): ProbeInvocation {
  const { values, positionals, problems } = parsed;
  const { watch, for: watchFor, json, html, junit } = values;
  const issues = positionals.map((word) => `'${word}': unexpected; the URL goes behind --url`);
  issues.push(...contradictions(parsed));
  checkWritable("--html", html, issues);
  checkWritable("--junit", junit, issues);
  const options = optionsOf(values, env);
  issues.push(...problems, ...issuesOf(options));
  if (issues.length > 0) throw new ProbeUsageError(issues);
  return { options, watch, watchFor, json, html, junit };
}

function aboveZero(flag: string, text: string | undefined, issues: string[]): number | undefined {
  const value = toNumber(flag, text, issues);
  if (value !== undefined && !(value > 0)) issues.push(`${flag}: must be seconds above 0, got ${text}`);
  return value;
}

/** What a watched session is not asked to do: it is called once a second until the end, with its cookies. */
const notWatched = ["calls", "spread", "fresh", "hold", "control-sessions", "rate", "client"] as const;

/** Options of which one would leave another without effect. */
function contradictions({ values, given }: ParsedOptions): string[] {
  const issues = values.for !== undefined && !values.watch ? ["--for: goes with --watch only"] : [];
  const idle = values.watch ? notWatched.filter((name) => given.has(name)) : [];
  issues.push(...idle.map((name) => `--${name}: has no effect with --watch`));
  if (values["no-control"] && given.has("control-sessions"))
    issues.push("--control-sessions: contradicts --no-control");
  if (values.transport === "sse" && values.hold)
    issues.push("--hold: goes with --transport http only; a session of the older transport is a held stream");
  return issues;
}

/** The probe's own options, those that were given. */
function optionsOf(values: ValuesOf<typeof probeOptionTable>, env: NodeJS.ProcessEnv): ProbeOptions {
  const { url, path, transport, header, ca, sessions, calls, spread, fresh, client, timeout, rate, watch } = values;
  const given = {
    path,
    sessions: sessions ?? (watch ? 10 : undefined),
    calls,
    spread,
    fresh,
    hold: values.hold || undefined,
    transport,
    client,
    bearer: values["bearer-file"]?.trim() ?? (env.TOKEN === "" ? undefined : env.TOKEN),
    headers: header,
    ca,
    controlSessions: values["no-control"] ? 0 : values["control-sessions"],
    timeout,
    rate,
    inFlight: values["in-flight"],
    replicaHeader: values["replica-header"],
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { url: url ?? env.GATEWAY_URL ?? "", ...set };
}

/** What the probe itself would refuse, so that all that is wrong is said at once. */
function issuesOf(options: ProbeOptions): readonly string[] {
  try {
    resolveOptions(options);
    return [];
  } catch (error) {
    if (error instanceof ProbeUsageError) return error.issues;
    throw error;
  }
}
