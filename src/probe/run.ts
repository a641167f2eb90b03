import { performance } from "node:perf_hooks";
import type { SetCookie } from "./cookies.ts";
import type { Target } from "./driver.ts";
import { type GroupPlan, SessionGroup } from "./group.ts";
import type { History } from "./history.ts";
import { LeanDriver } from "./leanDriver.ts";
import { type ProbeOptions, type ProbeSettings, resolveOptions } from "./options.ts";
import { type Preflight, preflight } from "./preflight.ts";
import { type OnProgress, ProgressMeter } from "./progress.ts";
import type { ProbeReport } from "./report.ts";
import { summarize } from "./summary.ts";

/** Milliseconds that closing the sessions may take after an interruption. */
const hurriedClose = 5_000;

/** What a run gathers; `summarize` makes the report of it. */
export interface Gathered {
  readonly settings: ProbeSettings;
  readonly startedAt: Date;
  seconds: number;
  interrupted: boolean;
  preflight: Preflight;
  main: readonly History[];
  control: readonly History[] | undefined;
  /** The last of each cookie's lines that the main sessions were given. */
  readonly cookies: Map<string, SetCookie>;
}

/**
 * Opens MCP sessions through the gateway, calls in each, does the same without cookies, and judges whether sessions
 * hold over its replicas. Sends only listings and calls of `whoami`, and closes what it opened.
 * @throws ProbeUsageError for wrong options; whatever the gateway does ends up in the report
 */
export async function runProbe(options: ProbeOptions, onProgress?: OnProgress): Promise<ProbeReport> {
  const settings = resolveOptions(options);
  const origin = performance.now();
  const gathered: Gathered = {
    settings,
    startedAt: new Date(),
    seconds: 0,
    interrupted: false,
    preflight: { kind: "failed", reason: "broken", detail: "interrupted" },
    main: [],
    control: undefined,
    cookies: new Map(),
  };
  const signal = options.signal ?? new AbortController().signal;
  await using driver = new LeanDriver(targetOf(settings));
  gathered.preflight = await preflight(() => driver.session("keep"));
  if (gathered.preflight.kind === "reached") {
    driver.target.call = gathered.preflight.call;
    await drive(driver, gathered, { origin, signal, onProgress });
  }
  gathered.interrupted = signal.aborted;
  gathered.seconds = (performance.now() - origin) / 1_000;
  return summarize(gathered);
}

interface Context {
  readonly origin: number;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress | undefined;
}

async function drive(driver: LeanDriver, gathered: Gathered, context: Context): Promise<void> {
  const { settings } = gathered;
  const meter = new ProgressMeter(settings, context.onProgress);
  const { calls, inFlight, rate, spread } = settings;
  const { origin, signal } = context;
  const shared = { calls, inFlight, rate, origin, signal, onStep: meter.step };
  const plan: GroupPlan = {
    ...shared,
    name: "main",
    sessions: settings.sessions,
    cookies: "keep",
    fresh: settings.fresh,
    spread,
  };
  const main = new SessionGroup(driver, plan);
  gathered.main = main.histories;
  const groups = [main];
  meter.phase("open");
  await main.open();
  meter.phase("call");
  await main.call();
  if (settings.controlSessions > 0 && gathered.preflight.kind === "reached" && !signal.aborted) {
    // Each call on a new connection: what the connection alone would hold must not pass for affinity.
    const control = new SessionGroup(driver, {
      ...plan,
      name: "control",
      sessions: settings.controlSessions,
      cookies: "drop",
      fresh: 100,
      spread: 0,
    });
    gathered.control = control.histories;
    groups.push(control);
    meter.phase("control");
    await control.open();
    await control.call();
  }
  meter.phase("close");
  const limit = signal.aborted ? AbortSignal.timeout(hurriedClose) : new AbortController().signal;
  for (const group of groups) await group.close(limit);
  for (const group of groups) for (const cookie of group.setCookies.values()) gathered.cookies.set(cookie.name, cookie);
  meter.end();
}

function targetOf(settings: ProbeSettings): Target {
  const { url, headers, timeout, inFlight, ca, replicaHeader } = settings;
  return {
    url,
    headers,
    timeout: timeout * 1_000,
    connections: inFlight,
    ca,
    replicaHeader,
    call: { kind: "list" },
  };
}
