import type { Evidence } from "../evidence/evidence.ts";
import type { CookieFinding } from "../evidence/identity.ts";
import type { GroupTally } from "../evidence/tally.ts";

/** A judgement in words. */
export interface Words {
  readonly reason: string;
  readonly advice: readonly string[];
}

/** What the sentences are made of. */
export interface Phrases {
  readonly main: GroupTally;
  readonly control: GroupTally | undefined;
  readonly streams: Evidence["streams"];
  readonly notReturned: Evidence["notReturned"];
  /** `no cookie`, or the cookie by its name. */
  readonly cookie: string;
  /** Whether no cookie can lead back to a replica: none is set, or it is the same for all. */
  readonly cookieless: boolean;
  /** `All N sessions held` */
  readonly held: string;
  /** `N of M sessions were lost` */
  readonly lost: string;
  /** How the run without cookies fared; empty if there was none. */
  readonly without: string;
  /** Over how many replicas; empty if that is not known. */
  readonly over: string;
}

/** The phrases for this evidence. Pure. */
export function phrasesOf({ main, control, streams, cookie, notReturned }: Evidence): Phrases {
  const replicas = main.replicas.size;
  return {
    main,
    control,
    streams,
    notReturned,
    cookie: nameOf(cookie),
    cookieless: cookie.kind !== "affinity",
    held:
      main.held === main.sessions ? `All ${main.held} sessions held` : `${main.held} of ${main.sessions} sessions held`,
    lost: `${main.lost} of ${main.sessions} sessions were lost`,
    without: control === undefined ? "" : `; without cookies ${control.lost} of ${control.sessions}`,
    over: replicas > 1 ? ` over ${replicas} replicas` : "",
  };
}

const nameOf = (cookie: CookieFinding): string => (cookie.kind === "none" ? "no cookie" : `the cookie ${cookie.name}`);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `timeout 3, refused 1`; empty if nothing was counted. */
export const countsOf = (counts: Readonly<Partial<Record<string, number>>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
