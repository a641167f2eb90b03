import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { ParseArgsOptionsConfig } from "node:util";
import { type ProbeOptions, ProbeUsageError, resolveOptions } from "../probe/index.ts";

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
  "  --ca FILE             certificate authorities to trust as well, PEM",
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
  "  --replica-header NAME response header that names the replica (x-replica, x-served-by and their like are tried)",
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
  const text = (name: keyof Values) => (typeof values[name] === "string" ? values[name] : undefined);
  const file = (name: keyof Values) => readText(`--${name}`, text(name), issues);
  const watch = values.watch === true;
  const number = (name: keyof Values) => toNumber(`--${name}`, text(name), issues);
  const watchFor = number("for");
  if (watchFor !== undefined && !(watchFor > 0)) issues.push(`--for: must be seconds above 0, got ${text("for")}`);
  if (watchFor !== undefined && !watch) issues.push("--for: goes with --watch only");
  const given = {
    path: text("path"),
    sessions: number("sessions") ?? (watch ? 10 : undefined),
    calls: number("calls"),
    spread: number("spread"),
    fresh: number("fresh"),
    hold: values.hold,
    transport: oneOf("--transport", text("transport"), ["http", "sse"], issues),
    client: oneOf("--client", text("client"), ["lean", "sdk", "sdk-v2"], issues),
    bearer: file("bearer-file")?.trim() ?? (env.TOKEN === "" ? undefined : env.TOKEN),
    headers: headers(values.header, issues),
    ca: file("ca"),
    controlSessions: values["no-control"] === true ? 0 : number("control-sessions"),
    timeout: number("timeout"),
    rate: number("rate"),
    inFlight: number("in-flight"),
    replicaHeader: text("replica-header"),
  };
  for (const flag of ["html", "junit"] as const) checkWritable(`--${flag}`, text(flag), issues);
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options = { url: text("url") ?? env.GATEWAY_URL ?? "", ...set };
  issues.push(...issuesOf(options));
  if (issues.length > 0) throw new ProbeUsageError(issues);
  return {
    options,
    watch,
    watchFor,
    json: values.json === true,
    html: text("html"),
    junit: text("junit"),
  };
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

/** A report that cannot be written is better known before the run than after it. */
function checkWritable(flag: string, path: string | undefined, issues: string[]): void {
  if (path === undefined) return;
  try {
    accessSync(dirname(path), constants.W_OK);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) issues.push(`${flag}: ${path} is a directory`);
  } catch (error) {
    issues.push(`${flag}: cannot write ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
}

function toNumber(flag: string, text: string | undefined, issues: string[]): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isNaN(value)) return value;
  issues.push(`${flag}: must be a number, got '${text}'`);
  return undefined;
}

function oneOf(
  flag: string,
  value: string | undefined,
  legal: readonly string[],
  issues: string[],
): string | undefined {
  if (value !== undefined && !legal.includes(value))
    issues.push(`${flag}: must be ${legal.join(", ")}, got '${value}'`);
  return value;
}

function headers(given: Values["header"], issues: string[]): Record<string, string> | undefined {
  if (given === undefined || typeof given !== "object") return undefined;
  const result: Record<string, string> = {};
  for (const word of given) {
    const equals = word.indexOf("=");
    const name = word.slice(0, Math.max(equals, 0)).trim();
    // What follows may be a secret that was meant for another form: it is not repeated.
    if (name === "") issues.push("--header: must be NAME=VALUE or NAME=@FILE");
    else {
      const value = word.slice(equals + 1);
      const text = value.startsWith("@") ? readText(`--header ${name}`, value.slice(1), issues)?.trim() : value;
      if (text !== undefined) result[name] = text;
    }
  }
  return result;
}

function readText(flag: string, path: string | undefined, issues: string[]): string | undefined {
  if (path === undefined) return undefined;
  try {
    const text = readFileSync(path, "utf8");
    if (text.trim() === "") issues.push(`${flag}: the file ${path} is empty`);
    return text;
  } catch (error) {
    issues.push(`${flag}: cannot read ${path} (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
    return undefined;
  }
}
