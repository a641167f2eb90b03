import type { LogLine } from "../contract/dataPlane.ts";

/** The last lines that a replica wrote, oldest first. */
export class LogBuffer {
  readonly #limit: number;
  #lines: LogLine[] = [];
  #written = 0;

  /** @param limit lines kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(text: string, source: LogLine["source"] = "replica"): void {
    this.#written += 1;
    this.#lines.push({ number: this.#written, time: new Date().toISOString(), source, text });
    // Cut in large steps: a shift for each line would move the whole array each time.
    if (this.#lines.length >= this.#limit * 2) this.#lines = this.#lines.slice(-this.#limit);
  }

  lines(): readonly LogLine[] {
    return this.#lines.slice(-this.#limit);
  }
}
