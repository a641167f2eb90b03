import { isIPv4 } from "node:net";
import { set, setPath, setSecret } from "../messages/issues.ts";

/** Why a value is none of its kind: the rule, and an example of one that is. */
export interface Refusal {
  readonly rule: string;
  readonly example: string;
  /** Of a structured value: where below the key the example goes, for `pulumi config set --path`. */
  readonly path?: string;
  /** Of a list: what it has. */
  readonly members?: string;
}

/** A configuration key: what the README's table says of it, how its text becomes a value, and which values it may have. */
export interface Key<T> {
  /** As the README's table shows it. */
  readonly type: string;
  /** Used where the key is not set; undefined: the description says what happens then. */
  readonly default: T | undefined;
  readonly description: string;
  /** The value is a secret: messages show its kind and length only. */
  readonly secret: boolean;
  /** The value that a text stands for; a text that stands for none becomes something that is refused. */
  read(text: string): unknown;
  /** What is wrong with a value, whether it was read or given as an argument. */
  refuse(value: unknown): Refusal | undefined;
}

interface About<T> {
  readonly default?: T;
  readonly description: string;
  readonly secret?: boolean;
}

/** A kind of which one rule says all; `read` gives undefined for a text that stands for no value of it. */
function key<T>(
  type: string,
  about: About<T>,
  read: (text: string) => unknown,
  fits: (value: unknown) => boolean,
  refusal: Refusal,
): Key<T> {
  const { default: value, description, secret = false } = about;
  const refuse = (given: unknown) => (fits(given) ? undefined : refusal);
  return { type, default: value, description, secret, read, refuse };
}

type Form = { readonly pattern: RegExp; readonly rule: string } | { readonly pattern?: never };

/** A text; where a pattern is given, the whole text has to match it. */
export function text(about: About<string> & Form & { readonly example?: string }): Key<string> {
  const { pattern, example } = about;
  const fits = (value: unknown) => String(value).trim() !== "" && pattern?.test(String(value)) !== false;
  const empty = { rule: "must not be empty", example: example ?? "a-text" };
  const other = pattern === undefined ? empty : { rule: about.rule, example: example ?? "" };
  const refuse = (value: unknown) => (fits(value) ? undefined : String(value).trim() === "" ? empty : other);
  return { ...key<string>("text", about, (given) => given, fits, other), refuse };
}

export const choice = <const T extends string>(values: readonly T[], about: About<T>): Key<T> =>
  key(
    values.join(" \\| "),
    about,
    (given) => values.find((value) => value.toLowerCase() === given.toLowerCase()),
    (value) => values.some((one) => one === value),
    { rule: `must be one of ${values.join(", ")}`, example: about.default ?? values[0] ?? "" },
  );

export const flag = (about: About<boolean>): Key<boolean> =>
  key(
    "true \\| false",
    about,
    (given) => (given === "true" ? true : given === "false" ? false : undefined),
    (value) => typeof value === "boolean",
    { rule: "must be true or false", example: String(about.default ?? true) },
  );

export const wholeNumber = (from: number, to: number, about: About<number> & { example?: number }): Key<number> =>
  key(
    `whole number, ${from} to ${to}`,
    about,
    (given) => (/^[+-]?\d+$/.test(given) ? Number(given) : undefined),
    (value) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to,
    { rule: `must be a whole number from ${from} to ${to}`, example: String(about.default ?? about.example ?? from) },
  );

export const decimal = (about: About<number> & { readonly default: number }): Key<number> =>
  key(
    "number",
    about,
    (given) => (/^\d+(\.\d+)?$/.test(given) ? Number(given) : undefined),
    (value) => typeof value === "number",
    { rule: "must be a number", example: String(about.default) },
  );

/** A map of names to texts, as Pulumi hands structured configuration over: JSON. Numbers and booleans become texts, as written. */
export const textMap = (about: About<Record<string, string>>): Key<Record<string, string>> =>
  key(
    "map of texts",
    about,
    (given) => {
      const value = json(given);
      const asText = (member: unknown) => (typeof member === "boolean" ? String(member) : member);
      return isMap(value) && Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asText(one)]));
    },
    (value) => isMap(value) && Object.values(value).every((member) => typeof member === "string"),
    { rule: "must be a map of names to texts", path: ".NAME", example: "VALUE" },
  );

const isMap = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);

const list =
  (type: string, fits: (text: string) => boolean, refusal: Refusal) =>
  (about: About<readonly string[]>): Key<readonly string[]> => {
    const isMember = (member: unknown) => typeof member === "string" && fits(member);
    const allFit = (value: unknown) => Array.isArray(value) && value.every(isMember);
    return key(type, about, json, allFit, { ...refusal, path: "[0]" });
  };

/** Names of a container app's secrets. */
export const secretNameList = list("list of names", (name) => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name), {
  rule: "must be a list of names of secrets: lower-case letters, digits, '-' and '.'",
  example: "a-secret",
  members: "names",
});

export function isCidr(range: string): boolean {
  const [, address, bits] = /^([\d.]+)\/(\d{1,2})$/.exec(range) ?? [];
  return address !== undefined && isIPv4(address) && Number(bits) <= 32;
}

/** IPv4 ranges, as Container Apps' IP restrictions take them. */
export const cidrList = list("list of CIDR ranges", isCidr, {
  rule: "must be a list of IPv4 ranges",
  example: "203.0.113.0/24",
  members: "ranges",
});

/** The command that sets a key to something that it may be. */
export function setExample(name: string, { secret }: Key<unknown>, { example, path }: Refusal): string {
  if (path !== undefined) return setPath(name, path, example);
  return secret ? setSecret(name) : set(name, example);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text, asWritten);
  } catch {
    return undefined;
  }
}

/** Numbers as the text that they were written as: as numbers, long ids would lose digits. */
const asWritten = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === "number" ? (context?.source ?? String(value)) : value;
