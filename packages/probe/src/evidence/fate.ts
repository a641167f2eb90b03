import type { FailureReason, LossSign } from "../http/outcome.ts";
import type { History, Step } from "./history.ts";
import type { Identity } from "./identity.ts";
import { homesOf, type Move, moveOf, type Service, servedAfter, servicesOf } from "./service.ts";

/** What became of a session. */
export type Fate =
  /** As far as replicas can be told apart, all its answers came from one. */
  | { readonly kind: "held" }
  /** No call lost it, but more than one replica answered. */
  | {
      readonly kind: "moved";
      readonly from: string;
      readonly to: string;
      /** Whether its replica wasn't serving at that moment; it may have come back since. */
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
  /** It couldn't be opened, or its last call failed, for a reason other than a lost session. */
  | { readonly kind: "failed"; readonly reason: FailureReason; readonly detail: string };

/** Why a session was lost, judged by how its replica served other sessions before and after. */
export type LossCause =
  /** Lost before any call was answered, with no sign that its replica had stopped. */
  | "at-once"
  /** Its replica kept serving other sessions, so the request went to another replica. */
  | "misrouted"
  /** Its replica kept serving other sessions and its cookie still led there, so the server ended the session. */
  | "forgotten"
  /** Its replica stopped answering. */
  | "replica-gone"
  /** Its replica answered but no longer knew it, as after a restart. */
  | "restarted"
  | "unknown";

interface Context {
  readonly identity: Identity;
  readonly services: ReadonlyMap<string, Service>;
}

/** Returns the fate of each session of a group, in the same order. */
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
 * Whether the session's own replica wasn't serving at the time of the move. A replica that restarts under its old name
 * can serve its old sessions again. Unlike with a gateway that ignores cookies, moved sessions then get a new cookie
 * and stay where it leads.
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
  // A pinning ingress issues a new cookie when a replica is gone.
  if (losing.cookieReplaced) return "replica-gone";
  // A single lost session of a replica that wasn't called again proves nothing.
  if (service === undefined || service.lost < 2) return "unknown";
  // Without a new cookie, the old one still led to the replica.
  return leads ? "restarted" : "replica-gone";
}

/**
 * Whether this replica served sessions first and then lost all of them, while another replica lost none. A gateway that
 * ignores cookies loses sessions of every replica from the start.
 */
function wentAlone(service: Service | undefined, services: ReadonlyMap<string, Service>): boolean {
  if (service === undefined || service.answers.length === 0 || servedAfter(service, service.firstLost)) return false;
  return [...services.values()].some(({ own, lost }) => own > 0 && lost === 0);
}
