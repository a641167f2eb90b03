import type { History, Step } from "./history.ts";
import type { Identity } from "./identity.ts";

/** How a replica served sessions. A session's home is the replica that answered it first. */
export interface Service {
  /** For each session that it answered: when the session opened, and when its last answer here was requested. */
  readonly answers: { readonly opened: number; readonly began: number }[];
  /** Sessions whose home it is; how many of them were lost, and when the first one was. */
  own: number;
  lost: number;
  firstLost: number;
  /** Home sessions that moved with a new cookie and then stayed on the new replica. */
  settled: number;
  /** Home sessions that moved more than once. */
  restless: number;
}

/**
 * Returns each session's home: the first replica that an answer names, including the answer to `initialize`. A session
 * without such an answer gets the home of the other sessions with the same cookie, if they all share one.
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
  /** Where later calls were answered: only on the new replica, on others too, or nowhere because there were none. */
  readonly after: "stayed" | "moved on" | "nothing";
}

/** Returns the first answer from a replica other than the session's home. */
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

/** Whether the replica answered a call that began after this moment, in a session opened before it. */
export function servedAfter({ answers }: Service, moment: number): boolean {
  return answers.some(({ opened, began }) => opened < moment && began > moment);
}

/** Returns how each replica served sessions, by replica name. */
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
