import type { History, Step } from "./history.ts";
import type { Identity } from "./identity.ts";
import type { FailureReason, LossSign } from "./outcome.ts";

/** How one session fared in the end. */
export type Fate =
  /** Every call was answered by the replica that answered first, as far as replicas can be told apart. */
  | { readonly kind: "held" }
  /** Every call was answered, but not all by the same replica. */
  | {
      readonly kind: "moved";
      readonly from: string;
      readonly to: string;
      readonly homeGone: boolean;
      readonly step: Step;
    }
  | {
      readonly kind: "lost";
      readonly sign: LossSign;
      readonly detail: string;
      readonly why: LossCause;
      readonly step: Step;
    }
  /** It could not be opened, or its last call failed, for another reason than a lost session. */
  | { readonly kind: "failed"; readonly reason: FailureReason; readonly detail: string };

/** Why a session was lost, told from what its replica did for others before and after. */
export type LossCause =
  /** Lost at its first call, before anything could have changed. */
  | "at-once"
  /** Its replica went on serving other sessions: the request was sent to another one. */
  | "misrouted"
  /** Its replica answered nobody any more. */
  | "replica-gone"
  /** Its replica answered, and had forgotten it. */
  | "restarted"
  | "unknown";

export interface GroupTally {
  readonly sessions: number;
  readonly held: number;
  readonly moved: number;
  readonly lost: number;
  readonly failed: number;
  readonly calls: number;
  readonly callsFailed: number;
  /** Of the moved ones, those whose replica answered nobody any more. */
  readonly movedFromGone: number;
  readonly lostBy: Readonly<Record<LossCause, number>>;
  /** Lost sessions whose losing answer replaced their cookie. */
  readonly lostWithNewCookie: number;
  readonly signs: Readonly<Partial<Record<LossSign, number>>>;
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  /** Replicas by name, with the number of sessions that they answered first and of calls that they answered. */
  readonly replicas: ReadonlyMap<string, { readonly opened: number; readonly calls: number }>;
}

/** What a replica did for the sessions that call it home. */
interface Service {
  /** For each session that it answered: when that was opened, and when its last answered exchange began. */
  readonly answers: { readonly opened: number; readonly began: number }[];
  /** Sessions of its own that were lost. */
  lost: number;
}

/** The fate of each session of one group, in their order. */
export function fatesOf(histories: readonly History[], identity: Identity): Fate[] {
  const services = servicesOf(histories, identity);
  return histories.map((history) => fateOf(history, identity, services));
}

function fateOf({ steps }: History, identity: Identity, services: ReadonlyMap<string, Service>): Fate {
  const home = homeOf(steps, identity);
  let moved: Fate | undefined;
  for (const step of steps) {
    const { result } = step;
    if (result.kind === "lost") {
      return { ...result, kind: "lost", why: whyLost(steps, step, home, identity, services), step };
    }
    const replica = identity.replica(step);
    if (result.kind !== "answered" || replica === undefined || home === undefined || replica === home) continue;
    const service = services.get(home);
    moved ??= { kind: "moved", from: home, to: replica, homeGone: !service || !servedAfter(service, step.at), step };
  }
  const end = steps.at(-1)?.result;
  if (end?.kind === "failed") return { kind: "failed", reason: end.reason, detail: end.detail };
  return moved ?? { kind: "held" };
}

/** The replica that answered first: `initialize` itself where that says so, else the first call. */
export function homeOf(steps: readonly Step[], identity: Identity): string | undefined {
  for (const step of steps) {
    const replica = step.result.kind === "answered" ? identity.replica(step) : undefined;
    if (replica !== undefined) return replica;
  }
  return undefined;
}

