import { failureReasons } from "../http/outcome.ts";

/** How a verdict is shown, and what it means for a command and for CI. */
interface VerdictTraits {
  readonly tone: "good" | "bad" | "unsure";
  readonly exitCode: number;
  /** Unlike a failure, an error says nothing about the gateway. */
  readonly junit: "passed" | "failure" | "error";
}

/** All verdicts. Add a new one here, and the compiler points to the code that must handle it. */
export const verdicts = {
  held: { tone: "good", exitCode: 0, junit: "passed" },
  "not needed": { tone: "good", exitCode: 0, junit: "passed" },
  moved: { tone: "bad", exitCode: 1, junit: "failure" },
  lost: { tone: "bad", exitCode: 1, junit: "failure" },
  inconclusive: { tone: "unsure", exitCode: 3, junit: "error" },
} as const satisfies Readonly<Record<string, VerdictTraits>>;

export type Verdict = keyof typeof verdicts;

/** All causes, the evidence behind a verdict. docs/probe.md explains each. */
export const causes = [
  "affinity-holds",
  "held-no-control",
  "held-without-cookies",
  "stateless",
  "sessionless",
  "resumes-anywhere",
  "cookie-not-honoured",
  "no-affinity-cookie",
  "affinity-off",
  "cookie-not-returned",
  "misrouted",
  "sessions-ended",
  "replica-gone",
  "gateway-restarted",
  "streams-lost",
  "lost-unexplained",
  "one-replica",
  "replicas-unseen",
  "too-few-calls",
  "calls-failed",
  "client-failed",
  "interrupted",
  ...failureReasons,
] as const;

export type Cause = (typeof causes)[number];

export interface Judgement {
  readonly verdict: Verdict;
  readonly cause: Cause;
}
