import { type ProbeOptions, ProbeUsageError, resolveOptions } from "mcp-affinity-probe";
import { flag, list, option, optionLines, type Parsed, type ValuesOf } from "../terminal/options.ts";
import {
  checkWritable,
  headers,
  oneOf,
  readCertificates,
  readCommand,
  readText,
  toNumber,
} from "../terminal/optionValues.ts";
import { identificationOf } from "./probeIdentification.ts";

const target = {
  url: option("URL", "address of the gateway, http or https (default: $GATEWAY_URL)"),
  path: option("PATH", "path of the MCP endpoint (default: the URL's, else /mcp, or /sse with --transport sse)"),
  transport: option("KIND", "http: Streamable HTTP (default), or sse: the older HTTP+SSE", oneOf("http", "sse")),
  "bearer-file": option("FILE", "file with a bearer token (default: the token in $TOKEN)", readText),
  "bearer-command": option(
    "CMD",
    [
      "command that prints a bearer token (default: $PROBE_TOKEN_COMMAND), run without a shell;",
      "it runs again, at most once a minute, if the gateway answers 401",
    ],
    readCommand,
  ),
  header: list(
    "NAME=@FILE",
    [
      "send a header whose value is in a file, or NAME=VALUE; repeatable",
      "(default: the lines NAME: VALUE in $PROBE_HEADERS)",
    ],
    headers,
  ),
  cert: option("FILE", "client certificate for mutual TLS (PEM; default: the text in $PROBE_CLIENT_CERT)", readText),
  key: option("FILE", "its private key (PEM, no passphrase; default: the text in $PROBE_CLIENT_KEY)", readText),
  ca: option(
    "FILE",
    "also trust these certificate authorities (PEM); a running local Azure's is always trusted",
    readCertificates,
  ),
};

const load = {
  sessions: option(
    "N",
    "number of sessions, 1 to 10,000 (default 50; with --watch: default 10, at most 200)",
    toNumber,
  ),
  calls: option("K", "calls in each session, 1 to 1,000 (default 5)", toNumber),
  spread: option("SECONDS", "spread the calls over this time (default 0: as fast as the limits allow)", toNumber),
  fresh: option(
    "PERCENT",
    "percentage of calls on a new connection (default 20); each session always opens on a new one",
    toNumber,
  ),
  hold: flag("each session also holds a GET stream for messages from the server"),
  "control-sessions": option(
    "N",
    [
      "sessions of the control group, which returns no cookies (default 20);",
      "a gateway without affinity may keep some of them until they time out",
    ],
    toNumber,
  ),
  "no-control": flag("run no control group"),
  client: option(
    "KIND",
    "official client that also checks the gateway: sdk (default), sdk-v2, or lean for none",
    oneOf("lean", "sdk", "sdk-v2"),
  ),
  timeout: option("SECONDS", "timeout of one exchange (default 10)", toNumber),
  rate: option("N", "maximum number of requests per second (default: unlimited)", toNumber),
  "in-flight": option("N", "maximum number of requests in flight, 1 to 1,000 (default 32)", toNumber),
  "replica-header": option(
    "NAME",
    "response header that names the replica (default: x-replica, x-upstream and others)",
  ),
};

const watching = {
  watch: flag("make one call per second in each session and report lost and moved sessions at once, until Ctrl-C"),
  for: option("SECONDS", "with --watch: stop after this time, with the verdict's exit code", aboveZero),
};

const results = {
  json: flag("print the report as JSON (schema in docs/probe.md)"),
  html: option("FILE", "also write the report as one self-contained HTML file"),
  junit: option("FILE", "also write the report as JUnit XML for CI"),
};

/** All options of `agw probe`. Add a new one to one of these tables and pass it to the probe in {@link optionsOf}. */
export const probeOptionTable = { ...target, ...load, ...watching, ...results };

const sections = { Gateway: target, Load: load, Watch: watching, Output: results };

/** The options' help texts, by section. */
export const optionsHelp = Object.entries(sections).flatMap(([title, table]) => ["", title, ...optionLines(table, 24)]);

/** The probe's options, and what the command does with the report. */
export interface ProbeInvocation {
  readonly options: ProbeOptions;
  readonly watch: boolean;
  /** Seconds; undefined means until interrupted. */
  readonly watchFor: number | undefined;
  readonly json: boolean;
  readonly html: string | undefined;
  readonly junit: string | undefined;
}

type ParsedOptions = Parsed<typeof probeOptionTable>;

/**
 * Turns a command line into options.
 * @throws ProbeUsageError that names every wrong option, and every file that can't be read or written
 */
export function probeInvocation(
  parsed: ParsedOptions,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal = new AbortController().signal,
): ProbeInvocation {
  const { values, positionals, problems } = parsed;
  const { watch, for: watchFor, json, html, junit } = values;
  const issues = positionals.map((word) => `'${word}': unexpected argument; pass the URL with --url`);
  issues.push(...contradictions(parsed));
  checkWritable("--html", html, issues);
  checkWritable("--junit", junit, issues);
  const environment: string[] = [];
  const options = { ...optionsOf(values, env), ...identificationOf(values, { env, signal }, environment) };
  issues.push(...problems, ...environment, ...issuesOf(options));
  if (issues.length > 0) throw new ProbeUsageError(issues);
  return { options, watch, watchFor, json, html, junit };
}

function aboveZero(flag: string, text: string | undefined, issues: string[]): number | undefined {
  const value = toNumber(flag, text, issues);
  if (value !== undefined && !(value > 0)) issues.push(`${flag}: must be more than 0 seconds, got ${text}`);
  return value;
}

/** Options that don't apply to --watch, which calls each session once a second and runs no control group. */
const notWatched = ["calls", "spread", "fresh", "hold", "control-sessions", "rate", "client"] as const;

/** Combinations in which one option would have no effect. */
function contradictions({ values, given }: ParsedOptions): string[] {
  const issues = values.for !== undefined && !values.watch ? ["--for: only works with --watch"] : [];
  const idle = values.watch ? notWatched.filter((name) => given.has(name)) : [];
  issues.push(...idle.map((name) => `--${name}: has no effect with --watch`));
  if (values["no-control"] && given.has("control-sessions"))
    issues.push("--control-sessions: contradicts --no-control");
  if (values.transport === "sse" && values.hold)
    issues.push("--hold: only works with --transport http; with sse, each session already holds a stream");
  if (given.has("bearer-file") && given.has("bearer-command"))
    issues.push("--bearer-command: cannot be combined with --bearer-file");
  return issues;
}

/** The options for the probe itself, without those that were not given. */
function optionsOf(values: ValuesOf<typeof probeOptionTable>, env: NodeJS.ProcessEnv): ProbeOptions {
  const { url, path, transport, ca, sessions, calls, spread, fresh, client, timeout, rate, watch } = values;
  const given = {
    path,
    sessions: sessions ?? (watch ? 10 : undefined),
    calls,
    spread,
    fresh,
    hold: values.hold || undefined,
    transport,
    client,
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

/** What the probe would refuse, to report it together with the other issues. */
function issuesOf(options: ProbeOptions): readonly string[] {
  try {
    resolveOptions(options);
    return [];
  } catch (error) {
    if (error instanceof ProbeUsageError) return error.issues;
    throw error;
  }
}
