import * as pulumi from "@pulumi/pulumi";
import { closestMatch } from "leven";
import { type Issue, remove, removeMember, set, setMember, setSecret, shown, shownSecret } from "../messages/issues.ts";
import { checkApp } from "../rules/rules.ts";
import { type AgentGatewayArgs, appFacts, resolveArgs } from "./args.ts";
import { checkVariables } from "./environmentVariables.ts";
import type { Replica } from "./gateway/servingSentences.ts";
import { type ReadFile, readGatewayConfig } from "./gatewayConfig.ts";
import { environments, keys, type Values } from "./keys.ts";
import { checkName, type Named, resourceNames } from "./resourceNames.ts";
import { isMap, type Key } from "./valueKinds.ts";

/** The configuration as Pulumi passes it: all values are strings. Keys come without the project's namespace. */
export interface RawConfig {
  readonly stack: string;
  readonly values: Readonly<Record<string, string>>;
  /** Keys whose values Pulumi stores encrypted. */
  readonly secretKeys: ReadonlySet<string>;
  readonly readFile: ReadFile;
  /** Keys in other namespaces than the project's, including the namespace. */
  readonly others?: { readonly project: string; readonly keys: readonly string[] };
}

export type Parsed =
  | { readonly args: AgentGatewayArgs; readonly warnings: readonly Issue[] }
  | { readonly errors: readonly Issue[]; readonly warnings: readonly Issue[] };

/** Turns configuration into arguments, or returns everything that is wrong with it. Pure except for `readFile`. */
export function parseSettings(raw: RawConfig): Parsed {
  const unknown = Object.keys(raw.values).filter((name) => !Object.hasOwn(keys, name));
  const errors = [...unknown.map((name) => unknownKey(name, raw)), ...(raw.others ? misplaced(raw.others) : [])];
  const values = parseValues(raw, errors);
  const environment = values.environment ?? environments.find((name) => name === raw.stack);
  if (environment === undefined && raw.values.environment === undefined) errors.push(environmentMissing(raw.stack));
  const unread = unreadKeys(errors, raw);
  const names = resourceNames(values, environment ?? "dev");
  errors.push(
    ...names.flatMap((name) => checkName(name) ?? []),
    ...existingEnvironmentIssue(values),
    ...environmentTagIssue(values, environment),
    ...checkVariables(values.env ?? {}, values.secretEnv ?? {}, raw.secretKeys.has("env")),
  );
  const args = toArgs(values, environment ?? "dev", names, raw);
  const config = readGatewayConfig(values.gatewayConfig ?? "", toReplica(values, unread), raw.readFile);
  const app = checkApp(appFacts(resolveArgs(args)), unread);
  errors.push(...(unread.has("gatewayConfig") ? [] : config.errors), ...app.errors);
  const ofConfig = unread.has("gatewayConfig") ? [] : config.warnings;
  const warnings = [...ofConfig, ...app.warnings, ...plainSecrets(raw)];
  return errors.length > 0
    ? { errors, warnings }
    : { args: { ...args, gatewayConfig: pulumi.secret(config.content ?? "") }, warnings };
}

function parseValues(raw: RawConfig, errors: Issue[]): Values {
  const values: Record<string, unknown> = {};
  for (const [name, key] of Object.entries<Key<unknown>>(keys)) {
    values[name] = key.default;
    const given = raw.values[name];
    if (given === undefined) continue;
    const value = key.read(given);
    const issues = key.issues(value, { name, secret: key.secret || raw.secretKeys.has(name), given });
    // Keeps a map with invalid members, so that its names are checked too.
    if (issues.length === 0 || isMap(value)) values[name] = value;
    errors.push(...issues);
  }
  return values as Values;
}

/** Keys with invalid values, and keys whose defaults depend on them. */
function unreadKeys(errors: readonly Issue[], raw: RawConfig): Set<string> {
  const unread = new Set(errors.map(({ key }) => key));
  const dependent = { environment: ["minReplicas", "maxReplicas"], cpu: ["memory"] };
  for (const [key, others] of Object.entries(dependent)) {
    if (unread.has(key)) for (const other of others) if (raw.values[other] === undefined) unread.add(other);
  }
  return unread;
}

function unknownKey(name: string, raw: RawConfig): Issue {
  const issue = (hint: string, instead: string): Issue => ({
    key: name,
    rule: `is not a key of this program${hint}`,
    got: shownSecret(raw.values[name] ?? ""),
    wayOut: `${remove(name)}${instead}`,
  });
  const [key = "", ...path] = name.split(".");
  // `pulumi config set tags.owner` without `--path` sets a key of that name.
  if (path.length > 0 && Object.hasOwn(keys, key))
    return issue(`; set it as a member of ${key}`, ` && ${setMember(key, path.join("."), "VALUE")}`);
  const near = closestMatch(name, Object.keys(keys), { maxDistance: Math.max(2, Math.floor(name.length / 3)) });
  return near === undefined ? issue("", "") : issue(`; did you mean ${near}?`, `, and set ${near}`);
}

