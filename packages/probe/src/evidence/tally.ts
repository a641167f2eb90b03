import type { FailureReason, LossSign } from "../http/outcome.ts";
import type { Fate, LossCause } from "./fate.ts";
import type { History, Step } from "./history.ts";
import type { Identity } from "./identity.ts";
import { homesOf } from "./service.ts";

/** The counts of one group of sessions. */
export interface GroupTally {
  readonly sessions: number;
  readonly held: number;
  readonly moved: number;
  readonly lost: number;
  readonly failed: number;
  readonly calls: number;
  readonly callsFailed: number;
  /** Moved sessions whose replica wasn't serving at that moment. */
  readonly movedFromGone: number;
  /** Moved sessions that got a new cookie when they moved. */
  readonly movedWithNewCookie: number;
  readonly lostBy: Readonly<Record<LossCause, number>>;
  /** Lost sessions that got a new cookie with the answer that lost them. */
  readonly lostWithNewCookie: number;
  readonly signs: Readonly<Partial<Record<LossSign, number>>>;
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  /**
   * Exchanges that a gateway without affinity could have sent to another replica, whether it balances requests or
   * connections: each one that lost its session, each answered call on a new connection, and one per session for all
   * its calls on shared connections, because the session opened on a different one.
   */
  readonly trials: number;
  /** Trials before the first session of the group was lost. */
  readonly trialsBeforeLoss: number;
  /** Calls answered by a replica other than the session's home. */
  readonly elsewhere: number;
  readonly replicas: ReadonlyMap<string, ReplicaTally>;
  /** Whether there are two or more replicas and each lost at least one of its home sessions. */
  readonly allLose: boolean;
}

/** The sessions that a replica answered first, and the calls that it answered. */
export interface ReplicaTally {
  readonly opened: number;
  readonly calls: number;
}

/** The counts of the held GET streams. */
export interface StreamTally {
  readonly held: number;
  /** Refused because the session was unknown. */
  readonly lost: number;
  /** Held streams that the gateway closed before the probe did. */
  readonly dropped: number;
  /** Not offered (405), or failed for another reason. */
  readonly refused: number;
}

/** Counts one group. `fates` are the fates of its histories, in the same order. */
export function tally(histories: readonly History[], fates: readonly Fate[], identity: Identity): GroupTally {
  const homes = homesOf(histories, identity);
  const counts = countSteps(histories, homes, identity);
  const losing = new Set(homes.filter((_, i) => fates[i]?.kind === "lost"));
  const allLose = counts.replicas.size > 1 && [...counts.replicas.keys()].every((name) => losing.has(name));
  return { sessions: histories.length, ...countFates(fates), ...counts, allLose };
}

function countFates(fates: readonly Fate[]) {
  const kinds = { held: 0, moved: 0, lost: 0, failed: 0 };
  const lostBy: Record<LossCause, number> = {
    "at-once": 0,
    misrouted: 0,
    forgotten: 0,
    "replica-gone": 0,
    restarted: 0,
    unknown: 0,
  };
  const signs: Partial<Record<LossSign, number>> = {};
  let lostWithNewCookie = 0;
  let movedFromGone = 0;
  let movedWithNewCookie = 0;
  for (const fate of fates) {
    kinds[fate.kind] += 1;
    if (fate.kind === "moved" && fate.homeGone) movedFromGone += 1;
    if (fate.kind === "moved" && fate.step.cookieReplaced) movedWithNewCookie += 1;
    if (fate.kind !== "lost") continue;
    lostBy[fate.why] += 1;
    signs[fate.sign] = (signs[fate.sign] ?? 0) + 1;
    if (fate.step.cookieReplaced) lostWithNewCookie += 1;
  }
  return { ...kinds, movedFromGone, movedWithNewCookie, lostBy, lostWithNewCookie, signs };
}

function countSteps(histories: readonly History[], homes: readonly (string | undefined)[], identity: Identity) {
  const failures: Partial<Record<FailureReason, number>> = {};
  const replicas = new Map<string, { opened: number; calls: number }>();
  let calls = 0;
  const losses = histories.flatMap(({ steps }) => steps.filter(isLost));
  const firstLoss = losses.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
  let trials = 0;
  let trialsBeforeLoss = 0;
  let elsewhere = 0;
  let callsFailed = 0;
  const replica = (name: string) => {
    const entry = replicas.get(name) ?? { opened: 0, calls: 0 };
    replicas.set(name, entry);
    return entry;
  };
  histories.forEach(({ steps }, i) => {
    const home = homes[i];
    trials += trialsOf(steps);
    trialsBeforeLoss += trialsOf(steps.filter(({ at }) => at < firstLoss));
    if (home !== undefined) replica(home).opened += 1;
    for (const step of steps) {
      if (step.result.kind === "failed") failures[step.result.reason] = (failures[step.result.reason] ?? 0) + 1;
      if (step.phase !== "call") continue;
      calls += 1;
      const name = step.result.kind === "answered" ? identity.replica(step) : undefined;
      if (name !== undefined) replica(name).calls += 1;
      if (name !== undefined && name !== home) elsewhere += 1;
      if (step.result.kind === "failed") callsFailed += 1;
    }
  });
  return { calls, callsFailed, failures, trials, trialsBeforeLoss, elsewhere, replicas };
}

const isLost = ({ result }: Step): boolean => result.kind === "lost";

function trialsOf(steps: readonly Step[]): number {
  const lost = steps.filter(isLost).length;
  const calls = steps.filter(({ phase, result }) => phase === "call" && result.kind === "answered");
  const own = calls.filter(({ fresh }) => fresh).length;
  return lost + own + (calls.length > own ? 1 : 0);
}
