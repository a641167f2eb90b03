import { type Issue, set, shown } from "../messages/issues.ts";
import type { Values } from "./keys.ts";

/** What Azure takes as the name of one kind of resource (Azure's documentation, "Naming rules and restrictions"). */
interface NameRule {
  readonly pattern: RegExp;
  readonly rule: string;
}

type NamedKind = "app" | "environment" | "workspace" | "group";

const nameRules: Record<NamedKind, NameRule> = {
  app: {
    pattern: /^(?!.*--)[a-z][a-z0-9-]{0,30}[a-z0-9]$/,
    rule: "must be 2 to 32 lower-case letters, digits and '-', starting with a letter, ending with a letter or digit, without '--'",
  },
  environment: {
    pattern: /^(?!.*--)[a-z][a-z0-9-]{0,58}[a-z0-9]$/,
    rule: "must be 2 to 60 lower-case letters, digits and '-', starting with a letter, ending with a letter or digit, without '--'",
  },
  workspace: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
    rule: "must be 4 to 63 letters, digits and '-', starting and ending with a letter or digit",
  },
  group: {
    pattern: /^[\w().-]{0,89}[\w()-]$/,
    rule: "must be 1 to 90 letters, digits, '_', '-', '.', '(' and ')', not ending with '.'",
  },
};

/** What names are made from. */
export interface NameParts {
  readonly baseName: string;
  readonly environment: string;
  readonly deploymentStamp?: string | undefined;
}

/** One resource's name, and the key that it was given by, or that would override what it was made from. */
export interface Named {
  readonly kind: NamedKind;
  readonly key: string;
  readonly name: string;
  readonly madeFrom?: { readonly parts: NameParts; readonly suffix: string } | undefined;
}

/** `{baseName}-{environment}[-{stamp}]-{suffix}`, as the Terraform module names its resources. */
function composeName(parts: NameParts, suffix: string): string {
  return [parts.baseName, parts.environment, parts.deploymentStamp, suffix]
    .filter((part) => part !== undefined)
    .join("-");
}

/** The names of all resources: given ones, and else made from their parts. */
export function resourceNames(values: Values, environment: string): Named[] {
  const parts = { baseName: values.baseName ?? "agw", environment, deploymentStamp: values.deploymentStamp };
  const named = (kind: Named["kind"], key: string, own: string | undefined, suffix: string): Named => ({
    kind,
    key,
    name: own ?? composeName(parts, suffix),
    madeFrom: own === undefined ? { parts, suffix } : undefined,
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

/** The issue that Azure would have with a name; for one made from parts the way out is a part that fits, or a name of its own. */
export function checkName({ kind, key, name, madeFrom }: Named): Issue | undefined {
  const { pattern, rule } = nameRules[kind];
  if (pattern.test(name)) return undefined;
  if (madeFrom === undefined) return { key, rule, got: shown(name), wayOut: set(key, `agw-prod-${kind}`) };
  const { parts, suffix } = madeFrom;
  const change = remedies.find((candidate) => pattern.test(composeName({ ...parts, ...candidate }, suffix))) ?? both;
  const [blamed = "baseName", ...others] = Object.keys(change);
  const commands = Object.entries(change).map(([part, value]) => set(part, value));
  return {
    key: blamed,
    rule: `${key}, made from ${["it", ...others].join(" and ")}, ${rule}`,
    got: shown(name),
    wayOut: `${commands.join(" and ")}, or ${set(key, "a-name")}`,
  };
}

/** Parts that fit with any others that do; the first that mends a name is the way out. */
const both = { baseName: "agw", deploymentStamp: "eu1" };
const remedies: readonly Partial<typeof both>[] = [
  { baseName: both.baseName },
  { deploymentStamp: both.deploymentStamp },
];
