import { performance } from "node:perf_hooks";
import type { Driver } from "../drivers/driver.ts";
import { correctnessPass } from "../drivers/officialClient.ts";
import { newRunRecord, type RunRecord } from "../evidence/runRecord.ts";
import type { Credentials } from "../http/credentials.ts";
import { openFilesIssue, type ProbeOptions, ProbeUsageError, resolveOptions } from "../options/options.ts";
import type { ProbeReport } from "../report/report.ts";
import { summarize } from "../report/summary.ts";
import { connected, hurriedClose } from "./connection.ts";
import { SessionGroup } from "./group.ts";
import { openFilesLimit } from "./openFiles.ts";
import { type OnProgress, ProgressMeter } from "./progress.ts";
import { smallHeap } from "./smallHeap.ts";

/**
 * Opens MCP sessions through the gateway, makes calls in each, repeats this with a control group that returns no
 * cookies, and judges whether sessions hold across replicas. Calls only `whoami` and `tools/list`, and closes the
 * sessions that it opened.
 * @throws ProbeUsageError for wrong options. Failures of the gateway are in the report instead.
 */
export async function runProbe(options: ProbeOptions, onProgress?: OnProgress): Promise<ProbeReport> {
  const settings = resolveOptions(options);
  const tooMany = openFilesIssue(settings, openFilesLimit());
  if (tooMany !== undefined) throw new ProbeUsageError([tooMany]);
  using _ = smallHeap(settings.sessions);
  const origin = performance.now();
  const record = newRunRecord(settings);
  const signal = options.signal ?? new AbortController().signal;
  await connected(settings, signal, record, (driver, credentials) =>
    drive(driver, record, { origin, signal, credentials, onProgress }),
  );
  record.interrupted = signal.aborted;
  record.seconds = (performance.now() - origin) / 1_000;
  return summarize(record);
}

interface Context {
  readonly origin: number;
  readonly signal: AbortSignal;
  readonly credentials: Credentials;
  readonly onProgress: OnProgress | undefined;
}

async function drive(driver: Driver, record: RunRecord, context: Context): Promise<void> {
  const { origin, signal, onProgress } = context;
  const { settings } = record;
  const meter = new ProgressMeter(settings, onProgress);
  const { calls, inFlight, rate, spread, sessions, fresh, controlSessions } = settings;
  const shared = { calls, inFlight, rate, origin, signal, onStep: meter.step };
  const main = new SessionGroup(driver, { ...shared, name: "main", sessions, cookies: "keep", fresh, spread });
  record.main = main.histories;
  await runMain(main, record, meter);
  const groups = [main];
  if (controlSessions > 0 && !signal.aborted) {
    // Each call uses a new connection, so that a gateway that routes by connection can't look as if it had affinity.
    const plan = { ...shared, sessions: controlSessions, fresh: 100, spread: 0 };
    const control = new SessionGroup(driver, { ...plan, name: "control", cookies: "drop" });
    record.control = control.histories;
    groups.push(control);
    meter.phase("control");
    await control.open();
    await control.call();
  }
  await runOfficialClient(record, meter, context);
  meter.phase("close");
  await closeAll(groups, signal);
  for (const { cookies } of groups) record.cookies.addAll(cookies);
  meter.end();
}

async function runMain(main: SessionGroup, record: RunRecord, meter: ProgressMeter): Promise<void> {
  meter.phase("open");
  await main.open();
  if (record.settings.hold) {
    record.streams = main.streams;
    meter.phase("hold");
    await main.hold();
  }
  meter.phase("call");
  await main.call();
}

async function runOfficialClient(record: RunRecord, meter: ProgressMeter, context: Context): Promise<void> {
  const { preflight, settings } = record;
  const { signal, credentials } = context;
  if (preflight.kind !== "reached" || settings.client === "lean" || signal.aborted) return;
  meter.phase("client");
  const sessionless = preflight.sessions === "sessionless";
  record.official = await correctnessPass({ settings, credentials, call: preflight.call, sessionless, signal });
}

async function closeAll(groups: readonly SessionGroup[], signal: AbortSignal): Promise<void> {
  const limit = signal.aborted ? AbortSignal.timeout(hurriedClose) : new AbortController().signal;
  for (const group of groups) await group.close(limit);
}
