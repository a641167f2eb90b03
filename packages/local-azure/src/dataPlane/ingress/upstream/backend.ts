import { createHash } from "node:crypto";
import type { Address } from "../../net/address.ts";
import type { Candidate } from "../affinity/affinity.ts";
import { UpstreamPool } from "./upstreamPool.ts";

/** Where a ready replica listens. */
export interface BackendAddress {
  readonly name: string;
  readonly address: Address;
}

/** A replica as the ingress sees it. */
export class Backend implements Candidate {
  readonly id: string;
  readonly name: string;
  readonly address: Address;
  readonly pool: UpstreamPool;
  #calls = 0;
  #streams = new Set<() => void>();
  #idle: Array<() => void> = [];

  /** @param idleTimeout milliseconds without a byte after which a request is given up */
  constructor({ name, address }: BackendAddress, idleTimeout: number) {
    this.name = name;
    this.address = address;
    this.id = createHash("sha256").update(name).digest("hex").slice(0, 16);
    this.pool = new UpstreamPool(address, idleTimeout);
  }

  /** Requests in flight, held streams left out. */
  get calls(): number {
    return this.#calls;
  }

  /** Event streams and upgraded connections that clients hold open. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Counts a request in; the result counts it out. */
  enter(): () => void {
    this.#calls += 1;
    return () => {
      this.#calls -= 1;
      if (this.#calls === 0) for (const resolve of this.#idle.splice(0)) resolve();
    };
  }

  /** Counts a held stream in, which `end` would end; the result counts it out. */
  hold(end: () => void): () => void {
    this.#streams.add(end);
    return () => void this.#streams.delete(end);
  }

  /** Resolves when no request is in flight any more, at the latest after the grace period; held streams do not count. */
  async drained(graceMilliseconds: number): Promise<void> {
    if (this.#calls === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMilliseconds);
    });
    await Promise.race([new Promise<void>((resolve) => this.#idle.push(resolve)), overdue]);
    clearTimeout(timer);
  }

  close(): void {
    for (const end of [...this.#streams]) end();
    this.pool.close();
  }
}
