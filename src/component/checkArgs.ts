import * as pulumi from "@pulumi/pulumi";
import type { ResolvedArgs } from "../config/args.ts";
import { checkVariables } from "../config/environmentVariables.ts";
import { keys } from "../config/keys.ts";
import { checkName, type Named } from "../config/resourceNames.ts";
import { isMap, type Key } from "../config/valueKinds.ts";
import { type Issue, set, shown } from "../messages/issues.ts";

/**
 * Checks the arguments one by one, for programs that use the component directly; settings were checked when they were
 * parsed. A secret that is already an output is not checked, because its value is unknown here.
 */
export function checkArgs(args: ResolvedArgs): Issue[] {
  return [
    ...keyIssues(args, ["environment"]),
    ...namesOf(args).flatMap((named) => checkName(named) ?? []),
    ...locationIssue(args),
    ...keyIssues(args, ["targetPort", "minReplicas", "maxReplicas", "concurrentRequests"]),
    ...keyIssues(args, ["drainSeconds", "readySeconds"]),
    ...keyIssues(args, typeof args.sessionKey === "string" ? ["sessionKey"] : []),
    ...checkVariables(args.env, args.secretEnv),
    ...keyIssues(args, ["env", "secretEnv", "ipAllow", "dropSecrets", "tags"]),
  ];
}

/** Checks arguments by the rules of the configuration keys with the same names. Skips outputs in maps. */
function keyIssues(args: ResolvedArgs, names: readonly (keyof typeof keys & keyof ResolvedArgs)[]): Issue[] {
  const isKnown = ([, one]: [string, unknown]) => !pulumi.Output.isInstance(one) && !(one instanceof Promise);
  return names.flatMap((name) => {
    const key: Key<unknown> = keys[name];
    const given: unknown = args[name];
    const value = isMap(given) ? Object.fromEntries(Object.entries(given).filter(isKnown)) : given;
    return key.issues(value, { name, secret: key.secret, given });
  });
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
  const rule = "must be set unless existingResourceGroup is true";
  return [{ key: "location", rule, got: shown(location), wayOut: set("location", "eastus2") }];
}
