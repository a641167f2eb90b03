/** Judges from what was read whether the app serves what was deployed. Pure. */

/** The part of the app that shows its rollout. Azure omits what it does not know. */
export interface ReadRollout {
  readonly provisioningState?: string | undefined;
  readonly runningStatus?: string | undefined;
  readonly latestRevisionName?: string | null | undefined;
  readonly latestReadyRevisionName?: string | null | undefined;
  readonly deploymentErrors?: string | null | undefined;
}

/** State of the latest revision, from `az containerapp revision show`. */
export interface RevisionState {
  readonly provisioningState: string;
  readonly runningState: string;
  /** Azure's reason, or empty. */
  readonly details: string;
}

/** The last read of the latest revision, and when the current unbroken run of failed (or degraded) reads began. */
export interface Sighting {
  readonly revision: string;
  readonly state: RevisionState;
  /** Seconds, on the same clock as `now` of {@link judge}. */
  readonly at: number;
  readonly bad: Badness | undefined;
  readonly badSince: number;
}

type Badness = "failed" | "degraded";

/** Why the app does not serve what was deployed. */
export type Cause =
  /** The last operation on the app did not succeed. */
  | { readonly kind: "operation"; readonly state: string; readonly reason: string }
  /** The latest revision has failed, so waiting is pointless. */
  | { readonly kind: "revision"; readonly state: string; readonly reason: string }
  /** The latest revision was not ready within the limit. */
  | { readonly kind: "overdue"; readonly seconds: number; readonly state: string; readonly reason: string }
  /** Somebody has stopped the app. */
  | { readonly kind: "stopped"; readonly state: string };

export type Readiness =
  | { readonly kind: "ready" }
  /** Waiting can help. `revision` and `serving` are names of revisions, or empty. */
  | { readonly kind: "starting"; readonly revision: string; readonly serving: string; readonly state: string }
  | { readonly kind: "notReady"; readonly revision: string; readonly serving: string; readonly cause: Cause };

/**
 * Seconds for which a bad state must last before it counts. Container Apps restarts containers, so a revision can be
 * failed for a moment and still become ready. In a degraded revision, some replicas run.
 */
const lasting: Readonly<Record<Badness, number>> = { failed: 3, degraded: 60 };

/**
 * Judges one read of the app.
 *
 * @param sighting of its latest revision; undefined if it was not read yet, or could not be read
 * @param now seconds since the start of the wait
 * @param limit seconds that the latest revision has to become ready; 0 judges without waiting
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

/** Records another read of a revision. `badSince` is the first of the consecutive reads with the same bad state. */
export function see(before: Sighting | undefined, revision: string, state: RevisionState, now: number): Sighting {
  const bad = badness(state);
  const same = before?.revision === revision && before.bad === bad;
  return { revision, state, at: now, bad, badSince: same ? before.badSince : now };
}

/** The API's model has `Failed`; the portal and users also report `ActivationFailed` and `Degraded`. */
function badness({ provisioningState, runningState }: RevisionState): Badness | undefined {
  if (/failed$/i.test(provisioningState) || /failed$/i.test(runningState)) return "failed";
  return /^degraded$/i.test(runningState) ? "degraded" : undefined;
}
