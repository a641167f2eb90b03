/** The last lines that a replica wrote, oldest first. */
export class LogBuffer {
  readonly #limit: number;
  #lines: string[] = [];

  /** @param limit lines kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(line: string): void {
    this.#lines.push(line);
    // Cut in large steps: a shift for each line would move the whole array each time.
    if (this.#lines.length >= this.#limit * 2) this.#lines = this.#lines.slice(-this.#limit);
  }

  lines(): readonly string[] {
    return this.#lines.slice(-this.#limit);
  }
}
