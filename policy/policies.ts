import type { EnforcementLevel, ResourceValidationPolicy } from "@pulumi/policy";
import type { Issue, Rule } from "../src/rules/rule.ts";
import { rules } from "../src/rules/rules.ts";
import { type AppProps, factsOf, isOnConsumption } from "./appFacts.ts";
import { type ResourcePolicy, resourcePolicies } from "./resourcePolicies.ts";

const appType = "azure-native:app:ContainerApp";

/** Every rule of the stack as a policy with the severity that it has there, then those over what only a resource shows. */
export const policies: ResourceValidationPolicy[] = [...rules.map(ofRule), ...resourcePolicies.map(ofResourcePolicy)];

function ofRule(rule: Rule): ResourceValidationPolicy {
  return policy(rule.id, `The stack's rule ${rule.id}`, rule.severity.policy, (props) => {
    // Another profile has machines of its own, which take any size that fits.
    if (rule.id === "consumption-size" && !isOnConsumption(props)) return [];
    return factsOf(props).flatMap((facts) => rule.check(facts) ?? []);
  });
}

function ofResourcePolicy({ id, description, level, check }: ResourcePolicy): ResourceValidationPolicy {
  return policy(id, description, level, check);
}

function policy(
  name: string,
  description: string,
  enforcementLevel: EnforcementLevel,
  check: (props: AppProps) => readonly Issue[],
): ResourceValidationPolicy {
  return {
    name,
    description,
    enforcementLevel,
    validateResource: (args, reportViolation) => {
      if (args.type !== appType) return;
      // A rule that looks at no image finds the same for each of them.
      const found = new Set(check(args.props as AppProps).map(violation));
      for (const message of found) reportViolation(message);
    },
  };
}

const violation = ({ key, rule, got, wayOut }: Issue): string => `${key}: ${rule}\n  got: ${got}\n  try: ${wayOut}`;
