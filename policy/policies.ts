import type { EnforcementLevel, ResourceValidationPolicy } from "@pulumi/policy";
import type { Issue, Rule } from "../src/rules/rule.ts";
import { rules } from "../src/rules/rules.ts";
import { type AppProps, factsOf, isOnConsumption } from "./appFacts.ts";
import { resourcePolicies } from "./resourcePolicies.ts";

const appType = "azure-native:app:ContainerApp";

/** A check of a container app: a policy without Pulumi's calling convention. */
export interface AppCheck {
  /** The policy's name. */
  readonly id: string;
  readonly description: string;
  readonly level: EnforcementLevel;
  check(props: AppProps): readonly Issue[];
}

/**
 * The stack's rules, each with the policy level that it declares, then the checks that only a resource's inputs allow.
 */
export const checks: readonly AppCheck[] = [...rules.map(ofRule), ...resourcePolicies];

/** The checks as Pulumi runs them. */
export const policies: readonly ResourceValidationPolicy[] = checks.map(policy);

function ofRule(rule: Rule): AppCheck {
  const { id, severity } = rule;
  const check = (props: AppProps): readonly Issue[] =>
    // Only the Consumption profile limits sizes; other profiles take any size that fits their machines.
    id === "consumption-size" && !isOnConsumption(props)
      ? []
      : factsOf(props).flatMap((facts) => rule.check(facts) ?? []);
  return { id, description: `Rule '${id}' of the AgentGateway stack`, level: severity.policy, check };
}

function policy({ id, description, level, check }: AppCheck): ResourceValidationPolicy {
  return {
    name: id,
    description,
    enforcementLevel: level,
    validateResource: (args, reportViolation) => {
      if (args.type !== appType) return;
      // A rule runs once per image; unless it checks the image, every run finds the same.
      const found = new Set(check(args.props as AppProps).map(violation));
      for (const message of found) reportViolation(message);
    },
  };
}

/** The message of a violation. */
export const violation = ({ key, rule, got, wayOut }: Issue): string =>
  `${key}: ${rule}\n  got: ${got}\n  try: ${wayOut}`;
