import type { History, Step } from "./history.ts";

/** How the probe knows which replica answered: by the answer's tool result or header, by the cookie, or not at all. */
export type ReplicasBy = "answer" | "cookie" | "unseen";

/** What the gateway's cookie does, judged by its values; a known name alone proves nothing. */
export type CookieFinding =
  | { readonly kind: "none" }
  /** Every session got the same value, so the cookie can't tell replicas apart. */
  | { readonly kind: "constant"; readonly name: string; readonly known: boolean }
  /** Values differ per replica (an ingress that pins) or per session (an ingress that hashes the cookie). */
  | { readonly kind: "affinity"; readonly name: string; readonly known: boolean; readonly per: "replica" | "session" };

/** The affinity cookies of Azure Container Apps and App Service. */
const knownCookies: ReadonlySet<string> = new Set(["acaAffinity", "ARRAffinity", "ARRAffinitySameSite"]);

interface Candidate {
  readonly name: string;
  readonly sessions: number;
  readonly values: number;
}

/** Finds the affinity cookie among the cookies that sessions got when they opened. */
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
  // A replica serves several sessions, so a value that rarely repeats belongs to one session.
  const per = best.values * 2 > best.sessions ? "session" : "replica";
  return { kind: "affinity", name: best.name, known, per };
}

/** Known names come first, then cookies whose values differ. */
const rank = ({ name, values }: Candidate): number => (knownCookies.has(name) ? 0 : 2) + (values > 1 ? 0 : 1);

/** Reads from a step which replica answered. */
export interface Identity {
  readonly by: ReplicasBy;
  readonly cookie: CookieFinding;
  replica(step: Step): string | undefined;
}

/** Returns the sources of replica names, best first, without checking them against the evidence. */
export function identities(histories: readonly History[], cookie: CookieFinding): [...Identity[], Identity] {
  const unseen: Identity = { by: "unseen", cookie, replica: () => undefined };
  const named = histories.some(({ steps }) => steps.some(({ replica }) => replica !== undefined));
  const byAnswer: Identity[] = named ? [{ by: "answer", cookie, replica: (step) => step.replica }] : [];
  return [...byAnswer, ...byCookie(cookie), unseen];
}

function byCookie(cookie: CookieFinding): Identity[] {
  if (cookie.kind === "none" || (cookie.kind === "affinity" && cookie.per === "session")) return [];
  // An unknown cookie with a single value may have nothing to do with replicas.
  if (cookie.kind === "constant" && !cookie.known) return [];
  const prefix = `${cookie.name}=`;
  const replica = ({ cookies }: Step) => cookies.find((line) => line.startsWith(prefix))?.slice(prefix.length);
  return [{ by: "cookie", cookie, replica }];
}

/** Returns the best source of replica names, unchecked. */
export const chooseIdentity = (histories: readonly History[], cookie: CookieFinding): Identity =>
  identities(histories, cookie)[0];
