/** Assigns jobs to sessions in rounds, each in a different order. The orders are the same in every run. */
export class RoundOrder {
  readonly #sessions: number;
  /** Rounds that still have jobs to assign. */
  readonly #rounds = new Map<number, { readonly order: Uint32Array; left: number }>();

  constructor(sessions: number) {
    this.#sessions = sessions;
  }

  /** The session for this job. Ask for each job once, roughly in order. */
  session(job: number): number {
    const number = Math.floor(job / this.#sessions);
    const round = this.#rounds.get(number) ?? { order: shuffled(this.#sessions, number), left: this.#sessions };
    this.#rounds.set(number, round);
    round.left -= 1;
    if (round.left === 0) this.#rounds.delete(number);
    return round.order[job % this.#sessions] ?? 0;
  }
}

/** Makes the jobs of a round wait until all jobs of the previous round are done. An abort ends all waiting. */
export class Rounds {
  readonly #size: number;
  readonly #waiting: { readonly round: number; go(): void }[] = [];
  #round = 0;
  #left: number;

  constructor(size: number, signal: AbortSignal) {
    this.#size = size;
    this.#left = size;
    signal.addEventListener("abort", () => this.#open(Number.POSITIVE_INFINITY), { once: true });
    if (signal.aborted) this.#round = Number.POSITIVE_INFINITY;
  }

  /** Resolves when the job's round begins, in job order; undefined if it has begun already. */
  turn(job: number): Promise<void> | undefined {
    const round = Math.floor(job / this.#size);
    if (round <= this.#round) return undefined;
    return new Promise((go) => this.#waiting.push({ round, go }));
  }

  /** Marks one job as done. Call it once for each job. */
  done(): void {
    this.#left -= 1;
    if (this.#left > 0) return;
    this.#left = this.#size;
    this.#open(this.#round + 1);
  }

  #open(round: number): void {
    this.#round = round;
    while (this.#waiting[0] !== undefined && this.#waiting[0].round <= round) this.#waiting.shift()?.go();
  }
}

/** The numbers from 0 to size - 1 in random order (Fisher-Yates). */
function shuffled(size: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  const random = mulberry32(seed + 1);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const held = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = held;
  }
  return order;
}

/** A small random number generator, good enough to shuffle; from 0 up to but not including 1. */
function mulberry32(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
