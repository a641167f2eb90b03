import type { CookieObstacle } from "../http/cookies.ts";
import type { FailureReason } from "../http/outcome.ts";
import type { CookiesSeen } from "./cookiesSeen.ts";
import type { CookieFinding, Identity, ReplicasBy } from "./identity.ts";
import type { RunRecord } from "./runRecord.ts";
import type { GroupTally, StreamTally } from "./tally.ts";

/** Why clients don't return the affinity cookie, and the attributes that cause it. */
export interface NotReturned {
  readonly why: CookieObstacle;
  /** The attributes as the cookie was set; empty if it has none. */
  readonly domain: string;
  readonly path: string;
  /** Seconds; 0 if the cookie has no lifetime. */
  readonly lifetime: number;
}

/** Everything that the verdict is based on. */
export interface Evidence {
  /** Why the first session couldn't be opened; undefined if it could. */
  readonly unopened: FailureReason | undefined;
  /** Whether the gateway issues session IDs, issues none, or only speaks the protocol without sessions. */
  readonly sessions: "ids" | "none" | "sessionless";
  readonly main: GroupTally;
  /** The control group without cookies; undefined if it didn't run. */
  readonly control: GroupTally | undefined;
  readonly cookie: CookieFinding;
  /** Why sessions didn't return the affinity cookie (a real client wouldn't either); undefined if they did. */
  readonly notReturned: NotReturned | undefined;
  readonly replicasBy: ReplicasBy;
  readonly streams: StreamTally | undefined;
  /** Whether all sessions of the official client succeeded; undefined if it didn't run. */
  readonly clientOk: boolean | undefined;
  readonly interrupted: boolean;
}

/** Combines the record of a run and its counts into the evidence for the judgment. */
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
