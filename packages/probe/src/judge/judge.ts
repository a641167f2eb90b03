import type { Evidence } from "../evidence/evidence.ts";
import type { GroupTally } from "../evidence/tally.ts";
import { controlTooSmall, homesIn, luckBasisOf, luckOf, luckOfStaying, mostLuck } from "./luck.ts";
import type { Cause, Judgement } from "./verdict.ts";

/** Above this share of failed calls nothing is said of sessions, only of the failures. */
const failedShare = 0.05;

/** A good verdict stands only if luck alone would hardly have brought it about; what was lost was lost. */
export function judge(evidence: Evidence): Judgement {
  const judgement = judgeFates(evidence);
  return luckOf(judgement, luckBasisOf(evidence)) > mostLuck ? inconclusive("too-few-calls") : judgement;
}

/** Row by row, the first that fits; packages/probe/tests/unit/judge.test.ts has one group for each. */
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

/** Sessions were answered by more than one replica, and none was lost: the gateway can resume them. */
function judgeMoved({ cookie, main }: Evidence): Judgement {
  // A cookie of unknown name that stays as it is while its session moves has nothing to do with replicas.
  const affine = cookie.kind === "affinity" && (cookie.known || main.movedWithNewCookie > 0);
  // Some may have been called last just before their replica went, and never again.
  if (affine && main.held > 0 && main.movedFromGone === main.moved) {
    return { verdict: "moved", cause: "replica-gone" };
  }
  if (affine) return { verdict: "moved", cause: "cookie-not-honoured" };
  return { verdict: "not needed", cause: "resumes-anywhere" };
}

/** No session was answered by two replicas, and none was lost. */
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
  // If a replica went, some of its sessions may not have been called yet, and nothing tells where they were.
  const atOnce = lostBy["at-once"] > gone ? lostBy["at-once"] : 0;
  // If most are lost without cookies, and no cookie leads anywhere, that is enough to lose them with cookies too.
  const adrift = cookie.kind !== "affinity" && control !== undefined && control.lost * 2 > control.sessions;
  const elsewhere = atOnce + lostBy.misrouted + (moreThanOne ? lostBy.unknown : 0) + (adrift ? gone : 0);
  if (elsewhere === 0 && lostBy.forgotten > gone) return "sessions-ended";
  if (elsewhere === 0 && gone > 0) {
    // What is lost on every replica is no single replica's end.
    return main.held === 0 || main.allLose ? "gateway-restarted" : "replica-gone";
  }
  if (elsewhere === 0) return "lost-unexplained";
  // What holds without cookies, in the shorter run of the control, is held by something else that ended.
  if (cookie.kind !== "affinity" && control !== undefined && control.lost === 0 && control.held > 1) return "misrouted";
  if (cookie.kind === "none") return "affinity-off";
  if (cookie.kind === "constant") return "no-affinity-cookie";
  if (notReturned !== undefined) return "cookie-not-returned";
  return asBadAsWithout(main, control) && !onceHonoured(main) ? "cookie-not-honoured" : "misrouted";
}

/** Whether sessions held at first as they hardly do by luck: the cookie led back to their replicas, and then no more. */
const onceHonoured = (main: GroupTally): boolean => luckOfStaying(main.trialsBeforeLoss, homesIn(main)) <= mostLuck;

/** Whether sessions with cookies fared much as those without did; without a control, whether many fell at once. */
function asBadAsWithout(main: GroupTally, control: GroupTally | undefined): boolean {
  const share = main.lost / main.sessions;
  if (control === undefined || control.lost === 0) return main.lostBy["at-once"] / main.sessions > 0.25;
  return share >= 0.8 * (control.lost / control.sessions);
}

/** The commonest failure, if so many calls or openings failed that the rest proves nothing. */
function mostlyFailed({ sessions, failed, calls, callsFailed, failures }: GroupTally): Cause | undefined {
  if (failed / sessions <= failedShare && callsFailed / Math.max(calls, 1) <= failedShare) return undefined;
  const [reason] = (["rate-limited", "sign-in"] as const).filter((one) => failures[one] !== undefined);
  return reason ?? "calls-failed";
}
