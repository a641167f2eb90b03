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
import { type WatchEvent, WatchTeller } from "./watchTeller.ts";

/** Milliseconds between two calls of one session, on average. */
const interval = 1_000;
/**
 * Never the same, so that sessions are called in another order each time: in one and the same, a gateway that deals
 * requests out by turns could send each session to the same replica again and again.
 */
const pause = (): number => interval * (0.75 + Math.random() / 2);
/** Every so many calls of a session one is made over a new connection, as a fifth of a run's are. */
const freshEvery = 5;
/** Sessions that are watched at most. */
const mostSessions = 200;
/** Steps that a session remembers: at one a second more than half an hour. */
const remembered = 2_000;

/**
 * Keeps sessions alive, each called once a second, until the signal, and tells at once what is lost or moved; a lost
 * session is replaced by a new one. The report at the end is that of a probe without control.
 * @throws ProbeUsageError for wrong options
 */
export async function watchProbe(options: ProbeOptions, onEvent: (event: WatchEvent) => void): Promise<ProbeReport> {
  const settings = resolveOptions({ ...options, sessions: options.sessions ?? 10, controlSessions: 0 });
  if (settings.sessions > mostSessions) {
    throw new ProbeUsageError([`--sessions: with --watch at most ${mostSessions}, got ${settings.sessions}`]);
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
  readonly #teller: WatchTeller;

  constructor(driver: Driver, record: RunRecord, context: WatchContext) {
    this.#driver = driver;
    this.#record = record;
    this.#context = context;
    this.#teller = new WatchTeller(this.#histories, record.settings.replicaHeader !== undefined);
    record.main = this.#histories;
  }

  /** One session after another, until the signal. */
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

  /** A session's whole life: opened, called, lost or ended by the signal. */
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
    for (const event of this.#teller.tell(history)) {
      this.#context.onEvent({ at: new Date(), session: history.ordinal, ...event });
    }
    // The first steps say where the session was opened; of the rest the latest are kept.
    if (history.steps.length > remembered) history.steps.splice(3, remembered / 2);
    return step;
  }
}
