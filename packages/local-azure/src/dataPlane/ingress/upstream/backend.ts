import { createHash } from "node:crypto";
import type { Address } from "../../net/address.ts";
import type { Candidate } from "../affinity/affinity.ts";
import { UpstreamPool } from "./upstreamPool.ts";

/** The address of a ready replica. */
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

  /** @param idleTimeout milliseconds without a byte after which a request fails */
  constructor({ name, address }: BackendAddress, idleTimeout: number) {
    this.name = name;
    this.address = address;
    this.id = createHash("sha256").update(name).digest("hex").slice(0, 16);
    this.pool = new UpstreamPool(address, idleTimeout);
  }

  /** Number of requests in flight, without open streams. */
  get calls(): number {
    return this.#calls;
  }

  /** Number of open event streams and upgraded connections. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Counts a request as in flight until the returned function is called. */
  enter(): () => void {
    this.#calls += 1;
    return () => {
      this.#calls -= 1;
    };
  }

  /** Counts an open stream, which `end` closes, until the returned function is called. */
  hold(end: () => void): () => void {
    this.#streams.add(end);
    return () => void this.#streams.delete(end);
  }

  close(): void {
    for (const end of [...this.#streams]) end();
    this.pool.close();
  }
}
