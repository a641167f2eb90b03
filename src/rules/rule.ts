import type { Issue } from "../messages/issues.ts";
import type { AppFacts } from "./facts.ts";

/** Re-exported for the policies, which import nothing but the rules. */
export type { Issue };

/** Severity of a rule: the program stops on an `error`; `policy` is an enforcement level of Pulumi's policies. */
export interface Severity {
  readonly program: "error" | "warning";
  readonly policy: "mandatory" | "advisory" | "disabled";
}

/** A rule for one app, checked by the program and by the policy pack. */
export interface Rule {
  /** Stable name in kebab case; also the name of the policy. */
  readonly id: string;
  /** Names of the arguments that the rule depends on. */
  readonly reads: readonly string[];
  readonly severity: Severity;
  /** Returns the issue if the app breaks the rule. */
  check(app: AppFacts): Issue | undefined;
}

/** Severity of rules that no working app can break. */
export const always: Severity = { program: "error", policy: "mandatory" };

/** Starts a rule. `when` completes it with the condition that breaks it and the issue to report. */
export const rule = (id: string, severity: Severity, reads: Rule["reads"]) => ({
  when: (broken: (app: AppFacts) => boolean, issue: (app: AppFacts) => Issue): Rule => {
    return { id, reads, severity, check: (app) => (broken(app) ? issue(app) : undefined) };
  },
});
