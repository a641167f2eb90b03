import type { EnforcementLevel, ResourceValidationPolicy } from "@pulumi/policy";
import type { Issue } from "../src/stack/issues.ts";
import { type Rule, rules } from "../src/stack/rules.ts";
import { type AppProps, factsOf } from "./appFacts.ts";
import { type ResourceRule, resourceRules } from "./resourceRules.ts";

const appType = "azure-native:app:ContainerApp";

/** Every rule of the stack as a policy with the severity that it has there, then those over what only a resource shows. */
export const policies: ResourceValidationPolicy[] = [...rules.map(ofRule), ...resourceRules.map(ofResourceRule)];

function ofRule(rule: Rule): ResourceValidationPolicy {
  return policy(rule.id, `The stack's rule ${rule.id}`, rule.severity.policy, (props) => {
    const issue = rule.check(factsOf(props));
    return issue === undefined ? [] : [issue];
  });
}

function ofResourceRule({ id, description, level, check }: ResourceRule): ResourceValidationPolicy {
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
      for (const issue of check(args.props as AppProps)) reportViolation(violation(issue));
    },
  };
}

const violation = ({ key, rule, got, wayOut }: Issue): string => `${key}: ${rule}\n  got: ${got}\n  try: ${wayOut}`;
