/** Deals the sessions out in rounds, each in another order; the same in every run, so that a run can be repeated. */
export class RoundOrder {
  readonly #sessions: number;
  /** Rounds of which some jobs are still to be dealt out. */
  readonly #rounds = new Map<number, { readonly order: Uint32Array; left: number }>();

  constructor(sessions: number) {
    this.#sessions = sessions;
  }

  /** The session that the job is for; each job is asked for once, about in order. */
  session(job: number): number {
    const number = Math.floor(job / this.#sessions);
    const round = this.#rounds.get(number) ?? { order: shuffled(this.#sessions, number), left: this.#sessions };
    this.#rounds.set(number, round);
    round.left -= 1;
    if (round.left === 0) this.#rounds.delete(number);
    return round.order[job % this.#sessions] ?? 0;
  }
}

/** 0 to size - 1, by Fisher and Yates. */
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

/** A small generator, good enough to break an order; numbers from 0 to below 1. */
function mulberry32(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
