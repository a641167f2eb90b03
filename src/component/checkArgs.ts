import { defaults, examples, type ResolvedArgs, ranges, sessionKeyForm } from "../args.ts";
import { cidrListRule, isCidr, isSecretName, secretNameListRule, wholeNumberRule } from "../config/kinds.ts";
import { checkName, type Named } from "../config/names.ts";
import { checkVariables } from "../config/variables.ts";
import { type Issue, set, setSecret, shown, shownSecret } from "../messages/issues.ts";
import { environments } from "../rules/facts.ts";

/**
 * What is wrong with single arguments, for programs that give them by hand; configuration was checked when it was read. A
 * secret that is an output by now is taken as it is: its value is not known here.
 */
export function checkArgs(args: ResolvedArgs): Issue[] {
  return [
    ...environmentIssue(args),
    ...namesOf(args).flatMap((named) => checkName(named) ?? []),
    ...locationIssue(args),
    ...rangeIssues(args),
    ...sessionKeyIssue(args),
    ...checkVariables(Object.keys(args.env), Object.keys(args.secretEnv)),
    ...ipIssue(args),
    ...dropSecretsIssue(args),
  ];
}

/** A type checker refuses it as well, where one looks at the program. */
function environmentIssue({ environment }: ResolvedArgs): Issue[] {
  if (environments.includes(environment)) return [];
  const rule = `must be one of ${environments.join(", ")}`;
  return [{ key: "environment", rule, got: shown(environment), wayOut: set("environment", "dev") }];
}

function namesOf(args: ResolvedArgs): Named[] {
  const { existingEnvironmentResourceGroup: shared } = args;
  return [
    { kind: "app", key: "containerAppName", name: args.containerAppName },
    { kind: "environment", key: "environmentName", name: args.environmentName },
    shared === undefined
      ? { kind: "workspace", key: "workspaceName", name: args.workspaceName }
      : { kind: "group", key: "existingEnvironmentResourceGroup", name: shared },
    { kind: "group", key: "resourceGroupName", name: args.resourceGroupName },
  ];
}

function locationIssue({ location, existingResourceGroup }: ResolvedArgs): Issue[] {
  if (existingResourceGroup || location) return [];
  const rule = "must be set where the resource group is not an existing one";
  return [{ key: "location", rule, got: shown(location), wayOut: set("location", "eastus2") }];
}

function rangeIssues(args: ResolvedArgs): Issue[] {
  return (Object.keys(ranges) as (keyof typeof ranges)[]).flatMap((key) => {
    const [from, to] = ranges[key];
    const value = args[key];
    if (Number.isInteger(value) && value >= from && value <= to) return [];
    return [
      {
        key,
        rule: wholeNumberRule(from, to),
        got: String(value),
        wayOut: set(key, wholeDefaults[key] ?? from),
      },
    ];
  });
}

const wholeDefaults: { readonly [K in keyof typeof ranges]?: number } = { ...examples, ...defaults };

function sessionKeyIssue({ sessionKey }: ResolvedArgs): Issue[] {
  if (typeof sessionKey !== "string" || sessionKeyForm.pattern.test(sessionKey)) return [];
  const { rule } = sessionKeyForm;
  return [{ key: "sessionKey", rule, got: shownSecret(sessionKey), wayOut: setSecret("sessionKey") }];
}

function ipIssue({ ipAllow }: ResolvedArgs): Issue[] {
  if (ipAllow.every(isCidr)) return [];
  return [{ key: "ipAllow", rule: cidrListRule, got: shown(ipAllow), wayOut: "give ranges such as 203.0.113.0/24" }];
}

function dropSecretsIssue({ dropSecrets }: ResolvedArgs): Issue[] {
  if (dropSecrets.every(isSecretName)) return [];
  return [
    { key: "dropSecrets", rule: secretNameListRule, got: shown(dropSecrets), wayOut: "give names such as a-secret" },
  ];
}
