import { isIPv4 } from "node:net";
import { type Issue, remove, removeMember, set, setMember, setSecret, shown, shownSecret } from "../messages/issues.ts";

/** A value's key, whether messages must hide the value, and the value as given. */
export type Origin = { readonly name: string; readonly secret: boolean; readonly given: unknown };

/** A configuration key: how its string is parsed, and which values are valid. */
export interface Key<T> {
  /** As shown in docs/configuration.md. */
  readonly type: string;
  /** Value if the key is not set; if undefined, its comment explains the default. */
  readonly default: T | undefined;
  /** Whether messages must hide the value. */
  readonly secret: boolean;
  /** Parses a string. An unparsable string becomes a value that has issues. */
  read(text: string): unknown;
  /** Checks a parsed value or an argument. Returns one issue for each invalid member of a map or list. */
  issues(value: unknown, origin: Origin): Issue[];
}

interface About<T> {
  readonly default?: T;
  readonly secret?: boolean;
}

/** A kind of value. `read` returns undefined for an unparsable string. */
function key<T>(type: string, about: About<T>, read: Key<T>["read"], issues: Key<T>["issues"]): Key<T> {
  const { default: value, secret = false } = about;
  return { type, default: value, secret, read, issues };
}

const got = ({ secret }: Origin, value: unknown): string => (secret ? shownSecret(value) : shown(value));

const refuse = (origin: Origin, rule: string, example: string): Issue[] => {
  const { name, secret, given } = origin;
  return [{ key: name, rule, got: got(origin, given), wayOut: secret ? setSecret(name) : set(name, example) }];
};

const unless = (fits: (value: unknown) => boolean, rule: string, example: string) => (value: unknown, origin: Origin) =>
  fits(value) ? [] : refuse(origin, rule, example);

type Form = { readonly pattern: RegExp; readonly rule: string } | { readonly pattern?: never; readonly rule?: never };

/** A non-empty string without control characters, which must match the pattern if there is one. */
export const text = (about: About<string> & Form & { readonly example?: string } = {}): Key<string> =>
  key(
    "string",
    about,
    (given) => given,
    (value, origin) => {
      const { example = "VALUE", pattern, rule = "" } = about;
      const given = String(value);
      if (given.trim() === "") return refuse(origin, "must not be empty", example);
      if (/\p{Cc}/u.test(given)) return refuse(origin, "must not contain control characters", example);
      return pattern?.test(given) === false ? refuse(origin, rule, example) : [];
    },
  );

export const choice = <const T extends string>(values: readonly T[], about: About<T> = {}): Key<T> =>
  key(
    values.join(" \\| "),
    about,
    (given) => values.find((value) => value.toLowerCase() === given.toLowerCase()),
    unless(
      (value) => values.some((one) => one === value),
      `must be one of ${values.join(", ")}`,
      about.default ?? values[0] ?? "",
    ),
  );

export const flag = (about: About<boolean> = {}): Key<boolean> =>
  key(
    "true \\| false",
    about,
    (given) => (given === "true" ? true : given === "false" ? false : undefined),
    unless((value) => typeof value === "boolean", "must be true or false", String(about.default ?? true)),
  );

export const wholeNumber = (from: number, to: number, about: About<number> & { example?: number }): Key<number> =>
  key(
    `integer, ${from} to ${to}`,
    about,
    (given) => (/^[+-]?\d+$/.test(given) ? Number(given) : undefined),
    unless(
      (value) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to,
      `must be a whole number from ${from} to ${to}`,
      String(about.default ?? about.example ?? from),
    ),
  );

export const decimal = (about: About<number> & { readonly default: number }): Key<number> =>
  key(
    "number",
    about,
    (given) => (/^\d+(\.\d+)?$/.test(given) ? Number(given) : undefined),
    unless((value) => typeof value === "number", "must be a number", String(about.default)),
  );

/** Checks for the members of a map. Each returns the rule that the member breaks. */
interface MemberRules {
  readonly name?: (name: string, names: readonly string[]) => string | undefined;
  readonly value?: (value: string) => string | undefined;
  /** Whether messages show only the length of a value, because it can be a secret. */
  readonly hidden?: boolean;
}

type TextMap = Readonly<Record<string, string>>;

/** A map of names to strings, given as JSON; empty by default. Numbers and booleans become strings exactly as written. */
export const textMap = (about: About<TextMap> & MemberRules): Key<TextMap> =>
  key(
    "map of strings",
    { default: {}, ...about },
    (given) => {
      const value = json(given);
      const asText = (member: unknown) => (typeof member === "boolean" ? String(member) : member);
      return isMap(value) && Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asText(one)]));
    },
    (value, origin) => {
      const { name: key } = origin;
      const gotIn = (one: unknown): string => got({ ...origin, secret: origin.secret || about.hidden === true }, one);
      const setOne = (name: string): string => setMember(key, name, origin.secret ? undefined : "VALUE");
      if (!isMap(value)) {
        const rule = "must be a map of names to strings";
        return [{ key, rule, got: gotIn(origin.given), wayOut: `${remove(key)} && ${setOne("NAME")}` }];
      }
      const names = Object.keys(value);
      return Object.entries(value).flatMap(([name, one]): Issue | [] => {
        const at = `${key}.${name}`;
        const ofName = about.name?.(name, names);
        if (ofName !== undefined) return { key: at, rule: ofName, got: shown(name), wayOut: removeMember(key, name) };
        const rule = typeof one === "string" ? about.value?.(one) : "must be a string";
        return rule === undefined ? [] : { key: at, rule, got: gotIn(one), wayOut: setOne(name) };
      });
    },
  );

/** Whether a value is a map, whatever its members. */
export const isMap = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const list =
  (type: string, [all, one]: readonly [string, string], example: string, fits: (text: string) => boolean) =>
  (about: About<readonly string[]> = {}): Key<readonly string[]> =>
    key(type, { default: [], ...about }, json, (value, origin) => {
      const { name, given } = origin;
      const issue = (rule: string, refused: unknown, at?: number): Issue => {
        // Pulumi refuses to set a member of a value of another kind.
        const replaced = `${remove(name)} && ${setMember(name, 0, example)}`;
        const wayOut = at === undefined ? replaced : setMember(name, at, example);
        return { key: at === undefined ? name : `${name}[${at}]`, rule, got: got(origin, refused), wayOut };
      };
      if (!Array.isArray(value)) return [issue(`must be a list of ${all}`, given)];
      return value.flatMap((member, at) =>
        typeof member === "string" && fits(member) ? [] : issue(`must be ${one}`, member, at),
      );
    });

const secretNames = "lowercase letters, digits, '-' and '.'";
/** Names of a container app's secrets. */
export const secretNameList = list(
  "list of names",
  [`secret names: ${secretNames}`, `the name of a secret: ${secretNames}`],
  "a-secret",
  (name) => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name),
);

export function isCidr(range: string): boolean {
  const [, address] = /^([\d.]+)\/(?:\d|[12]\d|3[0-2])$/.exec(range) ?? [];
  return address !== undefined && isIPv4(address);
}

/** IPv4 ranges for Container Apps' IP restrictions (which take no IPv6: Azure documentation, "IP restrictions"). */
export const cidrList = list(
  "list of CIDR ranges",
  ["IPv4 ranges in CIDR notation", "an IPv4 range in CIDR notation"],
  "203.0.113.0/24",
  isCidr,
);

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
