/**
 * Scaling to zero and back, for one app: makes requests wait until a replica is ready, and records when the app was
 * last active.
 */
export class Demand {
  #wake: (() => Promise<void>) | undefined;
  #waiting = 0;
  #last = 0;

  /** @param wake starts a replica and resolves when it is ready; undefined if requests don't have to wait */
  set(wake: (() => Promise<void>) | undefined): void {
    this.#wake = wake;
  }

  /**
   * Calls back at once, or when a replica is ready. Also calls back if none could start: the request then finds none.
   */
  whenServed(goOn: () => void): void {
    this.#last = Date.now();
    if (this.#wake === undefined) {
      goOn();
      return;
    }
    this.#waiting += 1;
    const done = (): void => {
      this.#waiting -= 1;
      goOn();
    };
    this.#wake().then(done, done);
  }

  /**
   * Returns when the app was last active, in milliseconds since the epoch; now, if a request is waiting or in flight.
   * The end of a request is only noticed by calling this regularly.
   * @param inFlight number of requests at replicas, including open streams
   */
  lastActive(inFlight: number): number {
    if (inFlight + this.#waiting > 0) this.#last = Date.now();
    return this.#last;
  }
}
