import type { CookieObstacle } from "../http/cookies.ts";
import type { FailureReason } from "../http/outcome.ts";
import type { CookiesSeen } from "./cookiesSeen.ts";
import type { CookieFinding, Identity, ReplicasBy } from "./identity.ts";
import type { RunRecord } from "./runRecord.ts";
import type { GroupTally, StreamTally } from "./tally.ts";

/** Why clients do not return the affinity cookie, and the attributes that say so. */
export interface NotReturned {
  readonly why: CookieObstacle;
  /** As the cookie was set; empty if it names none. */
  readonly domain: string;
  readonly path: string;
  /** Seconds; 0 if it names none. */
  readonly lifetime: number;
}

/** All that the verdict is made from. */
export interface Evidence {
  /** Undefined if the first session could be opened. */
  readonly unopened: FailureReason | undefined;
  /** How the gateway treats sessions: gives ids, gives none, or speaks only the protocol that has none. */
  readonly sessions: "ids" | "none" | "sessionless";
  readonly main: GroupTally;
  /** The same without cookies; undefined if it did not run. */
  readonly control: GroupTally | undefined;
  readonly cookie: CookieFinding;
  /** Why sessions had the affinity cookie and did not return it, as no client would; undefined: they returned it. */
  readonly notReturned: NotReturned | undefined;
  readonly replicasBy: ReplicasBy;
  readonly streams: StreamTally | undefined;
  /** Whether the official client did its calls; undefined if it was not asked to. */
  readonly clientOk: boolean | undefined;
  readonly interrupted: boolean;
}

/** What a run recorded, counted, and set out for the judgement. Pure. */
export function evidenceOf(
  { preflight, cookies, streams, official, interrupted }: RunRecord,
  main: GroupTally,
  control: GroupTally | undefined,
  { by, cookie }: Identity,
): Evidence {
  return {
    unopened: preflight.kind === "failed" ? preflight.reason : undefined,
    sessions: preflight.kind === "reached" ? preflight.sessions : "ids",
    main,
    control,
    cookie,
    notReturned: notReturned(cookies, cookie),
    replicasBy: by,
    streams,
    clientOk: official === undefined ? undefined : official.ok === official.sessions,
    interrupted,
  };
}

function notReturned({ set, withheld }: CookiesSeen, cookie: CookieFinding): Evidence["notReturned"] {
  if (cookie.kind !== "affinity") return undefined;
  const [why, seen] = [withheld.get(cookie.name), set.get(cookie.name)];
  if (why === undefined || seen === undefined) return undefined;
  return { why, domain: seen.domain ?? "", path: seen.path ?? "", lifetime: seen.lifetime ?? 0 };
}
