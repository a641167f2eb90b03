import type { Evidence } from "../evidence/evidence.ts";
import type { GroupTally } from "../evidence/tally.ts";
import { chanceBasisOf, chanceOf, chanceOfStaying, controlTooSmall, homesIn, maxChance } from "./chance.ts";
import type { Cause, Judgement } from "./verdict.ts";

/** Above this share of failed calls or sessions, the verdict is about the failures only. */
const failedShare = 0.05;

/** Reaches a verdict. A good one needs more than chance; a single lost session is enough for a bad one. */
export function judge(evidence: Evidence): Judgement {
  const judgement = judgeFates(evidence);
  return chanceOf(judgement, chanceBasisOf(evidence)) > maxChance ? inconclusive("too-few-calls") : judgement;
}

/** Returns the first rule that matches. packages/probe/tests/unit/judge.test.ts has one group of tests for each. */
export function judgeFates(evidence: Evidence): Judgement {
  const { unopened, sessions, main, streams } = evidence;
  if (unopened !== undefined) return inconclusive(evidence.interrupted ? "interrupted" : unopened);
  if (main.lost > 0) return { verdict: "lost", cause: causeOfLosses(evidence) };
  if (evidence.interrupted) return inconclusive("interrupted");
  const failures = mostlyFailed(main);
  if (failures !== undefined) return inconclusive(failures);
  if (sessions === "sessionless") return { verdict: "not needed", cause: "sessionless" };
  if (sessions === "none") return { verdict: "not needed", cause: "stateless" };
  if (streams !== undefined && streams.lost > 0) return { verdict: "lost", cause: "streams-lost" };
  if (evidence.clientOk === false) return inconclusive("client-failed");
  return main.moved > 0 ? judgeMoved(evidence) : judgeStayed(evidence);
}

const inconclusive = (cause: Cause): Judgement => ({ verdict: "inconclusive", cause });

/** Sessions were answered by several replicas and none was lost, so the gateway can resume them. */
function judgeMoved({ cookie, main }: Evidence): Judgement {
  // An unknown cookie that doesn't change when its session moves has nothing to do with replicas.
  const affine = cookie.kind === "affinity" && (cookie.known || main.movedWithNewCookie > 0);
  // Sessions of a stopped replica whose last call came before it stopped count as held.
  if (affine && main.held > 0 && main.movedFromGone === main.moved) {
    return { verdict: "moved", cause: "replica-gone" };
  }
  if (affine) return { verdict: "moved", cause: "cookie-not-honoured" };
  return { verdict: "not needed", cause: "resumes-anywhere" };
}

/** Each session was answered by one replica only, and none was lost. */
function judgeStayed({ main, control, replicasBy }: Evidence): Judgement {
  if (control !== undefined && control.lost > 0) return { verdict: "held", cause: "affinity-holds" };
  if (control !== undefined && control.moved > 0) return { verdict: "not needed", cause: "resumes-anywhere" };
  const seen = new Set([...main.replicas.keys(), ...(control?.replicas.keys() ?? [])]).size;
  if (replicasBy === "unseen") return inconclusive("replicas-unseen");
  if (seen < 2) return inconclusive("one-replica");
  const untold = control === undefined || controlTooSmall(control);
  return { verdict: "held", cause: untold ? "held-no-control" : "held-without-cookies" };
}

function causeOfLosses({ main, control, cookie, notReturned }: Evidence): Cause {
  const { lostBy } = main;
  const moreThanOne = main.replicas.size > 1 || (control !== undefined && control.lost > 0);
  const gone = lostBy["replica-gone"] + lostBy.restarted;
  // A stopped replica may also explain sessions lost at their first call, because nothing shows where those opened.
  const atOnce = lostBy["at-once"] > gone ? lostBy["at-once"] : 0;
  // Without an affinity cookie, sessions with cookies fare like the control group. If most of that was lost, routing
  // alone explains the losses.
  const adrift = cookie.kind !== "affinity" && control !== undefined && control.lost * 2 > control.sessions;
  const elsewhere = atOnce + lostBy.misrouted + (moreThanOne ? lostBy.unknown : 0) + (adrift ? gone : 0);
  if (elsewhere === 0 && lostBy.forgotten > gone) return "sessions-ended";
  if (elsewhere === 0 && gone > 0) {
    // Losses on every replica can't come from one replica that stopped.
    return main.held === 0 || main.allLose ? "gateway-restarted" : "replica-gone";
  }
  if (elsewhere === 0) return "lost-unexplained";
  // Sessions that hold without cookies are kept in place by something else, which stopped working during the main run.
  if (cookie.kind !== "affinity" && control !== undefined && control.lost === 0 && control.held > 1) return "misrouted";
  if (cookie.kind === "none") return "affinity-off";
  if (cookie.kind === "constant") return "no-affinity-cookie";
  if (notReturned !== undefined) return "cookie-not-returned";
  return asBadAsWithout(main, control) && !onceHonoured(main) ? "cookie-not-honoured" : "misrouted";
}

/** Whether more sessions held before the first loss than chance allows: the cookie worked and then stopped working. */
const onceHonoured = (main: GroupTally): boolean => chanceOfStaying(main.trialsBeforeLoss, homesIn(main)) <= maxChance;

/** Whether cookies made little difference; without a control group to compare with, whether many were lost at once. */
function asBadAsWithout(main: GroupTally, control: GroupTally | undefined): boolean {
  const share = main.lost / main.sessions;
  if (control === undefined || control.lost === 0) return main.lostBy["at-once"] / main.sessions > 0.25;
  return share >= 0.8 * (control.lost / control.sessions);
}

/** The cause to report if so many calls or sessions failed that the rest proves nothing. */
function mostlyFailed({ sessions, failed, calls, callsFailed, failures }: GroupTally): Cause | undefined {
  if (failed / sessions <= failedShare && callsFailed / Math.max(calls, 1) <= failedShare) return undefined;
  const [reason] = (["rate-limited", "sign-in"] as const).filter((one) => failures[one] !== undefined);
  return reason ?? "calls-failed";
}
