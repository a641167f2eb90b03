import { failureReasons } from "../http/outcome.ts";

/** How a verdict is shown and what it makes of a command or a CI run. */
interface VerdictTraits {
  readonly tone: "good" | "bad" | "unsure";
  readonly exitCode: number;
  /** An error, unlike a failure, says nothing of the gateway. */
  readonly junit: "passed" | "failure" | "error";
}

/** All verdicts there are: a new one is a line here, and the compiler names the decisions that have to know it. */
export const verdicts = {
  held: { tone: "good", exitCode: 0, junit: "passed" },
  "not needed": { tone: "good", exitCode: 0, junit: "passed" },
  moved: { tone: "bad", exitCode: 1, junit: "failure" },
  lost: { tone: "bad", exitCode: 1, junit: "failure" },
  inconclusive: { tone: "unsure", exitCode: 3, junit: "error" },
} as const satisfies Readonly<Record<string, VerdictTraits>>;

export type Verdict = keyof typeof verdicts;

/** What the verdict rests on; docs/probe.md says for each what was seen. */
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
