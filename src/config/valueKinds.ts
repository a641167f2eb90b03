import { isIPv4 } from "node:net";
import { set, setPath, setSecret } from "../messages/issues.ts";

/** Why a value is refused: the rule it breaks, and an example of a valid value. */
export interface Refusal {
  readonly rule: string;
  readonly example: string;
  /** For a map or list: the path of the example below the key, for `pulumi config set --path`. */
  readonly path?: string;
  /** For a list: what its members are, in the plural. */
  readonly members?: string;
}

/** A configuration key: how its string is parsed, and which values are valid. */
export interface Key<T> {
  /** As shown in docs/configuration.md. */
  readonly type: string;
  /** Value if the key is not set; if undefined, its comment explains the default. */
  readonly default: T | undefined;
  /** Whether messages must hide the value. */
  readonly secret: boolean;
  /** Parses a string. An unparsable string becomes a value that {@link refuse} refuses. */
  read(text: string): unknown;
  /** Checks a value, parsed or passed as an argument. */
  refuse(value: unknown): Refusal | undefined;
}

interface About<T> {
  readonly default?: T;
  readonly secret?: boolean;
}

/** A kind of value with a single rule. `read` returns undefined for an unparsable string. */
function key<T>(
  type: string,
  about: About<T>,
  read: (text: string) => unknown,
  fits: (value: unknown) => boolean,
  refusal: Refusal,
): Key<T> {
  const { default: value, secret = false } = about;
  const refuse = (given: unknown) => (fits(given) ? undefined : refusal);
  return { type, default: value, secret, read, refuse };
}

type Form = { readonly pattern: RegExp; readonly rule: string } | { readonly pattern?: never };

/** A non-empty string, which must match the pattern if there is one. */
export function text(about: About<string> & Form & { readonly example?: string } = {}): Key<string> {
  const { pattern, example } = about;
  const fits = (value: unknown) => String(value).trim() !== "" && pattern?.test(String(value)) !== false;
  const empty = { rule: "must not be empty", example: example ?? "VALUE" };
  const other = pattern === undefined ? empty : { rule: about.rule, example: example ?? "" };
  const refuse = (value: unknown) => (fits(value) ? undefined : String(value).trim() === "" ? empty : other);
  return { ...key<string>("string", about, (given) => given, fits, other), refuse };
}

export const choice = <const T extends string>(values: readonly T[], about: About<T> = {}): Key<T> =>
  key(
    values.join(" \\| "),
    about,
    (given) => values.find((value) => value.toLowerCase() === given.toLowerCase()),
    (value) => values.some((one) => one === value),
    { rule: `must be one of ${values.join(", ")}`, example: about.default ?? values[0] ?? "" },
  );

export const flag = (about: About<boolean> = {}): Key<boolean> =>
  key(
    "true \\| false",
    about,
    (given) => (given === "true" ? true : given === "false" ? false : undefined),
    (value) => typeof value === "boolean",
    { rule: "must be true or false", example: String(about.default ?? true) },
  );

export const wholeNumber = (from: number, to: number, about: About<number> & { example?: number }): Key<number> =>
  key(
    `integer, ${from} to ${to}`,
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

/** A map of names to strings, given as JSON; empty by default. Numbers and booleans become strings exactly as written. */
export const textMap = (about: About<Readonly<Record<string, string>>> = {}): Key<Readonly<Record<string, string>>> =>
  key(
    "map of strings",
    { default: {}, ...about },
    (given) => {
      const value = json(given);
      const asText = (member: unknown) => (typeof member === "boolean" ? String(member) : member);
      return isMap(value) && Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asText(one)]));
    },
    (value) => isMap(value) && Object.values(value).every((member) => typeof member === "string"),
    { rule: "must be a map of names to strings", path: ".NAME", example: "VALUE" },
  );

const isMap = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);

const list =
  (type: string, fits: (text: string) => boolean, refusal: Refusal) =>
  (about: About<readonly string[]> = {}): Key<readonly string[]> => {
    const isMember = (member: unknown) => typeof member === "string" && fits(member);
    const allFit = (value: unknown) => Array.isArray(value) && value.every(isMember);
    return key(type, { default: [], ...about }, json, allFit, { ...refusal, path: "[0]" });
  };

/** Names of a container app's secrets. */
export const secretNameList = list("list of names", (name) => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name), {
  rule: "must be a list of secret names: lowercase letters, digits, '-' and '.'",
  example: "a-secret",
  members: "names",
});

export function isCidr(range: string): boolean {
  const [, address, bits] = /^([\d.]+)\/(\d{1,2})$/.exec(range) ?? [];
  return address !== undefined && isIPv4(address) && Number(bits) <= 32;
}

/** IPv4 ranges for Container Apps' IP restrictions. */
export const cidrList = list("list of CIDR ranges", isCidr, {
  rule: "must be a list of IPv4 ranges in CIDR notation",
  example: "203.0.113.0/24",
  members: "ranges",
});

/** The command that sets a key to a valid value. */
export function setExample(name: string, { secret }: Key<unknown>, { example, path }: Refusal): string {
  if (path !== undefined) return secret ? setSecret(`--path '${name}${path}'`) : setPath(name, path, example);
  return secret ? setSecret(name) : set(name, example);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text, asWritten);
  } catch {
    return undefined;
  }
}

/** Keeps numbers as written: parsed as numbers, long IDs would lose digits. */
const asWritten = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === "number" ? (context?.source ?? String(value)) : value;
