import type { History, Step } from "../evidence/history.ts";
import { identify } from "../evidence/identify.ts";
import { chooseIdentity, type Identity } from "../evidence/identity.ts";

/** Something that happened to a watched session. */
export interface WatchEvent {
  readonly at: Date;
  readonly kind: "opened" | "moved" | "lost" | "failed" | "recovered";
  /** Number of the session; each new one takes the next. */
  readonly session: number;
  /** One line for a person; holds no whole session id. */
  readonly text: string;
}

type Told = Pick<WatchEvent, "kind" | "text">;

/** Steps that are gone through again for each new one, on average, to doubt the names: some microseconds. */
const diligence = 1_000;

/** Says what the last step of a session means, with names that the report at the end would believe as well. */
export class WatchTeller {
  readonly #histories: readonly History[];
  /** Whether the user said which header names the replica. */
  readonly #told: boolean;
  /** Answers by the name that they gave, of tool or header. */
  readonly #sightings = new Map<string, number>();
  /** By session: a move to a name that was never seen before, and may be none. */
  readonly #held = new Map<number, { readonly to: string; readonly event: Told }>();
  #identity: Identity;
  /** Steps until the names are doubted again. */
  #trusted = 0;

  constructor(histories: readonly History[], told: boolean) {
    this.#histories = histories;
    this.#told = told;
    this.#identity = chooseIdentity([], { kind: "none" });
  }

  /** To be called once after each step; `history` is the one that it was added to. */
  tell(history: History): Told[] {
    const step = history.steps.at(-1);
    if (step === undefined) return [];
    if (step.replica !== undefined) this.#sightings.set(step.replica, this.#seen(step.replica) + 1);
    const identity = this.#believed(step);
    const event = eventOf(history, identity);
    const told = this.#released(history.ordinal, identity);
    const to = identity.replica(step) ?? "";
    if (event?.kind === "moved" && identity.by === "answer" && !this.#told && this.#seen(to) < 2) {
      this.#held.set(history.ordinal, { to, event });
      return told;
    }
    return event === undefined ? told : [...told, event];
  }

  /** A move that waited for its name to come a second time, if that has come. */
  #released(session: number, { by }: Identity): Told[] {
    const held = this.#held.get(session);
    this.#held.delete(session);
    if (held === undefined || by !== "answer" || this.#seen(held.to) < 2) return [];
    return [held.event];
  }

  #seen(name: string): number {
    return this.#sightings.get(name) ?? 0;
  }

  /** All that was seen is gone through again, though not at every step of a long watch. */
  #believed({ result }: Step): Identity {
    this.#trusted -= 1;
    if (this.#trusted > 0 && result.kind !== "lost") return this.#identity;
    this.#identity = identify({ main: this.#histories, control: undefined, told: this.#told });
    this.#trusted = this.#histories.reduce((sum, { steps }) => sum + steps.length, 0) / diligence;
    return this.#identity;
  }
}

/** What the last step of a session means, if anything. Pure. */
function eventOf({ ordinal, id, steps }: History, identity: Identity): Told | undefined {
  const [step, before] = [steps.at(-1), steps.at(-2)];
  if (step === undefined) return undefined;
  const name = `session ${ordinal}${id === undefined ? "" : ` (${id})`}`;
  const cookie = step.cookieReplaced ? ", with a new cookie" : "";
  const calls = steps.filter(({ phase }) => phase === "call").length;
  const last = steps
    .slice(0, -1)
    .findLast((one) => one.result.kind === "answered" && identity.replica(one) !== undefined);
  const [was, is] = [last && identity.replica(last), identity.replica(step)];
  switch (step.result.kind) {
    case "lost": {
      const where = was === undefined ? "" : `; was on ${was}`;
      const when = calls === 0 ? "before its first call" : `at call ${calls}`;
      return { kind: "lost", text: `${name} LOST ${when}: ${step.result.detail}${where}${cookie}` };
    }
    case "failed":
      if (before?.result.kind === "failed") return undefined;
      return { kind: "failed", text: `${name} ${step.phase} failed: ${step.result.detail}` };
    case "answered":
      if (was !== undefined && is !== undefined && was !== is) {
        return { kind: "moved", text: `${name} MOVED from ${was} to ${is}${cookie}` };
      }
      if (before?.result.kind === "failed") return { kind: "recovered", text: `${name} is answered again` };
      if (step.phase !== "call" || calls > 1) return undefined;
      return { kind: "opened", text: `${name} opened${is === undefined ? "" : ` on ${is}`}` };
  }
}
