import type { History } from "./history.ts";
import { findCookie, type Identity, identities } from "./identity.ts";
import { homesOf, moveOf } from "./service.ts";

/** Answers from which on names that hardly ever repeat are none of replicas. */
const enough = 20;

/** What the replicas' names are looked for in. */
export interface RunHistories {
  readonly main: readonly History[];
  /** Undefined if no run without cookies was made. */
  readonly control: readonly History[] | undefined;
  /** Whether the user said which header names the replica: then it does. */
  readonly told: boolean;
}

/**
 * The best source of the replicas' names that what was seen does not contradict: a `whoami` may name the user, an
 * upstream behind all replicas or the time, a header the proxy before them, a cookie the half of a test that one is in.
 */
export function identify(histories: RunHistories): Identity {
  const { main, control = [], told } = histories;
  const [best, ...others] = identities([...main, ...control], findCookie(main));
  const fits = (identity: Identity): boolean => {
    if (identity.by === "answer")
      return told || !(answersMislead(identity, histories) || movesMislead(identity, histories));
    // Some gateways set their cookie anew with every answer, to count its time from then on.
    return cookieMatters(identity, histories) && !movesMislead(identity, histories);
  };
  return [best, ...others].find((identity) => identity.by === "unseen" || fits(identity)) ?? best;
}

function answersMislead(identity: Identity, { main, control = [] }: RunHistories): boolean {
  const { names, answers } = namesIn([...main, ...control], identity);
  if (answers >= enough && names.size * 2 > answers) return true;
  const { cookie } = identity;
  // Azure's own cookie tells replicas apart that all answer by one name.
  if (names.size === 1) return cookie.kind === "affinity" && cookie.known && cookie.per === "replica";
  // If Azure's cookie leads to a replica and is not given anew, the gateway itself says that nobody moved.
  const leads = cookie.kind === "constant" || (cookie.kind === "affinity" && cookie.per === "replica");
  const moved = movedBy(identity, main);
  const kept = moved.every(({ steps }) => steps.every(({ cookieReplaced }) => !cookieReplaced));
  return leads && cookie.known && moved.length > 0 && kept && !anyLost(main);
}

/** What is lost without cookies cannot be resumed elsewhere, so if nothing is lost with them, it never was elsewhere. */
const movesMislead = (identity: Identity, { main, control = [] }: RunHistories): boolean =>
  anyLost(control) && !anyLost(main) && movedBy(identity, main).length > 0;

function movedBy(identity: Identity, histories: readonly History[]): History[] {
  const homes = homesOf(histories, identity);
  return histories.filter(({ steps }, i) => moveOf(steps, homes[i], identity) !== undefined);
}

/** A cookie of unknown name may be about anything, until sessions are lost with it or without it. */
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
