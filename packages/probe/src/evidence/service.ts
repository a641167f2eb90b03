import type { History, Step } from "./history.ts";
import type { Identity } from "./identity.ts";

/** What a replica did for the sessions that call it home. */
export interface Service {
  /** For each session that it answered: when that was opened, and when its last answered exchange began. */
  readonly answers: { readonly opened: number; readonly began: number }[];
  /** Sessions that call it home; of them those that were lost, and when the first one was. */
  own: number;
  lost: number;
  firstLost: number;
  /** Sessions of its own that the gateway gave another cookie and replica: those that stayed there, and those that did not. */
  settled: number;
  restless: number;
}

/**
 * The replica that each session calls home: the one that answered first, `initialize` itself where that says so. Of a
 * session that was lost before any answer named one, its cookie says it, where others with that cookie all have one home.
 */
export function homesOf(histories: readonly History[], identity: Identity): (string | undefined)[] {
  const homes = histories.map(({ steps }) => firstReplica(steps, identity));
  const { cookie } = identity;
  if (cookie.kind !== "affinity" || cookie.per !== "replica") return homes;
  const lineOf = ({ steps }: History) => steps[0]?.cookies.find((line) => line.startsWith(`${cookie.name}=`));
  const byCookie = new Map<string, Set<string>>();
  histories.forEach((history, i) => {
    const [line, home] = [lineOf(history), homes[i]];
    if (line !== undefined && home !== undefined) byCookie.set(line, (byCookie.get(line) ?? new Set()).add(home));
  });
  return histories.map((history, i) => {
    const candidates = byCookie.get(lineOf(history) ?? "");
    return homes[i] ?? (candidates?.size === 1 ? [...candidates][0] : undefined);
  });
}

function firstReplica(steps: readonly Step[], identity: Identity): string | undefined {
  for (const step of steps) {
    const replica = step.result.kind === "answered" ? identity.replica(step) : undefined;
    if (replica !== undefined) return replica;
  }
  return undefined;
}

export interface Move {
  readonly to: string;
  readonly step: Step;
  /** Whether later calls were answered there: by none other, by others too, or there was none. */
  readonly after: "stayed" | "moved on" | "nothing";
}

/** The first answer by another replica than the session's own. */
export function moveOf(steps: readonly Step[], home: string | undefined, identity: Identity): Move | undefined {
  let move: { to: string; step: Step } | undefined;
  let after: Move["after"] = "nothing";
  for (const step of steps) {
    const replica = step.result.kind === "answered" ? identity.replica(step) : undefined;
    if (replica === undefined || home === undefined) continue;
    if (move === undefined) {
      if (replica !== home) move = { to: replica, step };
    } else if (replica !== move.to) return { ...move, after: "moved on" };
    else after = "stayed";
  }
  return move === undefined ? undefined : { ...move, after };
}

/** Whether the replica took and answered, after this moment, a call of a session that was opened before it. */
export function servedAfter({ answers }: Service, moment: number): boolean {
  return answers.some(({ opened, began }) => opened < moment && began > moment);
}

/** What each replica did, by its name. */
export function servicesOf(
  histories: readonly History[],
  homes: readonly (string | undefined)[],
  identity: Identity,
): Map<string, Service> {
  const services = new Map<string, Service>();
  const serviceOf = (replica: string): Service => {
    const entry = services.get(replica) ?? {
      answers: [],
      own: 0,
      lost: 0,
      firstLost: Number.POSITIVE_INFINITY,
      settled: 0,
      restless: 0,
    };
    services.set(replica, entry);
    return entry;
  };
  histories.forEach(({ steps }, i) => {
    const latest = new Map<string, number>();
    for (const step of steps) {
      const replica = step.result.kind === "answered" ? identity.replica(step) : undefined;
      if (replica !== undefined) latest.set(replica, step.at - step.milliseconds);
    }
    for (const [replica, began] of latest) serviceOf(replica).answers.push({ opened: steps[0]?.at ?? 0, began });
    const home = homes[i];
    if (home === undefined) return;
    const service = serviceOf(home);
    service.own += 1;
    const last = steps.at(-1);
    if (last?.result.kind === "lost") {
      service.lost += 1;
      service.firstLost = Math.min(service.firstLost, last.at);
    }
    const move = moveOf(steps, home, identity);
    if (move?.after === "stayed" && move.step.cookieReplaced) service.settled += 1;
    if (move?.after === "moved on") service.restless += 1;
  });
  return services;
}
