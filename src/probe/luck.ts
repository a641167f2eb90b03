import type { GroupTally } from "./tally.ts";
import type { Evidence, Verdict } from "./verdict.ts";

/** A good verdict that a gateway without affinity would have got by luck with a greater probability is none. */
export const mostLuck = 0.001;

/** Most sessions that a run can have. */
const mostSessions = 10_000;
/** Sessions that a run without cookies has where nobody says otherwise. */
const usualControl = 20;

/** What of a run tells luck from affinity; `trials` is explained at GroupTally. */
export interface Observed {
  readonly sessions: number;
  readonly trials: number;
  /** The same by the replica that the sessions call home. */
  readonly trialsAt: readonly number[];
  readonly control: { readonly sessions: number; readonly trials: number; readonly lost: number };
  /** Calls, with and without cookies, that another replica answered than the session's own. */
  readonly elsewhere: number;
}

/**
 * The chance that calls which are dealt out among replicas without looking at sessions all meet their session's own:
 * the product of q(r)^t(r), with t(r) trials of sessions at replica r. `shares` are in proportion to q(r); by themselves
 * the trials are the shares of the load with which that chance is greatest, and for n replicas alike it is 1 / n^trials.
 */
export function luckOfStaying(trialsAt: readonly number[], shares: readonly number[] = trialsAt): number {
  const whole = shares.reduce((sum, share) => sum + share, 0);
  return trialsAt.reduce((product, trials, i) => product * ((shares[i] ?? 0) / whole || 0) ** trials, 1);
}

/**
 * The chance that all of the lost calls fall on the run without cookies, where cookies make no difference: of the ways
 * to lay them on all trials, those that lay them on the control's alone (Fisher's exact test).
 */
export function luckOfSparing(trials: number, control: Observed["control"]): number {
  let chance = 1;
  for (let i = 0; i < control.lost; i++) chance *= (control.trials - i) / (control.trials + trials - i);
  return chance;
}

/** The chance that so many calls elsewhere are all answered, where every other one would lose its session. */
export const luckOfSurviving = (answers: number): number => 0.5 ** answers;

/** How probably a gateway that does not deserve this verdict had been given it. 0: it does not rest on luck. */
export function luckOf({ cause }: Verdict, { sessions: _, trials, trialsAt, control, elsewhere }: Observed): number {
  switch (cause) {
    case "affinity-holds":
      return Math.min(luckOfStaying(trialsAt), luckOfSparing(trials, control));
    case "held-no-control":
    case "held-without-cookies":
      return luckOfStaying(trialsAt);
    case "stateless":
    case "sessionless":
      return luckOfSurviving(trials + control.trials);
    case "resumes-anywhere":
      return luckOfSurviving(elsewhere);
    default:
      return 0;
  }
}

export function observed({ main, control }: Pick<Evidence, "main" | "control">): Observed {
  return {
    sessions: main.sessions,
    trials: main.trials,
    trialsAt: [...main.replicas.values()].map(({ trials }) => trials),
    control: { sessions: control?.sessions ?? 0, trials: control?.trials ?? 0, lost: control?.lost ?? 0 },
    elsewhere: main.elsewhere + (control?.elsewhere ?? 0),
  };
}

/** Whether the run without cookies, all of whose sessions stayed, could have stayed by luck. */
export function controlTooSmall(main: GroupTally, control: GroupTally): boolean {
  const names = [...new Set([...main.replicas.keys(), ...control.replicas.keys()])];
  const at = (group: GroupTally) => names.map((name) => group.replicas.get(name)?.trials ?? 0);
  const [mine, own] = [at(main), at(control)];
  return (
    luckOfStaying(
      own,
      own.map((trials, i) => trials + (mine[i] ?? 0)),
    ) > mostLuck
  );
}

/** Sessions with which a run that goes on as this one did would leave nothing to luck; undefined: no number of them. */
export function sessionsNeeded(verdict: Verdict, seen: Observed): number | undefined {
  for (let sessions = seen.sessions + 1; sessions <= mostSessions; sessions++) {
    if (luckOf(verdict, scaled(seen, sessions)) <= mostLuck) return sessions;
  }
  return undefined;
}

function scaled({ control, ...seen }: Observed, sessions: number): Observed {
  const factor = sessions / seen.sessions;
  const controlSessions = Math.min(control.sessions * factor, Math.max(control.sessions, usualControl));
  const growth = control.sessions === 0 ? 0 : controlSessions / control.sessions;
  return {
    sessions,
    trials: seen.trials * factor,
    trialsAt: seen.trialsAt.map((trials) => trials * factor),
    control: {
      sessions: controlSessions,
      trials: Math.floor(control.trials * growth),
      lost: Math.floor(control.lost * growth),
    },
    elsewhere: seen.elsewhere * factor,
  };
}
