import type { IngressCounters } from "../contract/dataPlane.ts";

/** Sessions remembered, the oldest forgotten first. */
const remembered = 100_000;

/** What the ingress saw, for comparison with what a client says it saw. */
export class Counters {
  readonly #byReplica = new Map<string, number>();
  /** MCP session -> the replica that made it. */
  readonly #sessions = new Map<string, string>();
  readonly #moved = new Set<string>();
  #requests = 0;
  #newCookies = 0;
  #failed = 0;

  /** A request that goes to this replica, with the MCP session that it names. */
  request(replica: string, session: string | undefined): void {
    this.#requests += 1;
    this.#byReplica.set(replica, (this.#byReplica.get(replica) ?? 0) + 1);
    if (session === undefined) return;
    const home = this.#sessions.get(session);
    if (home !== undefined && home !== replica) this.#moved.add(session);
  }

  /** The replica could not be reached after all: another one is asked, or none is left. */
  unreached(replica: string): void {
    this.#requests -= 1;
    this.#byReplica.set(replica, (this.#byReplica.get(replica) ?? 0) - 1);
  }

  /** A session that this replica made. */
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
