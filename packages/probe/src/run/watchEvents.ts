import type { History, Step } from "../evidence/history.ts";
import { identify } from "../evidence/identify.ts";
import { chooseIdentity, type Identity } from "../evidence/identity.ts";

/** Something that happened to a watched session. */
export interface WatchEvent {
  readonly at: Date;
  readonly kind: "opened" | "moved" | "lost" | "failed" | "recovered";
  /** The session's number: 1, 2, 3, … in order of opening. */
  readonly session: number;
  /** One line for people. Session IDs are shortened. */
  readonly text: string;
}

type Told = Pick<WatchEvent, "kind" | "text">;

/** The number of earlier steps, on average, to read again for each new one when checking the names, which takes microseconds. */
const rereadSteps = 1_000;

/** Describes what happens to watched sessions, using only replica names that the final report would use too. */
export class WatchNarrator {
  readonly #histories: readonly History[];
  /** Whether the user named the header that identifies the replica. */
  readonly #headerGiven: boolean;
  /** How many answers gave each replica name, by tool or header. */
  readonly #sightings = new Map<string, number>();
  /** By session: a move to a name seen for the first time, which may not be a replica. */
  readonly #held = new Map<number, { readonly to: string; readonly event: Told }>();
  #identity: Identity;
  /** Steps until the names are checked again. */
  #trusted = 0;

  constructor(histories: readonly History[], headerGiven: boolean) {
    this.#histories = histories;
    this.#headerGiven = headerGiven;
    this.#identity = chooseIdentity([], { kind: "none" });
  }

  /** Returns the events that the last step of this session caused. Call it once after each step. */
  tell(history: History): Told[] {
    const step = history.steps.at(-1);
    if (step === undefined) return [];
    if (step.replica !== undefined) this.#sightings.set(step.replica, this.#seen(step.replica) + 1);
    const identity = this.#believed(step);
    const event = eventOf(history, identity);
    const told = this.#released(history.ordinal, identity);
    const to = identity.replica(step) ?? "";
    if (event?.kind === "moved" && identity.by === "answer" && !this.#headerGiven && this.#seen(to) < 2) {
      this.#held.set(history.ordinal, { to, event });
      return told;
    }
    return event === undefined ? told : [...told, event];
  }

  /** The held move of this session, if its name has now been seen a second time. */
  #released(session: number, { by }: Identity): Told[] {
    const held = this.#held.get(session);
    this.#held.delete(session);
    if (held === undefined || by !== "answer" || this.#seen(held.to) < 2) return [];
    return [held.event];
  }

  #seen(name: string): number {
    return this.#sightings.get(name) ?? 0;
  }

  /** Checks the names against everything seen so far, but not at every step of a long watch. */
  #believed({ result }: Step): Identity {
    this.#trusted -= 1;
    if (this.#trusted > 0 && result.kind !== "lost") return this.#identity;
    this.#identity = identify({ main: this.#histories, control: undefined, told: this.#headerGiven });
    this.#trusted = this.#histories.reduce((sum, { steps }) => sum + steps.length, 0) / rereadSteps;
    return this.#identity;
  }
}

/** What happened at the last step of a session, if it is worth an event. */
function eventOf({ ordinal, id, steps }: History, identity: Identity): Told | undefined {
  const [step, before] = [steps.at(-1), steps.at(-2)];
  if (step === undefined) return undefined;
  const name = `session ${ordinal}${id === undefined ? "" : ` (${id})`}`;
  const calls = steps.filter(({ phase }) => phase === "call").length;
  const last = steps
    .slice(0, -1)
    .findLast((one) => one.result.kind === "answered" && identity.replica(one) !== undefined);
  const [was, is] = [last && identity.replica(last), identity.replica(step)];
  switch (step.result.kind) {
    case "lost": {
      const when = calls === 0 ? "before its first call" : `at call ${calls}`;
      const place = was === undefined ? undefined : `was on ${was}`;
      const extra = remark(place, step.cookieReplaced ? "got a new cookie" : undefined);
      return { kind: "lost", text: `${name} LOST ${when}: ${step.result.detail}${extra}` };
    }
    case "failed":
      if (before?.result.kind === "failed") return undefined;
      return { kind: "failed", text: `${name} ${failedAt(step.phase, calls)}: ${step.result.detail}` };
    case "answered":
      if (was !== undefined && is !== undefined && was !== is) {
        const extra = remark(step.cookieReplaced ? "got a new cookie" : undefined);
        return { kind: "moved", text: `${name} MOVED from ${was} to ${is}${extra}` };
      }
      if (before?.result.kind === "failed") return { kind: "recovered", text: `${name} recovered` };
      if (step.phase !== "call" || calls > 1) return undefined;
      return { kind: "opened", text: `${name} opened${is === undefined ? "" : ` on ${is}`}` };
  }
}

/** ` (was on a; got a new cookie)`; empty without remarks. */
function remark(...remarks: readonly (string | undefined)[]): string {
  const given = remarks.filter((one) => one !== undefined);
  return given.length === 0 ? "" : ` (${given.join("; ")})`;
}

function failedAt(phase: Step["phase"], calls: number): string {
  if (phase === "open") return "could not be opened";
  return phase === "confirm" ? "failed during the handshake" : `failed at call ${calls}`;
}
