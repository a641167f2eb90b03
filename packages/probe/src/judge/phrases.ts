import type { Evidence } from "../evidence/evidence.ts";
import type { CookieFinding } from "../evidence/identity.ts";
import type { GroupTally } from "../evidence/tally.ts";

/** A judgment for people to read. */
export interface Sentences {
  /** What was seen and what it means. */
  readonly reason: string;
  /** What to do, the most useful first; empty if nothing needs doing. */
  readonly advice: readonly string[];
}

/** The parts that the sentences are built from. */
export interface Phrases {
  readonly main: GroupTally;
  readonly control: GroupTally | undefined;
  readonly streams: Evidence["streams"];
  readonly notReturned: Evidence["notReturned"];
  /** `the cookie NAME`, or `no cookie`. */
  readonly cookie: string;
  /** True if no cookie can lead back to a replica: none was set, or all sessions got the same value. */
  readonly cookieless: boolean;
  /** `All N sessions held` */
  readonly held: string;
  /** `N of M sessions were lost` */
  readonly lost: string;
  /** ` Without cookies, N of M were lost.`; empty without a control group. */
  readonly without: string;
  /** ` across N replicas`; empty if fewer than two were seen. Sessions lost at once have no known replica. */
  readonly across: string;
}

export function phrasesOf({ main, control, streams, cookie, notReturned }: Evidence): Phrases {
  const replicas = main.replicas.size;
  return {
    main,
    control,
    streams,
    notReturned,
    cookie: nameOf(cookie),
    cookieless: cookie.kind !== "affinity",
    held: main.sessions === 1 && main.held === 1 ? "The only session held" : `${share(main.held, main.sessions)} held`,
    lost: lostOf(main),
    without: control === undefined ? "" : ` Without cookies, ${wereLost(control)}.`,
    across: replicas > 1 ? ` across ${replicas} replicas` : "",
  };
}

/** `12 sessions`, `1 session` */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

const share = (count: number, sessions: number): string =>
  count === sessions ? `All ${sessions} sessions` : `${count} of ${sessions} sessions`;

function lostOf({ lost, sessions }: GroupTally): string {
  if (lost === 1) return sessions === 1 ? "The only session was lost" : `1 of ${sessions} sessions was lost`;
  return `${share(lost, sessions)} were lost`;
}

/** `12 of 20 were lost` */
export const wereLost = ({ lost, sessions }: Pick<GroupTally, "lost" | "sessions">): string =>
  `${lost} of ${sessions} ${lost === 1 ? "was" : "were"} lost`;

const nameOf = (cookie: CookieFinding): string => (cookie.kind === "none" ? "no cookie" : `the cookie ${cookie.name}`);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `timeout: 3, refused: 1`; empty if nothing was counted. */
export const countsOf = (counts: Readonly<Partial<Record<string, number>>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .join(", ");
