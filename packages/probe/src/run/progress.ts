import { performance } from "node:perf_hooks";
import type { History, Step } from "../evidence/history.ts";
import type { ProbeSettings } from "../options/options.ts";

export type ProbePhase = "open" | "hold" | "call" | "control" | "client" | "close";

export interface ProbeProgress {
  readonly phase: ProbePhase;
  /** Exchanges done and planned in this phase. */
  readonly done: number;
  readonly total: number;
  /** Exchanges per second in this phase. */
  readonly perSecond: number;
  /** Seconds until this phase ends at that rate; undefined while the rate is unknown. */
  readonly remaining: number | undefined;
  /** Lost main sessions so far. */
  readonly lost: number;
  /** Failed exchanges so far, in all groups. */
  readonly failed: number;
}

export type OnProgress = (progress: ProbeProgress) => void;

/** Minimum time between two reports within a phase, in milliseconds. */
const interval = 250;

/** Counts steps and reports the progress a few times a second. */
export class ProgressMeter {
  readonly #settings: ProbeSettings;
  readonly #report: OnProgress | undefined;
  #phase: ProbePhase = "open";
  #done = 0;
  #lost = 0;
  #failed = 0;
  #began = performance.now();
  #told = Number.NEGATIVE_INFINITY;

  constructor(settings: ProbeSettings, report: OnProgress | undefined) {
    this.#settings = settings;
    this.#report = report;
  }

  phase(phase: ProbePhase): void {
    this.end();
    this.#phase = phase;
    this.#done = 0;
    this.#began = performance.now();
    this.#tell();
  }

  readonly step = (history: History, { phase, result }: Step): void => {
    if (phase !== "confirm") this.#done += 1;
    if (history.group === "main" && result.kind === "lost") this.#lost += 1;
    if (result.kind === "failed") this.#failed += 1;
    if (performance.now() - this.#told >= interval) this.#tell();
  };

  /** Reports the final state of a phase, without waiting for the next interval. */
  end(): void {
    if (this.#done > 0) this.#tell();
  }

  #tell(): void {
    const now = performance.now();
    this.#told = now;
    const seconds = (now - this.#began) / 1_000;
    const perSecond = seconds > 0 ? this.#done / seconds : 0;
    const total = this.#total();
    const remaining = perSecond > 0 ? Math.max(0, total - this.#done) / perSecond : undefined;
    const { lost, failed } = { lost: this.#lost, failed: this.#failed };
    this.#report?.({ phase: this.#phase, done: this.#done, total, perSecond, remaining, lost, failed });
  }

  #total(): number {
    const { sessions, calls, controlSessions } = this.#settings;
    switch (this.#phase) {
      case "open":
      case "hold":
      case "close":
        return sessions;
      case "call":
        return sessions * calls;
      case "control":
        return controlSessions * (calls + 1);
      case "client":
        return 1;
    }
  }
}
