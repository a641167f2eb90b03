import type { IngressCounters } from "../contract/dataPlane.ts";

/** Number of sessions to remember; the oldest are dropped first. */
const remembered = 100_000;

/** Counts requests and sessions of an ingress. */
export class Counters {
  readonly #byReplica = new Map<string, number>();
  /** The replica that created each MCP session. */
  readonly #sessions = new Map<string, string>();
  readonly #moved = new Set<string>();
  #requests = 0;
  #newCookies = 0;
  #failed = 0;

  /** Counts a request that goes to this replica, and the MCP session that it names. */
  request(replica: string, session: string | undefined): void {
    this.#requests += 1;
    this.#byReplica.set(replica, (this.#byReplica.get(replica) ?? 0) + 1);
    if (session === undefined) return;
    const home = this.#sessions.get(session);
    if (home !== undefined && home !== replica) this.#moved.add(session);
  }

  /** Takes back a counted request whose replica could not be reached. */
  unreached(replica: string): void {
    this.#requests -= 1;
    this.#byReplica.set(replica, (this.#byReplica.get(replica) ?? 0) - 1);
  }

  /** Counts a session that this replica created. */
  session(id: string, replica: string): void {
    if (this.#sessions.has(id)) return;
    this.#sessions.set(id, replica);
    if (this.#sessions.size <= remembered) return;
    const oldest = this.#sessions.keys().next().value as string;
    this.#sessions.delete(oldest);
    this.#moved.delete(oldest);
  }

  newCookie(): void {
    this.#newCookies += 1;
  }

  failed(): void {
    this.#failed += 1;
  }

  read(): IngressCounters {
    return {
      requests: this.#requests,
      requestsByReplica: Object.fromEntries(this.#byReplica),
      sessions: this.#sessions.size,
      sessionsMoved: this.#moved.size,
      newCookies: this.#newCookies,
      failed: this.#failed,
    };
  }
}
