import { HashRing } from "./hashRing.ts";

/** How requests are assigned to replicas: in turn, to the replica in the cookie, or by the cookie's hash. */
export type AffinityPolicy = "none" | "pinned" | "hash";

/** What the policies need to know about a replica. */
export interface Candidate {
  /** 16 hexadecimal digits; the pinned cookie's value. */
  readonly id: string;
}

export type Choice<T> =
  | { readonly kind: "none available" }
  | { readonly kind: "chosen"; readonly candidate: T; readonly newCookie?: string };

/**
 * Chooses the replica for each request. Does no I/O.
 *
 * `pinned` is what the documentation of Container Apps promises: a client stays with its replica, and gets a new
 * replica and cookie only when that one is gone. `hash` is what captures of Container Apps suggest (an Envoy ring hash
 * of the cookie): a cookie is never replaced, and a change of the number of replicas moves some clients.
 */
export class Affinity<T extends Candidate> {
  #candidates: readonly T[] = [];
  #byId: ReadonlyMap<string, T> = new Map();
  /** Created at first use, because only one policy needs it. */
  #ring: HashRing | undefined;
  #turn = 0;

  replace(candidates: readonly T[]): void {
    this.#candidates = candidates;
    this.#byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
    this.#ring = undefined;
  }

  /**
   * @param cookie the client's affinity cookie, if any
   * @param seed returns the value of a new hash cookie; called only if one is needed
   * @param tried candidates that could not be reached for this request
   */
  choose(policy: AffinityPolicy, cookie: string | undefined, seed: () => string, tried: ReadonlySet<T>): Choice<T> {
    switch (policy) {
      case "none":
        return chosen(this.#next(tried));
      case "pinned": {
        const pinned = cookie === undefined ? undefined : this.#byId.get(cookie);
        if (pinned !== undefined && !tried.has(pinned)) return chosen(pinned);
        const candidate = this.#next(tried);
        return chosen(candidate, candidate?.id);
      }
      case "hash": {
        const key = cookie ?? seed();
        this.#ring ??= new HashRing([...this.#byId.keys()]);
        const owner = this.#byId.get(this.#ring.find(key) ?? "");
        const candidate = owner !== undefined && !tried.has(owner) ? owner : this.#next(tried);
        return chosen(candidate, cookie === undefined ? key : undefined);
      }
    }
  }

  #next(tried: ReadonlySet<T>): T | undefined {
    for (let step = 0; step < this.#candidates.length; step++) {
      this.#turn = (this.#turn + 1) % this.#candidates.length;
      const candidate = this.#candidates[this.#turn] as T;
      if (!tried.has(candidate)) return candidate;
    }
    return undefined;
  }
}

function chosen<T>(candidate: T | undefined, newCookie?: string): Choice<T> {
  if (candidate === undefined) return { kind: "none available" };
  return newCookie === undefined ? { kind: "chosen", candidate } : { kind: "chosen", candidate, newCookie };
}
