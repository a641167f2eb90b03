import type { FailureReason, LossSign } from "../http/outcome.ts";
import type { Fate, LossCause } from "./fate.ts";
import type { History, Step } from "./history.ts";
import type { Identity } from "./identity.ts";
import { homesOf } from "./service.ts";

export interface GroupTally {
  readonly sessions: number;
  readonly held: number;
  readonly moved: number;
  readonly lost: number;
  readonly failed: number;
  readonly calls: number;
  readonly callsFailed: number;
  /** Of the moved ones, those whose replica was away at that moment. */
  readonly movedFromGone: number;
  /** Of the moved ones, those that were given another cookie as they moved. */
  readonly movedWithNewCookie: number;
  readonly lostBy: Readonly<Record<LossCause, number>>;
  /** Lost sessions whose losing answer replaced their cookie. */
  readonly lostWithNewCookie: number;
  readonly signs: Readonly<Partial<Record<LossSign, number>>>;
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  /**
   * Exchanges that would have gone wrong with some chance, whether a gateway without affinity deals out requests or
   * connections: each lost one, each answered call over a connection of its own, and for each session one for all its
   * calls over connections that sessions share, for it was opened over another.
   */
  readonly trials: number;
  /** Of these, those before the first session of the group was lost. */
  readonly trialsBeforeLoss: number;
  /** Calls that another replica answered than the one which answered the session first. */
  readonly elsewhere: number;
  readonly replicas: ReadonlyMap<string, ReplicaTally>;
  /** Whether each of these replicas, of two or more, lost some of the sessions that it had answered first. */
  readonly allLose: boolean;
}

/** Of one replica: the sessions that it answered first, and the calls that it answered. */
export interface ReplicaTally {
  readonly opened: number;
  readonly calls: number;
}

/** What the server-to-client streams showed, if they were asked for. */
export interface StreamTally {
  readonly held: number;
  /** Answered with a sign of a lost session. */
  readonly lost: number;
  /** Ended by the gateway before the probe closed them. */
  readonly dropped: number;
  /** Not offered (405) or failed otherwise. */
  readonly refused: number;
}

/** Counts one group; `fates` are those of its histories. */
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
