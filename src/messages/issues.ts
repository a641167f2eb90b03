import { configRemove, configSet, configSetPath, configSetSecret } from "./pulumiCommands.ts";

/** One thing wrong, or worth a warning, with one setting or argument. */
export interface Issue {
  /** The configuration key, without the project's namespace; of a map or list with its member: `tags.owner`. */
  readonly key: string;
  /** What the value has to be, as the rest of a sentence: `must be …`. */
  readonly rule: string;
  /** The value as it was given; of a secret only its kind and length. */
  readonly got: string;
  /** What to do about it: a command where there is one. */
  readonly wayOut: string;
}

/** Shows a value in a message: texts quoted, a missing one as `nothing`. */
export function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

/** Shows what may be said of a secret: its kind and length, never its value. */
export function shownSecret(value: string): string {
  return `a text of ${value.length} ${value.length === 1 ? "character" : "characters"}`;
}

/** The command that sets a key. */
export const set = (key: string, value: string | number | boolean): string => `${configSet} ${key} ${value}`;

/** The command that sets a secret; the value is left out, so that it is asked for and not echoed. */
export const setSecret = (key: string): string => `${configSetSecret} ${key}`;

/** The command that sets a member of a structured key: `setPath("tags", ".owner", "platform")`. */
export const setPath = (key: string, path: string, value: string): string =>
  `${configSetPath} '${key}${path}' ${value}`;

/** The command that sets a member of a structured key, whatever its name is. */
export const setMember = (key: string, name: string, value: string): string =>
  `${configSetPath} ${memberPath(key, name)} ${value}`;

/** The command that takes a member out of a structured key, whatever its name is. */
export const removeMember = (key: string, name: string): string => `${configRemove} --path ${memberPath(key, name)}`;

function memberPath(key: string, name: string): string {
  // Pulumi's paths know one escape, that of the quotation mark.
  return quoted(/^[\w-]+$/.test(name) ? `${key}.${name}` : `${key}["${name.replaceAll('"', '\\"')}"]`);
}

/** The command that removes a key that may be any text. */
export const remove = (key: string): string => `${configRemove} ${/^[\w.:-]+$/.test(key) ? key : quoted(key)}`;

/** One word for the shell, whatever is in it. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** All issues as one text, one paragraph each, in the order given. */
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
