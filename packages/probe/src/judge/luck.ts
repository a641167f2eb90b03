import type { Evidence } from "../evidence/evidence.ts";
import type { GroupTally } from "../evidence/tally.ts";
import type { Judgement } from "./verdict.ts";

/** A good verdict that a gateway without affinity would have got by luck with a greater probability is none. */
export const mostLuck = 0.001;

/** Most sessions that a run can have. */
const mostSessions = 10_000;
/** Sessions of a run without cookies, by default. */
const usualControl = 20;

/** What of a run tells luck from affinity; `trials` is explained at GroupTally. */
export interface LuckBasis {
  readonly sessions: number;
  readonly trials: number;
  /** Sessions that call each replica home. */
  readonly sessionsAt: readonly number[];
  readonly control: { readonly sessions: number; readonly trials: number; readonly lost: number };
  /** Calls, with and without cookies, that another replica answered than the session's own. */
  readonly elsewhere: number;
}

/**
 * The chance that calls which are dealt out among replicas without looking at sessions all meet their session's own: a
 * round of the sessions, dealt out in any order, does so in one of S! / (s(1)! s(2)! …) cases, with s(r) of the S
 * sessions at replica r; `trials` calls are trials/S rounds. Dealt out by turns that is the chance, and dealt out by
 * chance it is less, whatever the shares of the load.
 */
export function luckOfStaying(trials: number, sessionsAt: readonly number[]): number {
  const sessions = sessionsAt.reduce((sum, count) => sum + count, 0);
  const cases = logFactorial(sessions) - sessionsAt.reduce((sum, count) => sum + logFactorial(count), 0);
  return sessions === 0 ? 1 : Math.exp((-cases * trials) / sessions);
}

/** For whole numbers. */
function logFactorial(number: number): number {
  let sum = 0;
  for (let factor = 2; factor <= number; factor++) sum += Math.log(factor);
  return sum;
}

/**
 * The chance that all of the lost calls fall on the run without cookies, where cookies make no difference: of the ways
 * to lay them on all trials, those that lay them on the control's alone (Fisher's exact test).
 */
export function luckOfSparing(trials: number, control: LuckBasis["control"]): number {
  let chance = 1;
  for (let i = 0; i < control.lost; i++) chance *= (control.trials - i) / (control.trials + trials - i);
  return chance;
}

/** The chance that so many calls elsewhere are all answered, where every other one would lose its session. */
const luckOfSurviving = (answers: number): number => 0.5 ** answers;

/** How probably a gateway that does not deserve this verdict had been given it. 0: it does not rest on luck. */
export function luckOf({ cause }: Judgement, { trials, sessionsAt, control, elsewhere }: LuckBasis): number {
  switch (cause) {
    case "affinity-holds":
      return Math.min(luckOfStaying(trials, sessionsAt), luckOfSparing(trials, control));
    case "held-no-control":
    case "held-without-cookies":
      return luckOfStaying(trials, sessionsAt);
    case "stateless":
    case "sessionless":
      return luckOfSurviving(trials + control.trials);
    case "resumes-anywhere":
      return luckOfSurviving(elsewhere);
    default:
      return 0;
  }
}

export function luckBasisOf({ main, control }: Pick<Evidence, "main" | "control">): LuckBasis {
  return {
    sessions: main.sessions,
    trials: main.trials,
    sessionsAt: homesIn(main),
    control: { sessions: control?.sessions ?? 0, trials: control?.trials ?? 0, lost: control?.lost ?? 0 },
    elsewhere: main.elsewhere + (control?.elsewhere ?? 0),
  };
}

/** Sessions that each replica answered first. */
export const homesIn = ({ replicas }: GroupTally): number[] => [...replicas.values()].map(({ opened }) => opened);

/** Whether the run without cookies, all of whose sessions stayed, could have stayed by luck. */
export const controlTooSmall = (control: GroupTally): boolean =>
  luckOfStaying(control.trials, homesIn(control)) > mostLuck;

/** Sessions with which a run that goes on as this one did would leave nothing to luck; undefined: no number of them. */
export function sessionsNeeded(judgement: Judgement, basis: LuckBasis): number | undefined {
  for (let sessions = basis.sessions + 1; sessions <= mostSessions; sessions++) {
    if (luckOf(judgement, scaled(basis, sessions)) <= mostLuck) return sessions;
  }
  return undefined;
}

function scaled({ control, ...basis }: LuckBasis, sessions: number): LuckBasis {
  const factor = sessions / basis.sessions;
  const controlSessions = Math.min(control.sessions * factor, Math.max(control.sessions, usualControl));
  const growth = control.sessions === 0 ? 0 : controlSessions / control.sessions;
  return {
    sessions,
    trials: basis.trials * factor,
    sessionsAt: basis.sessionsAt.map((count) => Math.round(count * factor)),
    control: {
      sessions: controlSessions,
      trials: Math.floor(control.trials * growth),
      lost: Math.floor(control.lost * growth),
    },
    elsewhere: basis.elsewhere * factor,
  };
}
