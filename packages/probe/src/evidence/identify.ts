import type { History } from "./history.ts";
import { findCookie, type Identity, identities } from "./identity.ts";
import { homesOf, moveOf } from "./service.ts";

/** From this many answers on, names that rarely repeat can't be replicas. */
const enough = 20;

/** The sessions in which to look for replica names. */
export interface RunHistories {
  readonly main: readonly History[];
  /** The control group; undefined if there was none. */
  readonly control: readonly History[] | undefined;
  /** Whether the user named the header that identifies the replica; such a header is always believed. */
  readonly told: boolean;
}

/**
 * Returns the best source of replica names that the evidence doesn't contradict. A `whoami` may name the user, a shared
 * upstream or the time; a header may name a proxy in front of the replicas; a cookie may hold the group of an A/B test.
 */
export function identify(histories: RunHistories): Identity {
  const { main, control = [], told } = histories;
  const [best, ...others] = identities([...main, ...control], findCookie(main));
  const fits = (identity: Identity): boolean => {
    if (identity.by === "answer")
      return told || !(answersMislead(identity, histories) || movesMislead(identity, histories));
    // Some gateways renew their cookie with every answer, to extend its lifetime.
    return cookieMatters(identity, histories) && !movesMislead(identity, histories);
  };
  return [best, ...others].find((identity) => identity.by === "unseen" || fits(identity)) ?? best;
}

function answersMislead(identity: Identity, { main, control = [] }: RunHistories): boolean {
  const { names, answers } = namesIn([...main, ...control], identity);
  if (answers >= enough && names.size * 2 > answers) return true;
  const { cookie } = identity;
  // Azure's own cookie tells replicas apart even if they all give the same name.
  if (names.size === 1) return cookie.kind === "affinity" && cookie.known && cookie.per === "replica";
  // If Azure's cookie leads to a replica and wasn't replaced, no session moved.
  const leads = cookie.kind === "constant" || (cookie.kind === "affinity" && cookie.per === "replica");
  const moved = movedBy(identity, main);
  const kept = moved.every(({ steps }) => steps.every(({ cookieReplaced }) => !cookieReplaced));
  return leads && cookie.known && moved.length > 0 && kept && !anyLost(main);
}

/** Sessions lost without cookies can't be resumed elsewhere. So if none is lost with cookies, none really moved. */
const movesMislead = (identity: Identity, { main, control = [] }: RunHistories): boolean =>
  anyLost(control) && !anyLost(main) && movedBy(identity, main).length > 0;

function movedBy(identity: Identity, histories: readonly History[]): History[] {
  const homes = homesOf(histories, identity);
  return histories.filter(({ steps }, i) => moveOf(steps, homes[i], identity) !== undefined);
}

/** An unknown cookie can mean anything, unless sessions are lost with it or without it. */
const cookieMatters = ({ cookie }: Identity, { main, control = [] }: RunHistories): boolean =>
  (cookie.kind !== "none" && cookie.known) || anyLost(main) || anyLost(control);

const anyLost = (histories: readonly History[]): boolean =>
  histories.some(({ steps }) => steps.some(({ result }) => result.kind === "lost"));

function namesIn(histories: readonly History[], identity: Identity) {
  const names = new Set<string>();
  let answers = 0;
  for (const { steps } of histories) {
    for (const step of steps) {
      const name = step.result.kind === "answered" ? identity.replica(step) : undefined;
      if (name === undefined) continue;
      names.add(name);
      answers += 1;
    }
  }
  return { names, answers };
}
