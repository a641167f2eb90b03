import type { History, Step } from "./history.ts";

/** How the probe knows which replica answered. */
export type ReplicasBy = "answer" | "cookie" | "unseen";

/** What the gateway's cookies are, by behaviour: names are only recognised, never trusted. */
export type CookieFinding =
  | { readonly kind: "none" }
  /** Every session got the same value: such a cookie cannot tell replicas apart. */
  | { readonly kind: "constant"; readonly name: string; readonly known: boolean }
  /** Values differ: one a replica (a pinned ingress), or one a session (an ingress that hashes the cookie). */
  | { readonly kind: "affinity"; readonly name: string; readonly known: boolean; readonly per: "replica" | "session" };

/** The names that Azure Container Apps and App Service give their affinity cookies. */
const knownCookies: ReadonlySet<string> = new Set(["acaAffinity", "ARRAffinity", "ARRAffinitySameSite"]);

interface Candidate {
  readonly name: string;
  readonly sessions: number;
  readonly values: number;
}

/** Finds the affinity cookie among what the sessions were given at their opening. */
export function findCookie(histories: readonly History[]): CookieFinding {
  const values = new Map<string, Map<string, number>>();
  for (const { steps } of histories) {
    for (const line of steps[0]?.cookies ?? []) {
      const name = line.slice(0, line.indexOf("="));
      const seen = values.get(name) ?? new Map<string, number>();
      seen.set(line, (seen.get(line) ?? 0) + 1);
      values.set(name, seen);
    }
  }
  const candidates = [...values].map(([name, seen]): Candidate => {
    const sessions = [...seen.values()].reduce((sum, count) => sum + count, 0);
    return { name, sessions, values: seen.size };
  });
  const [best] = candidates.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  if (best === undefined) return { kind: "none" };
  const known = knownCookies.has(best.name);
  if (best.values === 1) return { kind: "constant", name: best.name, known };
  // A replica serves several sessions; a value that hardly ever repeats was made for one session.
  const per = best.values * 2 > best.sessions ? "session" : "replica";
  return { kind: "affinity", name: best.name, known, per };
}

/** Known names first, then values that differ. */
const rank = ({ name, values }: Candidate): number => (knownCookies.has(name) ? 0 : 2) + (values > 1 ? 0 : 1);

/** Reads the replica of a step by the best source that this gateway offers. */
export interface Identity {
  readonly by: ReplicasBy;
  readonly cookie: CookieFinding;
  replica(step: Step): string | undefined;
}

/** The sources of a replica's name, the best one first, whether or not what was seen agrees with it. */
export function identities(histories: readonly History[], cookie: CookieFinding): [...Identity[], Identity] {
  const unseen: Identity = { by: "unseen", cookie, replica: () => undefined };
  const named = histories.some(({ steps }) => steps.some(({ replica }) => replica !== undefined));
  const byAnswer: Identity[] = named ? [{ by: "answer", cookie, replica: (step) => step.replica }] : [];
  return [...byAnswer, ...byCookie(cookie), unseen];
}

function byCookie(cookie: CookieFinding): Identity[] {
  if (cookie.kind === "none" || (cookie.kind === "affinity" && cookie.per === "session")) return [];
  // A cookie of unknown name that never differs may have nothing to do with replicas.
  if (cookie.kind === "constant" && !cookie.known) return [];
  const prefix = `${cookie.name}=`;
  const replica = ({ cookies }: Step) => cookies.find((line) => line.startsWith(prefix))?.slice(prefix.length);
  return [{ by: "cookie", cookie, replica }];
}

/** The best source that there is: while a run goes on there is not enough to doubt it. */
export const chooseIdentity = (histories: readonly History[], cookie: CookieFinding): Identity =>
  identities(histories, cookie)[0];
