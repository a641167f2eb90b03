import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";

export interface Pace {
  /** Jobs at one time at most. */
  readonly inFlight: number;
  /** Jobs begun in a second at most; Infinity: no limit. */
  readonly rate: number;
  /** Seconds over which the jobs are spread evenly; 0: as fast as the limits allow. */
  readonly spread: number;
  readonly signal: AbortSignal;
}

/**
 * Runs `jobs` numbered jobs within the limits, in the order of their numbers. Once the signal is aborted no further
 * job begins; those in flight are waited for.
 */
export async function paced(
  jobs: number,
  { inFlight, rate, spread, signal }: Pace,
  run: (job: number) => Promise<void>,
) {
  const began = performance.now();
  const gap = Math.max(1_000 / rate, (spread * 1_000) / jobs);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < jobs && !signal.aborted) {
      const job = next++;
      const early = began + job * gap - performance.now();
      if (early > 1 && !(await rested(early, signal))) return;
      await run(job);
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, jobs) }, worker));
}

/** Resolves to false if the signal came first. */
export async function rested(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(milliseconds, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
