import { cut, visible } from "./oneLine.ts";
import { configRemove, configSet, configSetSecret } from "./pulumiCommands.ts";

/** One problem with one setting or argument: an error or a warning. */
export interface Issue {
  /** The configuration key without the project's namespace, plus the member if it is in a map: `tags.owner`. */
  readonly key: string;
  /** What the value must be, as a predicate: `must be …`. */
  readonly rule: string;
  /** The value as given; for a secret only its length. */
  readonly got: string;
  /** What to do about it: a command if there is one. */
  readonly wayOut: string;
}

/** Most characters of a value or a key that a message shows. */
const longest = 100;

/** Formats a value for a message: strings are quoted, long values are cut, a missing value is `nothing`. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "number" ? String(value) : visible(JSON.stringify(value));
  return text.length <= longest ? text : `${cut(text, longest)} (${String(value).length} characters)`;
}

/** Formats a secret for a message: its length, never its value. */
export function shownSecret(value: unknown): string {
  if (typeof value !== "string") return "a value that is not a string";
  return `a string of ${value.length} ${value.length === 1 ? "character" : "characters"}`;
}

/** The command that sets a key. */
export const set = (key: string, value: string | number | boolean): string => `${configSet} ${key} ${value}`;

/** The command that sets a secret. It has no value, so Pulumi prompts for one without echoing it. */
export const setSecret = (key: string): string => `${configSetSecret} ${key}`;

/**
 * The command that sets a member of a map or list: `setMember("tags", "owner", "platform")`. Without a value, Pulumi
 * prompts for a secret.
 */
export const setMember = (key: string, at: string | number, value?: string): string => {
  const path = `--path ${memberPath(key, at)}`;
  return naming(String(at), "set", value === undefined ? setSecret(path) : `${configSet} ${path} ${value}`);
};

/** The command that removes a member with any name from a structured key. */
export const removeMember = (key: string, name: string): string =>
  naming(name, "remove", `${configRemove} --path ${memberPath(key, name)}`);

/** The command that removes a key with any name. */
export const remove = (key: string): string =>
  naming(key, "remove", `${configRemove} ${key[0] === "-" ? "-- " : ""}${/^[\w.:-]+$/.test(key) ? key : quoted(key)}`);

/** Returns the command, or advice to edit the file if the name in it is too long to show or can't be typed. */
const naming = (name: string, verb: string, command: string): string =>
  name.length <= longest && visible(name) === name ? command : `${verb} it in Pulumi.STACK.yaml`;

// In Pulumi's paths only the quotation mark can be escaped.
const memberPath = (key: string, at: string | number): string => {
  if (typeof at === "number") return `'${key}[${at}]'`;
  return quoted(/^[\w-]+$/.test(at) ? `${key}.${at}` : `${key}["${at.replaceAll('"', '\\"')}"]`);
};

/** Quotes any string as one shell word. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** How many issues of one key, and in total, a message lists. */
const [mostOfKey, most] = [10, 50];

/** Formats issues grouped by key, one paragraph each. If there are too many, counts the rest. */
export function listIssues(issues: readonly Issue[]): string {
  const byKey = Object.values(Object.groupBy(issues, ({ key }) => key.split(/[.[]/, 1)[0] ?? ""));
  const listed = byKey.flatMap((ofKey = []) => ofKey.slice(0, mostOfKey)).slice(0, most);
  const paragraphs = listed.map(({ key, rule, got, wayOut }) =>
    [`  ${cut(key, longest)}: ${rule}`, `    got: ${got}`, `    try: ${wayOut}`].map(visible).join("\n"),
  );
  const more = issues.length - listed.length;
  return [...paragraphs, ...(more > 0 ? [`  ... and ${more} more`] : [])].join("\n");
}

/** Pulumi's paths do not reach into a JSON text: `set --path` replaces all of it, and `rm --path` changes nothing. */
const ofJson =
  "\n  If you set a map or list as one JSON text, set the whole text again: --path would drop its other members or do nothing.";

/** The message that ends the program before any resource is registered. */
export function configurationMessage(stack: string, issues: readonly Issue[]): string {
  const problems = issues.length === 1 ? "1 problem" : `${issues.length} problems`;
  const note = issues.some(({ wayOut }) => wayOut.includes(" --path ")) ? ofJson : "";
  return `The configuration of stack '${stack}' has ${problems}; nothing was changed.\n${listIssues(issues)}${note}`;
}
