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

/** Most bytes of `NAME=VALUE` that Linux passes to a process: MAX_ARG_STRLEN without the final NUL (execve(2)). */
const longest = 131_071;
/** Most bytes of all variables together. Container Apps stores them in Kubernetes objects, which are limited to 1 MiB. */
const most = 1024 * 1024;

interface Variable {
  readonly key: "env" | "secretEnv";
  readonly name: string;
  readonly secret: boolean;
  readonly isBlank: boolean;
  /** Bytes of `NAME=VALUE`. */
  readonly size: number;
}

/** Values by name. A value that isn't a string is not known yet. */
type Variables = Readonly<Record<string, unknown>>;

/**
 * Checks names and sizes of variables, and that secrets are not empty. Returns at most one issue per variable. With
 * `envIsSecret`, the variables in env become secrets too.
 */
export function checkVariables(env: Variables, secretEnv: Variables, envIsSecret = false): Issue[] {
  const all = [...variables("env", env, envIsSecret), ...variables("secretEnv", secretEnv, true)];
  return [...all.flatMap((variable, index) => issueOf(variable, all.slice(0, index)) ?? []), ...tooMuch(all)];
}

const variables = (key: Variable["key"], values: Variables, secret: boolean): Variable[] =>
  Object.entries(values).map(([name, value]) => {
    const size = Buffer.byteLength(`${name}=${typeof value === "string" ? value : ""}`);
    return { key, name, secret, isBlank: typeof value === "string" && value.trim() === "", size };
  });

function tooMuch(all: readonly Variable[]): Issue[] {
  const total = all.reduce((sum, { size }) => sum + size, 0);
  const [largest] = all.toSorted((one, other) => other.size - one.size);
  if (largest === undefined || total <= most || largest.size > longest) return [];
  const { key, name, size } = largest;
  const rule = `must be smaller: all variables together can have at most ${most} bytes`;
  const got = `${total} bytes; the largest is ${shown(name)} with ${size}`;
  return [{ key, rule, got, wayOut: "move large values into files in the image" }];
}

function issueOf({ key, name, secret, isBlank, size }: Variable, before: readonly Variable[]): Issue | undefined {
  const wayOut = removeMember(key, name);
  const issue = (rule: string, more = "", got = shown(name)): Issue => {
    return { key: `${key}.${name}`, rule, got, wayOut: wayOut + more };
  };
  const own = Object.hasOwn(ownVariables, name) ? ownVariables[name] : undefined;
  if (own !== undefined) return issue(own.rule, own.instead && `, and set ${own.instead}`);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return issue("must be a valid variable name: letters, digits and '_', not starting with a digit");
  if (before.some((other) => other.name === name)) return issue("must not also be in env");
  if (size > longest)
    return issue(`must have at most ${longest} bytes, including its name and '='`, "", `${size} bytes`);
  if (!secret) return undefined;
  // Container Apps answers ContainerAppSecretInvalid (azure-container-apps #660).
  if (isBlank) return issue("must not be empty: Azure refuses empty secrets", "", "a blank value");
  return secretIssue(name, before, issue);
}

function secretIssue(name: string, before: readonly Variable[], issue: (rule: string) => Issue): Issue | undefined {
  const kept = secretName(name);
  // Azure answers ContainerAppInvalidSecretName unless it is a Kubernetes name (at most 253 characters).
  if (!/^[a-z0-9-]{0,252}[a-z0-9]$/.test(kept))
    return issue(
      `must end with a letter or digit and have at most 249 characters: Azure stores it as the secret ${shown(kept)}`,
    );
  const same = before.find((other) => other.secret && secretName(other.name) === kept);
  return (
    same &&
    issue(`must differ from ${shown(same.name)} in more than case: Azure would store both as the secret ${shown(kept)}`)
  );
}
