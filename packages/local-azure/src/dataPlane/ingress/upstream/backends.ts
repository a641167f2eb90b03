import { addressKey } from "../../net/address.ts";
import { Backend, type BackendAddress } from "./backend.ts";

/** The replicas that an app's ingress has connections to: those that take requests and those that are on their way out. */
export class Backends {
  readonly #byName = new Map<string, Backend>();
  readonly #idleTimeout: number;

  /** @param idleTimeout milliseconds without a byte after which a request is given up */
  constructor(idleTimeout: number) {
    this.#idleTimeout = idleTimeout;
  }

  /** The known one as long as it is at this address: its connections and requests in flight go on. */
  at(address: BackendAddress): Backend {
    const known = this.#byName.get(address.name);
    if (known !== undefined && addressKey(known.address) === addressKey(address.address)) return known;
    // The replica's process was started again, elsewhere.
    known?.close();
    const backend = new Backend(address, this.#idleTimeout);
    this.#byName.set(address.name, backend);
    return backend;
  }

  /** Resolves when the named replicas have no request in flight, at the latest after the grace period; streams go on. */
  async drain(names: readonly string[], graceMilliseconds: number): Promise<void> {
    await Promise.all(names.map((name) => this.#byName.get(name)?.drained(graceMilliseconds)));
  }

  /** Ends whatever is left of the named replicas' connections. */
  forget(names: readonly string[]): void {
    for (const name of names) {
      this.#byName.get(name)?.close();
      this.#byName.delete(name);
    }
  }

  /** Requests in flight and streams held open, of all. */
  get inFlight(): number {
    return [...this.#byName.values()].reduce((sum, { calls, streams }) => sum + calls + streams, 0);
  }

  close(): void {
    for (const backend of this.#byName.values()) backend.close();
  }
}
