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

/** The parts that names are composed from. */
export interface NameParts {
  readonly baseName: string;
  readonly environment: string;
  readonly deploymentStamp?: string | undefined;
}

/** The name of a resource and the key that sets or overrides it. */
export interface Named {
  readonly kind: NamedKind;
  readonly key: string;
  readonly name: string;
  /** Undefined if the name was configured. */
  readonly composedFrom?: { readonly parts: NameParts; readonly suffix: string } | undefined;
}

/** Composes `{baseName}-{environment}[-{stamp}]-{suffix}`, the naming scheme of the Terraform module. */
function composeName(parts: NameParts, suffix: string): string {
  return [parts.baseName, parts.environment, parts.deploymentStamp, suffix]
    .filter((part) => part !== undefined)
    .join("-");
}

/** Names of all resources, as configured or composed from their parts. */
export function resourceNames(values: Values, environment: string): Named[] {
  const parts = { baseName: values.baseName ?? "agw", environment, deploymentStamp: values.deploymentStamp };
  const named = (kind: Named["kind"], key: string, own: string | undefined, suffix: string): Named => ({
    kind,
    key,
    name: own ?? composeName(parts, suffix),
    composedFrom: own === undefined ? { parts, suffix } : undefined,
  });
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

/** Checks a name against Azure's rule. For a composed name, suggests a part that fits or a name to set instead. */
export function checkName({ kind, key, name, composedFrom }: Named): Issue | undefined {
  const { pattern, rule } = nameRules[kind];
  if (pattern.test(name)) return undefined;
  if (composedFrom === undefined) return { key, rule, got: shown(name), wayOut: set(key, `agw-prod-${kind}`) };
  const { parts, suffix } = composedFrom;
  const change = remedies.find((candidate) => pattern.test(composeName({ ...parts, ...candidate }, suffix))) ?? both;
  const [blamed = "baseName", ...others] = Object.keys(change);
  const commands = Object.entries(change).map(([part, value]) => set(part, value));
  return {
    key: blamed,
    rule: `${key}, composed from ${[blamed, ...others].join(" and ")}, ${rule}`,
    got: shown(name),
    wayOut: `${commands.join(" and ")}, or ${set(key, "a-name")}`,
  };
}

/** Short parts to suggest: the first change that makes the name valid is shown, or both. */
const both = { baseName: "agw", deploymentStamp: "eu1" };
const remedies: readonly Partial<typeof both>[] = [
  { baseName: both.baseName },
  { deploymentStamp: both.deploymentStamp },
];
