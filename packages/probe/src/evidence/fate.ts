import type { FailureReason, LossSign } from "../http/outcome.ts";
import type { History, Step } from "./history.ts";
import type { Identity } from "./identity.ts";
import { homesOf, type Move, moveOf, type Service, servedAfter, servicesOf } from "./service.ts";

/** How one session fared in the end. */
export type Fate =
  /** Every call was answered by the replica that answered first, as far as replicas can be told apart. */
  | { readonly kind: "held" }
  /** Every call was answered, but not all by the same replica. */
  | {
      readonly kind: "moved";
      readonly from: string;
      readonly to: string;
      /** Its replica was away at that moment, and may have come back since. */
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
  /** Lost at its first call, with nothing to show that its replica had gone by then. */
  | "at-once"
  /** Its replica went on serving other sessions: the request was sent to another one. */
  | "misrouted"
  /** So did its replica, and to that its cookie still led, for it was given no other. */
  | "forgotten"
  /** Its replica answered nobody any more. */
  | "replica-gone"
  /** Its replica answered, and had forgotten it. */
  | "restarted"
  | "unknown";

interface Context {
  readonly identity: Identity;
  readonly services: ReadonlyMap<string, Service>;
}

/** The fate of each session of one group, in their order. */
export function fatesOf(histories: readonly History[], identity: Identity): Fate[] {
  const homes = homesOf(histories, identity);
  const services = servicesOf(histories, homes, identity);
  return histories.map(({ steps }, i) => fateOf(steps, homes[i], { identity, services }));
}

function fateOf(steps: readonly Step[], home: string | undefined, context: Context): Fate {
  const losing = steps.find(({ result }) => result.kind === "lost");
  if (losing?.result.kind === "lost") {
    return { ...losing.result, kind: "lost", why: lossCauseOf(steps, losing, home, context), step: losing };
  }
  const end = steps.at(-1)?.result;
  if (end?.kind === "failed") return { kind: "failed", reason: end.reason, detail: end.detail };
  const move = moveOf(steps, home, context.identity);
  if (move === undefined || home === undefined) return { kind: "held" };
  const { to, step } = move;
  return { kind: "moved", from: home, to, homeGone: wasAway(move, context.services.get(home)), step };
}

/**
 * A replica that ends and is started again under its name serves the sessions that it had before. What tells it from a
 * gateway that does not look at cookies: its sessions were given another cookie, and stayed where that leads.
 */
function wasAway({ step, after }: Move, service: Service | undefined): boolean {
  if (service === undefined || !servedAfter(service, step.at)) return true;
  return step.cookieReplaced && after !== "moved on" && service.settled > 0 && service.restless === 0;
}

function lossCauseOf(
  steps: readonly Step[],
  losing: Step,
  home: string | undefined,
  { identity, services }: Context,
): LossCause {
  const service = home === undefined ? undefined : services.get(home);
  if (!steps.some(({ phase, result }) => phase === "call" && result.kind === "answered")) {
    if (identity.cookie.kind !== "affinity" || !wentAlone(service, services)) return "at-once";
    return losing.cookieReplaced ? "replica-gone" : "restarted";
  }
  const { cookie } = identity;
  const leads = cookie.kind === "affinity" && cookie.per === "replica";
  const stillServes = service !== undefined && servedAfter(service, losing.at);
  const teller = identity.replica(losing);
  if (identity.by === "answer" && teller !== undefined && teller === home)
    return stillServes ? "forgotten" : "restarted";
  if (stillServes) return leads && !losing.cookieReplaced ? "forgotten" : "misrouted";
  // An ingress that pins gives a new cookie when a replica is gone.
  if (losing.cookieReplaced) return "replica-gone";
  // One lost session of a replica that nobody asked again proves nothing.
  if (service === undefined || service.lost < 2) return "unknown";
  // The same cookie then still led to the old one.
  return leads ? "restarted" : "replica-gone";
}

/**
 * Whether the replica had served, and lost all its sessions only after that, while another one lost none: a gateway that
 * does not look at cookies loses some of every replica, from the beginning on.
 */
function wentAlone(service: Service | undefined, services: ReadonlyMap<string, Service>): boolean {
  if (service === undefined || service.answers.length === 0 || servedAfter(service, service.firstLost)) return false;
  return [...services.values()].some(({ own, lost }) => own > 0 && lost === 0);
}
