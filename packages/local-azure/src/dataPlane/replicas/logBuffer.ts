import type { LogLine } from "../contract/dataPlane.ts";

/** Keeps the last log lines of a replica, oldest first. */
export class LogBuffer {
  readonly #limit: number;
  #lines: LogLine[] = [];
  #written = 0;

  /** @param limit number of lines to keep */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(text: string, source: LogLine["source"] = "replica"): void {
    this.#written += 1;
    this.#lines.push({ number: this.#written, time: new Date().toISOString(), source, text });
    // Trimmed in large steps, because removing the first line moves the whole array.
    if (this.#lines.length >= this.#limit * 2) this.#lines = this.#lines.slice(-this.#limit);
  }

  lines(): readonly LogLine[] {
    return this.#lines.slice(-this.#limit);
  }
}
