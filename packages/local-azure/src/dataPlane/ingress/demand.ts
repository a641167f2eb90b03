/**
 * What an app's requests ask of its replicas when there are none: it holds each request of a revision that is scaled to
 * zero until one is ready, and knows for how long nobody has asked.
 */
export class Demand {
  #wake: (() => Promise<void>) | undefined;
  #waiting = 0;
  #last = 0;

  /** @param wake starts a replica and resolves when it is ready; undefined: requests go on at once */
  set(wake: (() => Promise<void>) | undefined): void {
    this.#wake = wake;
  }

  /** Goes on at once, or when a replica is ready; where none could be started too: there is then none to choose. */
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
   * When the last request came or ended, as far as this was asked, in milliseconds since the epoch; now, while one is held
   * or in flight.
   * @param inFlight requests with a replica, open streams among them
   */
  lastActive(inFlight: number): number {
    if (inFlight + this.#waiting > 0) this.#last = Date.now();
    return this.#last;
  }
}
