import { addressKey } from "../../net/address.ts";
import { Backend, type BackendAddress } from "./backend.ts";

/**
 * The replicas that an app's ingress has connections to: those that take requests, and those that are being removed.
 */
export class Backends {
  readonly #byName = new Map<string, Backend>();
  readonly #idleTimeout: number;

  /** @param idleTimeout milliseconds without a byte after which a request fails */
  constructor(idleTimeout: number) {
    this.#idleTimeout = idleTimeout;
  }

  /** Returns the replica's backend. It stays the same as long as the address does, so that connections survive. */
  at(address: BackendAddress): Backend {
    const known = this.#byName.get(address.name);
    if (known !== undefined && addressKey(known.address) === addressKey(address.address)) return known;
    // The replica's process restarted with another address.
    known?.close();
    const backend = new Backend(address, this.#idleTimeout);
    this.#byName.set(address.name, backend);
    return backend;
  }

  /** Closes all remaining connections to the named replicas. */
  forget(names: readonly string[]): void {
    for (const name of names) {
      this.#byName.get(name)?.close();
      this.#byName.delete(name);
    }
  }

  /** Number of requests in flight and open streams, over all replicas. */
  get inFlight(): number {
    return [...this.#byName.values()].reduce((sum, { calls, streams }) => sum + calls + streams, 0);
  }

  close(): void {
    for (const backend of this.#byName.values()) backend.close();
  }
}
