import { type Issue, removeMember, shown } from "../messages/issues.ts";

/** Name of the app's secret for a variable. Azure allows lowercase letters, digits and '-' in names of secrets. */
export const secretName = (variable: string): string => `env-${variable.toLowerCase().replaceAll("_", "-")}`;

/** Variables that this program sets itself, each with the key to use instead. */
const ownVariables: Readonly<Record<string, { readonly rule: string; readonly instead?: string }>> = {
  SESSION_KEY: { rule: "is set by this program, from sessionKey", instead: "sessionKey" },
  CONNECTION_MIN_TERMINATION_DEADLINE: { rule: "is set by this program, from drainSeconds", instead: "drainSeconds" },
  CONNECTION_TERMINATION_DEADLINE: { rule: "is set by this program, from drainSeconds", instead: "drainSeconds" },
  SECRETS_DIGEST: { rule: "is set by this program, from all secrets" },
  READINESS_ADDR: { rule: "must not be set: the probes use port 15021" },
};

interface Variable {
  readonly key: "env" | "secretEnv";
  readonly name: string;
  readonly secret: boolean;
}

/**
 * Checks the names of variables; at most one issue each. With `envIsSecret`, the variables of env become secrets too.
 */
export function checkVariables(env: readonly string[], secretEnv: readonly string[], envIsSecret = false): Issue[] {
  const all: Variable[] = [
    ...env.map((name) => ({ key: "env" as const, name, secret: envIsSecret })),
    ...secretEnv.map((name) => ({ key: "secretEnv" as const, name, secret: true })),
  ];
  return all.flatMap((variable, index) => issueOf(variable, all.slice(0, index)) ?? []);
}

function issueOf({ key, name, secret }: Variable, before: readonly Variable[]): Issue | undefined {
  const wayOut = removeMember(key, name);
  const issue = (rule: string, more = ""): Issue => ({
    key: `${key}.${name}`,
    rule,
    got: shown(name),
    wayOut: wayOut + more,
  });
  const own = Object.hasOwn(ownVariables, name) ? ownVariables[name] : undefined;
  if (own !== undefined) return issue(own.rule, own.instead && `, and set ${own.instead}`);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return issue("must be a valid variable name: letters, digits and '_', not starting with a digit");
  if (before.some((other) => other.name === name)) return issue("must not also be in env");
  return secret ? secretIssue(name, before, issue) : undefined;
}

function secretIssue(name: string, before: readonly Variable[], issue: (rule: string) => Issue): Issue | undefined {
  const kept = secretName(name);
  // Azure answers ContainerAppInvalidSecretName unless it is a Kubernetes name (at most 253 characters).
  if (!/^[a-z0-9-]{0,252}[a-z0-9]$/.test(kept))
    return issue(
      `must end with a letter or digit and have at most 249 characters: Azure stores it as the secret '${kept}'`,
    );
  const same = before.find((other) => other.secret && secretName(other.name) === kept);
  return (
    same && issue(`must differ from ${same.name} in more than case: Azure would store both as the secret '${kept}'`)
  );
}
