import type { ParseArgsOptionsConfig } from "node:util";
import { type ProbeOptions, ProbeUsageError, resolveOptions } from "mcp-affinity-probe";
import { checkWritable, headers, oneOf, readCertificates, readText, toNumber } from "../terminal/optionValues.ts";

export const probeFlags = {
  url: { type: "string" },
  path: { type: "string" },
  sessions: { type: "string" },
  calls: { type: "string" },
  spread: { type: "string" },
  fresh: { type: "string" },
  hold: { type: "boolean" },
  transport: { type: "string" },
  client: { type: "string" },
  "bearer-file": { type: "string" },
  header: { type: "string", multiple: true },
  ca: { type: "string" },
  "control-sessions": { type: "string" },
  "no-control": { type: "boolean" },
  timeout: { type: "string" },
  rate: { type: "string" },
  "in-flight": { type: "string" },
  "replica-header": { type: "string" },
  watch: { type: "boolean" },
  for: { type: "string" },
  json: { type: "boolean" },
  html: { type: "string" },
  junit: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

export const optionsHelp = [
  "Where",
  "  --url URL             the gateway, http or https; or GATEWAY_URL",
  "  --path PATH           of its MCP endpoint (the URL's own, else /mcp; with --transport sse /sse)",
  "  --transport KIND      http: Streamable HTTP (default); sse: the older transport",
  "  --bearer-file FILE    bearer token in a file; or the token itself in TOKEN",
  "  --header NAME=@FILE   further header with its value in a file, or NAME=VALUE; repeatable",
  "  --ca FILE             certificate authorities to trust as well, PEM; the local Azure's own is trusted while it runs",
  "",
  "How much",
  "  --sessions N          sessions, 1 to 10,000 (50; with --watch 10)",
  "  --calls K             calls in each, 1 to 1,000 (5)",
  "  --spread SECONDS      spread the calls over this time (0: as fast as the limits allow)",
  "  --fresh PERCENT       of the calls over a new connection (20); each session opens on its own in any case",
  "  --hold                each session also holds the GET stream on which a server speaks first",
  "  --control-sessions N  sessions of the run without cookies (20); on a live gateway some may stay until they time out",
  "  --no-control          no run without cookies",
  "  --client KIND         who checks correctness besides the lean driver: sdk (default), sdk-v2, or lean: nobody",
  "  --timeout SECONDS     for one exchange (10)",
  "  --rate N              requests begun in a second at most (no limit)",
  "  --in-flight N         requests at one time at most, 1 to 1,000 (32)",
  "  --replica-header NAME response header that names the replica (x-replica, x-upstream and their like are tried)",
  "",
  "Watching",
  "  --watch               keep the sessions alive, one call a second each, and say at once what is lost or moved;",
  "                        until Ctrl-C",
  "  --for SECONDS         or until then; also with --watch the exit code is then the verdict's",
  "",
  "Results",
  "  --json                the report as one JSON document (docs/probe.md has its schema)",
  "  --html FILE           and as one HTML file that needs no network",
  "  --junit FILE          and as JUnit XML for CI",
];

type Values = { readonly [name in keyof typeof probeFlags]?: string | boolean | readonly string[] | undefined };

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

/**
 * Turns the flags into options.
 * @throws ProbeUsageError that names every flag which is wrong, or whose file cannot be read or written
 */
export function probeInvocation(
  values: Values,
  positionals: readonly string[],
  env: NodeJS.ProcessEnv,
): ProbeInvocation {
  const issues = positionals.map((word) => `'${word}': unexpected; the URL goes behind --url`);
  const watch = values.watch === true;
  const watchFor = toNumber("--for", text(values, "for"), issues);
  if (watchFor !== undefined && !(watchFor > 0)) issues.push(`--for: must be seconds above 0, got ${values.for}`);
  if (watchFor !== undefined && !watch) issues.push("--for: goes with --watch only");
  issues.push(...contradictions(values));
  const files = { html: text(values, "html"), junit: text(values, "junit") };
  for (const [flag, path] of Object.entries(files)) checkWritable(`--${flag}`, path, issues);
  const options = optionsOf(values, env, issues);
  issues.push(...issuesOf(options));
  if (issues.length > 0) throw new ProbeUsageError(issues);
  return { options, watch, watchFor, json: values.json === true, ...files };
}

/** What a watched session is not asked to do: it is called once a second until the end, with its cookies. */
const notWatched = ["calls", "spread", "fresh", "hold", "control-sessions", "rate", "client"] as const;

/** Options of which one would leave another without effect. */
function contradictions(values: Values): string[] {
  const idle = values.watch === true ? notWatched.filter((name) => values[name] !== undefined) : [];
  const issues = idle.map((name) => `--${name}: has no effect with --watch`);
  if (values["no-control"] === true && values["control-sessions"] !== undefined)
    issues.push("--control-sessions: contradicts --no-control");
  if (values.transport === "sse" && values.hold === true)
    issues.push("--hold: goes with --transport http only; a session of the older transport is a held stream");
  return issues;
}

const text = (values: Values, name: keyof Values): string | undefined =>
  typeof values[name] === "string" ? values[name] : undefined;

/** The probe's own options, those that were given; what is wrong with their form is added to `issues`. */
function optionsOf(values: Values, env: NodeJS.ProcessEnv, issues: string[]): ProbeOptions {
  const word = (name: keyof Values) => text(values, name);
  const number = (name: keyof Values) => toNumber(`--${name}`, word(name), issues);
  const token = readText("--bearer-file", word("bearer-file"), issues)?.trim();
  const given = {
    path: word("path"),
    sessions: number("sessions") ?? (values.watch === true ? 10 : undefined),
    calls: number("calls"),
    spread: number("spread"),
    fresh: number("fresh"),
    hold: values.hold,
    transport: oneOf("--transport", word("transport"), ["http", "sse"], issues),
    client: oneOf("--client", word("client"), ["lean", "sdk", "sdk-v2"], issues),
    bearer: token ?? (env.TOKEN === "" ? undefined : env.TOKEN),
    headers: headers(values.header, issues),
    ca: readCertificates("--ca", word("ca"), issues),
    controlSessions: values["no-control"] === true ? 0 : number("control-sessions"),
    timeout: number("timeout"),
    rate: number("rate"),
    inFlight: number("in-flight"),
    replicaHeader: word("replica-header"),
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { url: word("url") ?? env.GATEWAY_URL ?? "", ...set };
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