function whyLost(
  steps: readonly Step[],
  losing: Step,
  home: string | undefined,
  identity: Identity,
  services: ReadonlyMap<string, Service>,
): LossCause {
  if (!steps.some(({ phase, result }) => phase === "call" && result.kind === "answered")) return "at-once";
  const teller = identity.replica(losing);
  if (identity.by === "answer" && teller !== undefined && teller === home) return "restarted";
  const service = home === undefined ? undefined : services.get(home);
  if (service !== undefined && servedAfter(service, losing.at)) return "misrouted";
  if (losing.cookieReplaced) return "replica-gone";
  // One lost session of a replica that nobody asked again proves nothing.
  if (service === undefined || service.lost < 2) return "unknown";
  // An ingress that pins gives a new cookie when a replica is gone; the same cookie then still led to the old one.
  return identity.cookie.kind === "affinity" && identity.cookie.per === "replica" ? "restarted" : "replica-gone";
}

/** Whether the replica took and answered, after this moment, a call of a session that was opened before it. */
function servedAfter({ answers }: Service, moment: number): boolean {
  return answers.some(({ opened, began }) => opened < moment && began > moment);
}

function servicesOf(histories: readonly History[], identity: Identity): Map<string, Service> {
  const services = new Map<string, Service>();
  const service = (replica: string): Service => {
    const entry = services.get(replica) ?? { answers: [], lost: 0 };
    services.set(replica, entry);
    return entry;
  };
  for (const { steps } of histories) {
    const latest = new Map<string, number>();
    for (const step of steps) {
      const replica = step.result.kind === "answered" ? identity.replica(step) : undefined;
      if (replica !== undefined) latest.set(replica, step.at - step.milliseconds);
    }
    for (const [replica, began] of latest) service(replica).answers.push({ opened: steps[0]?.at ?? 0, began });
    const home = homeOf(steps, identity);
    if (home !== undefined && steps.at(-1)?.result.kind === "lost") service(home).lost += 1;
  }
  return services;
}

/** Counts one group; `fates` are those of its histories. */
export function tally(histories: readonly History[], fates: readonly Fate[], identity: Identity): GroupTally {
  return { sessions: histories.length, ...countFates(fates), ...countSteps(histories, identity) };
}

function countFates(fates: readonly Fate[]) {
  const kinds = { held: 0, moved: 0, lost: 0, failed: 0 };
  const lostBy: Record<LossCause, number> = { "at-once": 0, misrouted: 0, "replica-gone": 0, restarted: 0, unknown: 0 };
  const signs: Partial<Record<LossSign, number>> = {};
  let lostWithNewCookie = 0;
  let movedFromGone = 0;
  for (const fate of fates) {
    kinds[fate.kind] += 1;
    if (fate.kind === "moved" && fate.homeGone) movedFromGone += 1;
    if (fate.kind !== "lost") continue;
    lostBy[fate.why] += 1;
    signs[fate.sign] = (signs[fate.sign] ?? 0) + 1;
    if (fate.step.cookieReplaced) lostWithNewCookie += 1;
  }
  return { ...kinds, movedFromGone, lostBy, lostWithNewCookie, signs };
}

function countSteps(histories: readonly History[], identity: Identity) {
  const failures: Partial<Record<FailureReason, number>> = {};
  const replicas = new Map<string, { opened: number; calls: number }>();
  let calls = 0;
  let callsFailed = 0;
  const replica = (name: string) => {
    const entry = replicas.get(name) ?? { opened: 0, calls: 0 };
    replicas.set(name, entry);
    return entry;
  };
  for (const { steps } of histories) {
    const home = homeOf(steps, identity);
    if (home !== undefined) replica(home).opened += 1;
    for (const step of steps) {
      if (step.result.kind === "failed") failures[step.result.reason] = (failures[step.result.reason] ?? 0) + 1;
      if (step.phase !== "call") continue;
      calls += 1;
      const name = step.result.kind === "answered" ? identity.replica(step) : undefined;
      if (name !== undefined) replica(name).calls += 1;
      if (step.result.kind === "failed") callsFailed += 1;
    }
  }
  return { calls, callsFailed, failures, replicas };
}
