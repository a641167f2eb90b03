import { type Issue, set, shown } from "../messages/issues.ts";
import type { Values } from "./keys.ts";

/** Azure's rule for the names of one kind of resource (Azure documentation, "Naming rules and restrictions"). */
interface NameRule {
  readonly pattern: RegExp;
  readonly rule: string;
}

type NamedKind = "app" | "environment" | "workspace" | "group";

const nameRules: Record<NamedKind, NameRule> = {
  app: {
    pattern: /^(?!.*--)[a-z][a-z0-9-]{0,30}[a-z0-9]$/,
    rule: "must be 2 to 32 lowercase letters, digits and hyphens, starting with a letter, ending with a letter or digit, without '--'",
  },
  environment: {
    pattern: /^(?!.*--)[a-z][a-z0-9-]{0,58}[a-z0-9]$/,
    rule: "must be 2 to 60 lowercase letters, digits and hyphens, starting with a letter, ending with a letter or digit, without '--'",
  },
  workspace: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
    rule: "must be 4 to 63 letters, digits and hyphens, starting and ending with a letter or digit",
  },
  group: {
    pattern: /^[\w().-]{0,89}[\w()-]$/,
    rule: "must be 1 to 90 letters, digits, '_', '-', '.', '(' and ')', not ending with '.'",
  },
};

/** The name of a resource and the key that sets or overrides it. */
export interface Named {
  readonly kind: NamedKind;
  readonly key: string;
  readonly name: string;
  /** Whether the name is composed from other keys, because its own is not set. */
  readonly composed?: boolean;
}

/**
 * Names of all resources: as configured, or `{baseName}-{environment}[-{stamp}]-{suffix}`, the naming scheme of the
 * Terraform module.
 */
export function resourceNames(values: Values, environment: string): Named[] {
  const { baseName = "agw", deploymentStamp } = values;
  const prefix = [baseName, environment, deploymentStamp].filter((part) => part !== undefined).join("-");
  const named = (kind: NamedKind, key: string, own: string | undefined, suffix: string): Named =>
    own === undefined ? { kind, key, name: `${prefix}-${suffix}`, composed: true } : { kind, key, name: own };
  const key = "existingEnvironmentResourceGroup";
  return [
    named("app", "containerAppName", values.containerAppName, "app"),
    values.existingEnvironmentName === undefined
      ? named("environment", "environmentName", values.environmentName, "env")
      : named("environment", "existingEnvironmentName", values.existingEnvironmentName, "env"),
    named("workspace", "workspaceName", values.workspaceName, "logs"),
    named("group", "resourceGroupName", values.resourceGroupName, "rg"),
    ...(values[key] === undefined ? [] : [named("group", key, values[key], "")]),
  ];
}

/** Checks a name against Azure's rule. */
export function checkName({ kind, key, name, composed }: Named): Issue | undefined {
  const { pattern, rule } = nameRules[kind];
  if (pattern.test(name)) return undefined;
  const got = shown(name);
  if (!composed) return { key, rule, got, wayOut: set(key, `agw-prod-${kind}`) };
  const wayOut = `shorten baseName or deploymentStamp, or ${set(key, "a-name")}`;
  return { key, rule: `${rule}; it is composed from baseName, environment and deploymentStamp`, got, wayOut };
}
