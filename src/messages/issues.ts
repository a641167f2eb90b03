import { configRemove, configSet, configSetPath, configSetSecret } from "./pulumiCommands.ts";

/** One problem with one setting or argument: an error or a warning. */
export interface Issue {
  /** The configuration key without the project's namespace, and with the member of a map: `tags.owner`. */
  readonly key: string;
  /** What the value must be, as a predicate: `must be …`. */
  readonly rule: string;
  /** The value as given; for a secret only its length. */
  readonly got: string;
  /** What to do about it: a command if there is one. */
  readonly wayOut: string;
}

/** Formats a value for a message: strings are quoted, a missing value is `nothing`. */
export function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

/** Formats a secret for a message: its length, never its value. */
export function shownSecret(value: string): string {
  return `a string of ${value.length} ${value.length === 1 ? "character" : "characters"}`;
}

/** The command that sets a key. */
export const set = (key: string, value: string | number | boolean): string => `${configSet} ${key} ${value}`;

/** The command that sets a secret. It has no value, so Pulumi prompts for one without echoing it. */
export const setSecret = (key: string): string => `${configSetSecret} ${key}`;

/** The command that sets a member of a structured key: `setPath("tags", ".owner", "platform")`. */
export const setPath = (key: string, path: string, value: string): string =>
  `${configSetPath} '${key}${path}' ${value}`;

/** The same for a member with any name. */
export const setMember = (key: string, name: string, value: string): string =>
  `${configSetPath} ${memberPath(key, name)} ${value}`;

/** The command that removes a member with any name from a structured key. */
export const removeMember = (key: string, name: string): string => `${configRemove} --path ${memberPath(key, name)}`;

function memberPath(key: string, name: string): string {
  // In Pulumi's paths only the quotation mark can be escaped.
  return quoted(/^[\w-]+$/.test(name) ? `${key}.${name}` : `${key}["${name.replaceAll('"', '\\"')}"]`);
}

/** The command that removes a key with any name. */
export const remove = (key: string): string => `${configRemove} ${/^[\w.:-]+$/.test(key) ? key : quoted(key)}`;

/** Quotes any string as one shell word. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Formats issues, one paragraph each, in the given order. */
export function listIssues(issues: readonly Issue[]): string {
  return issues
    .map(({ key, rule, got, wayOut }) => `  ${key}: ${rule}\n    got: ${got}\n    try: ${wayOut}`)
    .join("\n");
}

/** The message that ends the program before any resource is registered. */
export function configurationMessage(stack: string, issues: readonly Issue[]): string {
  const problems = issues.length === 1 ? "1 problem" : `${issues.length} problems`;
  return `The configuration of stack '${stack}' has ${problems}; nothing was changed.\n${listIssues(issues)}`;
}
