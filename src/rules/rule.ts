import type { AgentGatewayArgs } from "../args.ts";
import type { Issue } from "../messages/issues.ts";
import type { AppFacts } from "./facts.ts";

/** For those who know the rules only. */
export type { Issue };

/** How hard a rule is: the program stops on an `error`; a policy pack takes its own words. */
export interface Severity {
  readonly program: "error" | "warning" | "off";
  readonly policy: "mandatory" | "advisory" | "disabled";
}

/** A rule over one app, for the program, a policy, or anyone else who has the facts. */
export interface Rule {
  /** Stable, in words joined by `-`; the policy's name. */
  readonly id: string;
  /** Arguments that it looks at. */
  readonly reads: readonly (keyof AgentGatewayArgs)[];
  readonly severity: Severity;
  /** The issue that the rule has with this app, or undefined. */
  check(app: AppFacts): Issue | undefined;
}

/** The severity of what cannot work at all. */
export const always: Severity = { program: "error", policy: "mandatory" };

/** A rule that is broken where `broken` says so; `issue` then says what to do. */
export function rule(
  id: string,
  reads: Rule["reads"],
  severity: Severity,
  broken: (app: AppFacts) => boolean,
  issue: (app: AppFacts) => Issue,
): Rule {
  return { id, reads, severity, check: (app) => (broken(app) ? issue(app) : undefined) };
}
