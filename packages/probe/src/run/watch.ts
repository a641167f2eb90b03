import { performance } from "node:perf_hooks";
import type { DrivenSession, Driver } from "../drivers/driver.ts";
import { addStep, type History, newHistory, type Step, shortened } from "../evidence/history.ts";
import { newRunRecord, type RunRecord } from "../evidence/runRecord.ts";
import { openFilesIssue, type ProbeOptions, ProbeUsageError, resolveOptions } from "../options/options.ts";
import type { ProbeReport } from "../report/report.ts";
import { summarize } from "../report/summary.ts";
import { connected } from "./connection.ts";
import { openFilesLimit } from "./openFiles.ts";
import { rested } from "./pacing.ts";
import { type WatchEvent, WatchNarrator } from "./watchEvents.ts";

/** Average time between two calls of a session, in milliseconds. */
const interval = 1_000;
/**
 * Varies the pause, so that the order of the sessions changes. In a fixed order, a round-robin gateway could send each
 * session to the same replica every time and look as if it had affinity.
 */
const pause = (): number => interval * (0.75 + Math.random() / 2);
/** Every fifth call of a session uses a new connection, as many as in a run by default. */
const freshEvery = 5;
/** The most sessions that can be watched. */
const mostSessions = 200;
/** The most steps to keep per session: more than half an hour at one per second. */
const remembered = 2_000;

/**
 * Calls each session once a second until the signal aborts, and reports lost and moved sessions at once. A new session
 * replaces a lost one. Returns the report of a probe without a control group.
 * @throws ProbeUsageError for wrong options
 */
export async function watchProbe(options: ProbeOptions, onEvent: (event: WatchEvent) => void): Promise<ProbeReport> {
  const settings = resolveOptions({ ...options, sessions: options.sessions ?? 10, controlSessions: 0 });
  if (settings.sessions > mostSessions) {
    throw new ProbeUsageError([`--sessions: must be at most ${mostSessions} with --watch, got ${settings.sessions}`]);
  }
  const tooMany = openFilesIssue(settings, openFilesLimit());
  if (tooMany !== undefined) throw new ProbeUsageError([tooMany]);
  const signal = options.signal ?? new AbortController().signal;
  const origin = performance.now();
  const record = newRunRecord(settings);
  await connected(settings, signal, record, async (driver) => {
    const watcher = new Watcher(driver, record, { origin, signal, onEvent });
    await Promise.all(Array.from({ length: settings.sessions }, () => watcher.keepOne()));
  });
  record.seconds = (performance.now() - origin) / 1_000;
  const report = summarize(record);
  const calls = Math.max(0, ...report.sessions.map(({ way }) => way.length));
  return { ...report, run: { ...report.run, calls } };
}

interface WatchContext {
  readonly origin: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WatchEvent) => void;
}

class Watcher {
  readonly #driver: Driver;
  readonly #record: RunRecord;
  readonly #histories: History[] = [];
  readonly #context: WatchContext;
  readonly #narrator: WatchNarrator;

  constructor(driver: Driver, record: RunRecord, context: WatchContext) {
    this.#driver = driver;
    this.#record = record;
    this.#context = context;
    this.#narrator = new WatchNarrator(this.#histories, record.settings.replicaHeader !== undefined);
    record.main = this.#histories;
  }

  /** Runs one session after another until the signal aborts. */
  async keepOne(): Promise<void> {
    const { signal } = this.#context;
    while (!signal.aborted) {
      const session = this.#driver.session("keep");
      try {
        await this.#live(session);
      } finally {
        await session.close();
      }
      await rested(pause(), signal);
    }
  }

  /** Opens a session and calls it until it is lost or the signal aborts. */
  async #live(session: DrivenSession): Promise<void> {
    const { signal } = this.#context;
    const history = newHistory(this.#histories.length + 1, "main");
    this.#histories.push(history);
    const opened = await this.#step(history, session, "open", () => session.open());
    if (session.id !== undefined) history.id = shortened(session.id);
    if (opened?.result.kind !== "answered") return;
    const confirm = session.confirm?.bind(session);
    if (confirm !== undefined) await this.#step(history, session, "confirm", confirm);
    for (let call = 1; !signal.aborted && history.steps.at(-1)?.result.kind !== "lost"; call++) {
      await this.#step(history, session, "call", () => session.call(call % freshEvery === 0));
      if (history.steps.at(-1)?.result.kind !== "lost") await rested(pause(), signal);
    }
  }

  async #step(
    history: History,
    session: DrivenSession,
    phase: Step["phase"],
    exchange: () => ReturnType<typeof session.open>,
  ) {
    const result = await exchange();
    if (result.outcome.kind === "failed" && this.#context.signal.aborted) return undefined;
    this.#record.cookies.add(result);
    const step = addStep(history, phase, performance.now() - this.#context.origin, result, session.cookies());
    for (const event of this.#narrator.tell(history)) {
      this.#context.onEvent({ at: new Date(), session: history.ordinal, ...event });
    }
    // The first three steps show where the session was opened. Of the others, only the latest are kept.
    if (history.steps.length > remembered) history.steps.splice(3, remembered / 2);
    return step;
  }
}
