import type { McpExchange } from "../drivers/driver.ts";
import type { SetCookie } from "../http/cookies.ts";
import type { FailureReason, LossSign } from "../http/outcome.ts";

/** The result of a step, small enough to keep a million of them. */
export type StepResult =
  | { readonly kind: "answered" }
  | { readonly kind: "lost"; readonly sign: LossSign; readonly detail: string }
  | { readonly kind: "failed"; readonly reason: FailureReason; readonly detail: string };

export interface Step {
  /** When the exchange ended, in milliseconds since the probe began. */
  readonly at: number;
  readonly milliseconds: number;
  readonly phase: "open" | "confirm" | "call";
  /** Whether it used a new connection. */
  readonly fresh: boolean;
  readonly result: StepResult;
  /** The replica that the answer names, in a tool's result or a header. */
  readonly replica: string | undefined;
  /** The cookies kept after this answer, as `name=value` lines. Steps share the array while nothing changes. */
  readonly cookies: readonly string[];
  /** Whether this answer changed the value of a cookie that the session already had. */
  readonly cookieReplaced: boolean;
}

/** Everything that happened to one session. */
export interface History {
  /** 1, 2, 3, … in order of opening. */
  readonly ordinal: number;
  readonly group: "main" | "control";
  /** The session ID, shortened because the full one may be a key; undefined if the gateway issued none. */
  id: string | undefined;
  readonly steps: Step[];
}

const answered: StepResult = { kind: "answered" };

export function newHistory(ordinal: number, group: History["group"]): History {
  return { ordinal, group, id: undefined, steps: [] };
}

/** Adds an exchange to a history. `kept` are the session's cookies after it. */
export function addStep(
  history: History,
  phase: Step["phase"],
  at: number,
  exchange: McpExchange,
  kept: ReadonlyMap<string, string>,
): Step {
  const before = history.steps.at(-1)?.cookies ?? [];
  const cookies =
    exchange.setCookies.length === 0 ? before : [...kept].map(([name, value]) => `${name}=${value}`).sort();
  const step: Step = {
    at,
    milliseconds: exchange.milliseconds,
    phase,
    fresh: exchange.fresh,
    result: compact(exchange.outcome),
    replica: exchange.replica,
    cookies,
    cookieReplaced: replaced(before, exchange.setCookies),
  };
  history.steps.push(step);
  return step;
}

function compact(outcome: McpExchange["outcome"]): StepResult {
  switch (outcome.kind) {
    case "answered":
      return answered;
    case "lost":
      return { kind: "lost", sign: outcome.sign, detail: outcome.detail };
    case "failed":
      return { kind: "failed", reason: outcome.reason, detail: outcome.detail };
  }
}

function replaced(before: readonly string[], set: readonly SetCookie[]): boolean {
  return set.some(
    ({ name, value }) => before.some((line) => line.startsWith(`${name}=`)) && !before.includes(`${name}=${value}`),
  );
}

/** Shortens a session ID to its first 8 characters: enough to find it in a log, too little to use it. */
export function shortened(id: string): string {
  return id.length <= 8 ? id : `${id.slice(0, 8)}…`;
}
