/** Whether what was deployed serves: what is read of it, and what that means. Pure. */

/** What the app itself says; Azure leaves out what it does not know. */
export interface ReadRollout {
  readonly provisioningState?: string | undefined;
  readonly runningStatus?: string | undefined;
  readonly latestRevisionName?: string | null | undefined;
  readonly latestReadyRevisionName?: string | null | undefined;
  readonly deploymentErrors?: string | null | undefined;
}

/** What `az containerapp revision show` says of the latest revision. */
export interface RevisionState {
  readonly provisioningState: string;
  readonly runningState: string;
  /** Azure's reason; empty if it gives none. */
  readonly details: string;
}

/** The latest revision as it was last seen, and since when every look has found it failed, or every one degraded. */
export interface Sighting {
  readonly revision: string;
  readonly state: RevisionState;
  /** Seconds, of the clock that {@link judge} is given. */
  readonly at: number;
  readonly bad: Badness | undefined;
  readonly badSince: number;
}

type Badness = "failed" | "degraded";

/** Why the app does not serve what was deployed. */
export type Cause =
  /** The last operation on the app did not succeed. */
  | { readonly kind: "operation"; readonly state: string; readonly reason: string }
  /** The latest revision has failed, and waiting is of no use. */
  | { readonly kind: "revision"; readonly state: string; readonly reason: string }
  /** The latest revision was not ready within the time that it was given. */
  | { readonly kind: "overdue"; readonly seconds: number; readonly state: string; readonly reason: string }
  /** Somebody has stopped the app. */
  | { readonly kind: "stopped"; readonly state: string };

export type Readiness =
  | { readonly kind: "ready" }
  /** Waiting may help. `revision` and `serving` are names, empty if there is none. */
  | { readonly kind: "starting"; readonly revision: string; readonly serving: string; readonly state: string }
  | { readonly kind: "notReady"; readonly revision: string; readonly serving: string; readonly cause: Cause };

/**
 * Seconds between the first and the last look that found a state, before it counts. Container Apps starts a container that ended again, so a revision
 * may read as failed for a moment and still become ready; a degraded one has replicas that run beside those that do not.
 */
const lasting: Readonly<Record<Badness, number>> = { failed: 3, degraded: 60 };

/**
 * Judges one read of the app.
 *
 * @param sighting of its latest revision; undefined: not looked at yet, or not readable.
 * @param now seconds since the wait began
 * @param limit seconds that the latest revision is given; 0 judges without waiting
 */
export function judge(app: ReadRollout, sighting: Sighting | undefined, now: number, limit: number): Readiness {
  const revision = app.latestRevisionName ?? "";
  const serving = app.latestReadyRevisionName ?? "";
  const notReady = (cause: Cause): Readiness => ({ kind: "notReady", revision, serving, cause });
  const state = app.provisioningState ?? "Succeeded";
  if (/^(failed|canceled)$/i.test(state)) {
    return notReady({ kind: "operation", state, reason: app.deploymentErrors ?? "" });
  }
  const status = app.runningStatus ?? "";
  if (/^(stopped|suspended)$/i.test(status)) return notReady({ kind: "stopped", state: status });
  if (/^succeeded$/i.test(state) && revision !== "" && revision === serving) return { kind: "ready" };
  const seen = sighting?.revision === revision ? sighting : undefined;
  const running = seen?.state.runningState ?? (/^succeeded$/i.test(state) ? "" : state);
  const reason = seen?.state.details ?? "";
  if (seen?.bad !== undefined && seen.at - seen.badSince >= lasting[seen.bad]) {
    return notReady({ kind: "revision", state: running, reason });
  }
  if (now >= limit) return notReady({ kind: "overdue", seconds: limit, state: running, reason });
  return { kind: "starting", revision, serving, state: running };
}

/** The next sighting of a revision; a bad state counts from when it was first seen in a row. */
export function see(before: Sighting | undefined, revision: string, state: RevisionState, now: number): Sighting {
  const bad = badness(state);
  const same = before?.revision === revision && before.bad === bad;
  return { revision, state, at: now, bad, badSince: same ? before.badSince : now };
}

/** `ActivationFailed` and `Degraded` are states that the portal shows and users report; the API's model has `Failed`. */
function badness({ provisioningState, runningState }: RevisionState): Badness | undefined {
  if (/failed$/i.test(provisioningState) || /failed$/i.test(runningState)) return "failed";
  return /^degraded$/i.test(runningState) ? "degraded" : undefined;
}