/**
 * Refuses keys in other namespaces that were clearly meant for this project: the namespace resembles the project's name
 * or is `agw`, or the key is one of ours that other programs are unlikely to have (`minReplicas`, but not `location`).
 */
const misplaced = ({ project, keys: all }: NonNullable<RawConfig["others"]>): Issue[] =>
  all.flatMap((key): Issue | [] => {
    const [namespace = "", name = ""] = key.split(":");
    const resembles =
      namespace.startsWith(project) || closestMatch(namespace, [project], { maxDistance: 2 }) === project;
    const isOurs = Object.hasOwn(keys, name);
    if (/^(azure|pulumi)/.test(namespace) || !(resembles || namespace === "agw" || (isOurs && /[A-Z]/.test(name))))
      return [];
    const rule = `has no effect: this program only reads keys in the namespace ${project}`;
    return {
      key,
      rule,
      got: `the namespace ${shown(namespace)}`,
      wayOut: `${remove(key)}${isOurs ? `, and set ${name}` : ""}`,
    };
  });

const environmentMissing = (stack: string): Issue => ({
  key: "environment",
  rule: `must be set to one of ${environments.join(", ")}, because the stack's name is none of these`,
  got: `nothing, with stack '${stack}'`,
  wayOut: set("environment", "dev"),
});

function existingEnvironmentIssue(values: Values): Issue[] {
  const key = "existingEnvironmentResourceGroup";
  const group = values[key];
  if (group === undefined || values.existingEnvironmentName !== undefined) return [];
  const wayOut = `${set("existingEnvironmentName", "a-name")}, or ${remove(key)}`;
  return [{ key, rule: "needs existingEnvironmentName, which is not set", got: shown(group), wayOut }];
}

/** The `environment` tag always has the stack's environment: another value would be overridden silently. */
function environmentTagIssue({ tags }: Values, environment: string | undefined): Issue[] {
  const given = tags?.environment;
  if (given === undefined || environment === undefined || given === environment) return [];
  const rule = `must be ${environment}, the environment of this stack`;
  return [{ key: "tags.environment", rule, got: shown(given), wayOut: removeMember("tags", "environment") }];
}

/** Returns what the configuration gives the gateway. Values of invalid keys are undefined. */
function toReplica(values: Values, unread: ReadonlySet<string>): Replica {
  const known = (...names: string[]): boolean => names.every((name) => !unread.has(name));
  const { env, secretEnv, sessionKey } = values;
  const variables = { ...env, ...secretEnv, ...(sessionKey === undefined ? {} : { SESSION_KEY: sessionKey }) };
  return {
    image: values.image ?? "",
    targetPort: known("targetPort", "ingress", "transport") && values.ingress ? values.targetPort : undefined,
    tcp: values.transport === "tcp",
    variables: known("env", "secretEnv", "sessionKey") ? new Map(Object.entries(variables)) : undefined,
  };
}

function plainSecrets(raw: RawConfig): Issue[] {
  const plain = Object.entries(keys).filter(
    ([name, key]) => key.secret && raw.values[name] !== undefined && !raw.secretKeys.has(name),
  );
  return plain.map(([name]) => ({
    key: name,
    rule: "is not stored as a secret",
    got: shownSecret(raw.values[name] ?? ""),
    wayOut: setSecret(name),
  }));
}

function toArgs(
  values: Values,
  environment: AgentGatewayArgs["environment"],
  names: readonly Named[],
  raw: RawConfig,
): AgentGatewayArgs {
  const name = (kind: Named["kind"]): string => names.find((named) => named.kind === kind)?.name ?? "";
  const { existingEnvironmentName, env = {}, secretEnv = {}, ...rest } = values;
  const envIsSecret = raw.secretKeys.has("env");
  const secrets = { ...(envIsSecret ? env : {}), ...secretEnv };
  return {
    ...rest,
    environment,
    containerAppName: name("app"),
    environmentName: name("environment"),
    workspaceName: name("workspace"),
    resourceGroupName: name("group"),
    existingEnvironmentResourceGroup:
      existingEnvironmentName && (values.existingEnvironmentResourceGroup ?? name("group")),
    location: values.existingResourceGroup ? undefined : values.location,
    image: values.image ?? "",
    sessionKey: values.sessionKey && pulumi.secret(values.sessionKey),
    env: envIsSecret ? {} : env,
    secretEnv: Object.fromEntries(Object.entries(secrets).map(([variable, value]) => [variable, pulumi.secret(value)])),
  };
}
