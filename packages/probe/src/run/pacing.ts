import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";

export interface Pace {
  /** Maximum number of jobs running at a time. */
  readonly inFlight: number;
  /** Maximum number of jobs started per second; Infinity for no limit. */
  readonly rate: number;
  /** Seconds over which the jobs are spread evenly; 0 means as fast as the limits allow. */
  readonly spread: number;
  readonly signal: AbortSignal;
}

/** Runs numbered jobs in order, within the limits. After an abort, starts no more and waits for those in flight. */
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

/** Waits; resolves to false if the signal aborts first. */
export async function rested(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(milliseconds, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
