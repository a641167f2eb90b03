import type { Evidence } from "../evidence/evidence.ts";
import type { GroupTally } from "../evidence/tally.ts";
import { limits } from "../options/options.ts";
import type { Judgement } from "./verdict.ts";

/** The greatest probability with which a bad gateway may get a good verdict by chance. */
export const maxChance = 0.001;

/** What separates affinity from chance in a run. `GroupTally` explains `trials`. */
export interface ChanceBasis {
  readonly sessions: number;
  readonly trials: number;
  /** For each replica, the sessions that it answered first. */
  readonly sessionsAt: readonly number[];
  readonly control: { readonly sessions: number; readonly trials: number; readonly lost: number };
  /** Calls, with and without cookies, answered by a replica other than the session's own. */
  readonly elsewhere: number;
}

/**
 * Returns the chance that all calls reach their session's own replica although the gateway ignores sessions. A round
 * of calls, one for each session in random order, succeeds in 1 of S! / (s(1)! s(2)! …) cases, where replica r has
 * s(r) of the S sessions; `trials` calls are trials/S rounds. The result is exact for round robin. For random routing
 * it is an upper bound, however uneven the load.
 */
export function chanceOfStaying(trials: number, sessionsAt: readonly number[]): number {
  const sessions = sessionsAt.reduce((sum, count) => sum + count, 0);
  const cases = logFactorial(sessions) - sessionsAt.reduce((sum, count) => sum + logFactorial(count), 0);
  return sessions === 0 ? 1 : Math.exp((-cases * trials) / sessions);
}

/** Natural logarithm of the factorial of a whole number. */
function logFactorial(number: number): number {
  let sum = 0;
  for (let factor = 2; factor <= number; factor++) sum += Math.log(factor);
  return sum;
}

/**
 * Returns the chance that all losses fall on the control group although cookies make no difference: of all ways to
 * distribute the losses over the trials, the share that hits only the control group (Fisher's exact test).
 */
export function chanceOfSparing(trials: number, control: ChanceBasis["control"]): number {
  let chance = 1;
  for (let i = 0; i < control.lost; i++) chance *= (control.trials - i) / (control.trials + trials - i);
  return chance;
}

/** The chance that so many calls to other replicas are all answered if each loses its session with probability 1/2. */
const chanceOfSurviving = (answers: number): number => 0.5 ** answers;

/** The probability that a bad gateway would get this verdict by chance; 0 if chance can't produce it. */
export function chanceOf({ cause }: Judgement, { trials, sessionsAt, control, elsewhere }: ChanceBasis): number {
  switch (cause) {
    case "affinity-holds":
      return Math.min(chanceOfStaying(trials, sessionsAt), chanceOfSparing(trials, control));
    case "held-no-control":
    case "held-without-cookies":
      return chanceOfStaying(trials, sessionsAt);
    case "stateless":
    case "sessionless":
      return chanceOfSurviving(trials + control.trials);
    case "resumes-anywhere":
      return chanceOfSurviving(elsewhere);
    default:
      return 0;
  }
}

export function chanceBasisOf({ main, control }: Pick<Evidence, "main" | "control">): ChanceBasis {
  return {
    sessions: main.sessions,
    trials: main.trials,
    sessionsAt: homesIn(main),
    control: { sessions: control?.sessions ?? 0, trials: control?.trials ?? 0, lost: control?.lost ?? 0 },
    elsewhere: main.elsewhere + (control?.elsewhere ?? 0),
  };
}

/** For each replica, the sessions that it answered first. */
export const homesIn = ({ replicas }: GroupTally): number[] => [...replicas.values()].map(({ opened }) => opened);

/** Whether the sessions of a control group, all of which stayed, could have stayed by chance. */
export const controlTooSmall = (control: GroupTally): boolean =>
  chanceOfStaying(control.trials, homesIn(control)) > maxChance;

/** The number of sessions with which a run like this one rules out chance; undefined if no number does. */
export function sessionsNeeded(judgement: Judgement, basis: ChanceBasis): number | undefined {
  for (let sessions = basis.sessions + 1; sessions <= limits.sessions; sessions++) {
    if (chanceOf(judgement, scaled(basis, sessions)) <= maxChance) return sessions;
  }
  return undefined;
}

function scaled({ control, ...basis }: ChanceBasis, sessions: number): ChanceBasis {
  const factor = sessions / basis.sessions;
  const controlSessions = Math.min(control.sessions * factor, Math.max(control.sessions, limits.usualControl));
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
