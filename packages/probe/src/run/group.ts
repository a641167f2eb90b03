import { performance } from "node:perf_hooks";
import type { CookiePolicy, DrivenSession, Driver, McpExchange } from "../drivers/driver.ts";
import { CookiesSeen } from "../evidence/cookiesSeen.ts";
import { addStep, type History, newHistory, type Step, shortened } from "../evidence/history.ts";
import type { StreamTally } from "../evidence/tally.ts";
import { paced } from "./pacing.ts";
import { RoundOrder, Rounds } from "./roundOrder.ts";

export interface GroupPlan {
  readonly name: History["group"];
  readonly sessions: number;
  readonly calls: number;
  readonly cookies: CookiePolicy;
  /** Percentage of calls that use a new connection. */
  readonly fresh: number;
  readonly spread: number;
  readonly rate: number;
  readonly inFlight: number;
  /** `performance.now()` when the probe began. */
  readonly origin: number;
  readonly signal: AbortSignal;
  onStep(history: History, step: Step): void;
}

/** Sessions that run at the same time under one plan. `histories` records what happened to them. */
export class SessionGroup {
  readonly plan: GroupPlan;
  readonly histories: History[];
  readonly cookies = new CookiesSeen();
  readonly streams: Record<keyof StreamTally, number> = { held: 0, lost: 0, dropped: 0, refused: 0 };
  readonly #sessions: DrivenSession[];

  constructor(driver: Driver, plan: GroupPlan) {
    this.plan = plan;
    this.histories = Array.from({ length: plan.sessions }, (_, i) => newHistory(i + 1, plan.name));
    this.#sessions = this.histories.map(() => driver.session(plan.cookies));
  }

  /** Opens each session on a new connection. */
  async open(): Promise<void> {
    const { sessions, signal, inFlight, rate } = this.plan;
    await paced(sessions, { signal, inFlight, rate, spread: 0 }, async (i) => {
      const session = this.#session(i);
      const history = this.#history(i);
      const opened = await this.#step(i, "open", () => session.open());
      if (session.id !== undefined) history.id = shortened(session.id);
      if (opened?.result.kind !== "answered" || session.confirm === undefined) return;
      const { confirm } = session;
      await this.#step(i, "confirm", () => confirm.call(session));
    });
  }

  /** Opens and holds a GET stream for each session, for messages from the server. */
  async hold(): Promise<void> {
    const { sessions, signal, inFlight, rate } = this.plan;
    await paced(sessions, { signal, inFlight, rate, spread: 0 }, async (i) => {
      if (!this.#alive(i)) return;
      const onEnd = (): void => {
        this.streams.dropped += 1;
      };
      const answer = await this.#session(i).hold?.({ onEvent: () => {}, onEnd });
      if (answer?.outcome.kind === "answered") this.streams.held += 1;
      else if (answer?.outcome.kind === "lost") this.streams.lost += 1;
      else this.streams.refused += 1;
    });
  }

  /**
   * Makes the calls in rounds of one call per session, so that each session lives through the whole run. The order
   * differs in each round, and a round begins only when the previous one is answered. In a fixed order, a round-robin
   * gateway would send each session to the same replica every time and look as if it had affinity.
   */
  async call(): Promise<void> {
    const { sessions, calls, signal, inFlight, rate, spread, fresh } = this.plan;
    const order = new RoundOrder(sessions);
    const rounds = new Rounds(sessions, signal);
    await paced(sessions * calls, { signal, inFlight, rate, spread }, async (job) => {
      const i = order.session(job);
      await rounds.turn(job);
      if (this.#alive(i) && !signal.aborted)
        await this.#step(i, "call", () => this.#session(i).call(isFresh(job, fresh)));
      rounds.done();
    });
  }

  /** Closes all sessions. */
  async close(signal: AbortSignal): Promise<void> {
    const { sessions, inFlight } = this.plan;
    const pace = { inFlight, rate: Number.POSITIVE_INFINITY, spread: 0, signal };
    await paced(sessions, pace, (i) => this.#session(i).close());
  }

  /** A lost session is not called again, as clients would give it up too. */
  #alive(i: number): boolean {
    const { steps } = this.#history(i);
    return steps[0]?.result.kind === "answered" && steps.at(-1)?.result.kind !== "lost";
  }

  /** Runs and records one exchange; undefined if an interruption cut it, which says nothing about the gateway. */
  async #step(i: number, phase: Step["phase"], exchange: () => Promise<McpExchange>): Promise<Step | undefined> {
    const history = this.#history(i);
    const result = await exchange();
    if (result.outcome.kind === "failed" && this.plan.signal.aborted) return undefined;
    this.cookies.add(result);
    const at = performance.now() - this.plan.origin;
    const step = addStep(history, phase, at, result, this.#session(i).cookies());
    this.plan.onStep(history, step);
    return step;
  }

  #session(i: number): DrivenSession {
    return this.#sessions[i] as DrivenSession;
  }

  #history(i: number): History {
    return this.histories[i] as History;
  }
}

/** Whether this call uses a new connection. Spreads them evenly: with 20 percent, every fifth call does. */
const isFresh = (job: number, percent: number): boolean =>
  Math.floor(((job + 1) * percent) / 100) > Math.floor((job * percent) / 100);
