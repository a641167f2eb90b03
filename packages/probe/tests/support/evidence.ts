import type { Evidence } from "../../src/evidence/evidence.ts";
import type { LossCause } from "../../src/evidence/fate.ts";
import type { CookieFinding } from "../../src/evidence/identity.ts";
import type { GroupTally } from "../../src/evidence/tally.ts";

export const pinned: CookieFinding = { kind: "affinity", name: "acaAffinity", known: true, per: "replica" };
export const constant: CookieFinding = { kind: "constant", name: "locale", known: false };

/** The counts of a group; the number of sessions is the sum of its fates. */
export function group(
  overrides: Partial<Omit<GroupTally, "lostBy" | "replicas">> & {
    lostBy?: Partial<Record<LossCause, number>>;
    on?: string[];
  } = {},
): GroupTally {
  const { on = ["a", "b"], lostBy, ...counts } = overrides;
  const none = { "at-once": 0, misrouted: 0, forgotten: 0, "replica-gone": 0, restarted: 0, unknown: 0 };
  const fates = { held: 0, moved: 0, lost: 0, failed: 0, ...counts };
  return {
    calls: 50,
    callsFailed: 0,
    trials: 50,
    trialsBeforeLoss: 0,
    elsewhere: 5 * fates.moved,
    movedFromGone: 0,
    movedWithNewCookie: 0,
    allLose: false,
    lostWithNewCookie: 0,
    signs: {},
    failures: {},
    ...fates,
    sessions: fates.held + fates.moved + fates.lost + fates.failed,
    lostBy: { ...none, ...lostBy },
    replicas: new Map(on.map((name) => [name, { opened: 5, calls: 25 }])),
  };
}

/** The evidence of a run that held by affinity, with these changes. */
export function evidence(overrides: Partial<Evidence> = {}): Evidence {
  return {
    unopened: undefined,
    sessions: "ids",
    main: group({ held: 10 }),
    control: group({ lost: 10, lostBy: { "at-once": 10 } }),
    cookie: pinned,
    notReturned: undefined,
    replicasBy: "answer",
    streams: undefined,
    clientOk: true,
    interrupted: false,
    ...overrides,
  };
}
