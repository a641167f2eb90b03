import { type Issue, set, shown } from "./issues.ts";

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

/** One resource's name, the key that overrides it, and whether it was made from the parts of a name. */
export interface Named {
  readonly kind: NamedKind;
  readonly key: string;
  readonly name: string;
  readonly composed: boolean;
}

/** `{baseName}-{environment}[-{stamp}]-{suffix}`, as the Terraform module names its resources. */
export function composeName(
  parts: { baseName: string; environment: string; deploymentStamp?: string | undefined },
  suffix: string,
): string {
  return [parts.baseName, parts.environment, parts.deploymentStamp, suffix]
    .filter((part) => part !== undefined)
    .join("-");
}

/** The issue that Azure would have with a name; for a composed one the way out is a shorter base name or a name of its own. */
export function checkName({ kind, key, name, composed }: Named): Issue | undefined {
  const { pattern, rule } = nameRules[kind];
  if (pattern.test(name)) return undefined;
  return composed
    ? {
        key: "baseName",
        rule: `${key}, made from it, ${rule}`,
        got: shown(name),
        wayOut: `${set("baseName", "agw")}, or ${set(key, "a-name")}`,
      }
    : { key, rule, got: shown(name), wayOut: set(key, `agw-prod-${kind}`) };
}
