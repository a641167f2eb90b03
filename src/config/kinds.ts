import { isIPv4 } from "node:net";

/** Why a text is not a value of its kind: the rule, and an example of one that is. */
export interface Refusal {
  readonly rule: string;
  /** A value that would do; of a structured value the path below the key and its value, for `pulumi config set --path`. */
  readonly example: string;
  readonly path?: string;
}

/** A configuration key: what the README's table says of it, and how its text becomes a value. */
export interface Key<T> {
  /** As the README's table shows it. */
  readonly type: string;
  /** Used where the key is not set; undefined: the description says what happens then. */
  readonly default: T | undefined;
  readonly description: string;
  /** The value is a secret: messages show its kind and length only. */
  readonly secret: boolean;
  parse(text: string): { readonly value: T } | { readonly refusal: Refusal };
}

interface About<T> {
  readonly default?: T;
  readonly description: string;
  readonly secret?: boolean;
}

type WithDefault<T> = About<T> & { readonly default: T };

function key<T>(type: string, about: About<T>, parse: Key<T>["parse"]): Key<T> {
  const { default: value, description, secret = false } = about;
  return { type, default: value, description, secret, parse };
}

const refuse = (rule: string, example: string): { refusal: Refusal } => ({ refusal: { rule, example } });

type Form = { readonly pattern: RegExp; readonly rule: string } | { readonly pattern?: never };

/** A text; where a pattern is given, the whole text has to match it. */
export const text = (about: About<string> & Form & { readonly example?: string }): Key<string> =>
  key("text", about, (value) => {
    if (value.trim() === "") return refuse("must not be empty", about.example ?? "a-text");
    if (about.pattern === undefined || about.pattern.test(value)) return { value };
    return refuse(about.rule, about.example ?? "");
  });

export const choice = <const T extends string>(values: readonly T[], about: About<T>): Key<T> =>
  key(values.join(" \\| "), about, (given) => {
    const value = values.find((candidate) => candidate.toLowerCase() === given.toLowerCase());
    return value === undefined
      ? refuse(`must be one of ${values.join(", ")}`, about.default ?? values[0] ?? "")
      : { value };
  });

export const flag = (about: About<boolean>): Key<boolean> =>
  key("true \\| false", about, (value) =>
    value === "true" || value === "false"
      ? { value: value === "true" }
      : refuse("must be true or false", String(about.default ?? true)),
  );

export const wholeNumber = (from: number, to: number, about: About<number> & { example?: number }): Key<number> =>
  key(`whole number, ${from} to ${to}`, about, (given) => {
    const value = /^[+-]?\d+$/.test(given) ? Number(given) : Number.NaN;
    if (value >= from && value <= to) return { value };
    return refuse(wholeNumberRule(from, to), String(about.default ?? about.example ?? from));
  });

export const wholeNumberRule = (from: number, to: number): string => `must be a whole number from ${from} to ${to}`;

export const decimal = (about: WithDefault<number>): Key<number> =>
  key("number", about, (given) => {
    const value = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
    return Number.isNaN(value) ? refuse("must be a number", String(about.default)) : { value };
  });

/** A map of names to texts, as Pulumi hands structured configuration over: JSON. Numbers and booleans become texts, as written. */
export const textMap = (about: About<Record<string, string>>): Key<Record<string, string>> =>
  key("map of texts", about, (given) => {
    const value = json(given);
    const entries =
      typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
    if (entries?.every(([, member]) => ["string", "boolean"].includes(typeof member)) !== true) {
      return { refusal: { rule: "must be a map of names to texts", path: ".NAME", example: "VALUE" } };
    }
    return { value: Object.fromEntries(entries.map(([name, member]) => [name, String(member)])) };
  });

/** Names of a container app's secrets. */
export const secretNameList = (about: About<readonly string[]>): Key<readonly string[]> =>
  key("list of names", about, (given) => {
    const value = json(given);
    const names =
      Array.isArray(value) &&
      value.every((member): member is string => typeof member === "string" && isSecretName(member));
    return names ? { value } : { refusal: { rule: secretNameListRule, path: "[0]", example: "a-secret" } };
  });

export const secretNameListRule = "must be a list of names of secrets: lower-case letters, digits, '-' and '.'";

export const isSecretName = (name: string): boolean => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name);

/** IPv4 ranges, as Container Apps' IP restrictions take them. */
export const cidrList = (about: About<readonly string[]>): Key<readonly string[]> =>
  key("list of CIDR ranges", about, (given) => {
    const value = json(given);
    const ranges =
      Array.isArray(value) && value.every((member): member is string => typeof member === "string" && isCidr(member));
    return ranges ? { value } : { refusal: { rule: cidrListRule, path: "[0]", example: "203.0.113.0/24" } };
  });

export const cidrListRule = "must be a list of IPv4 ranges";

export function isCidr(range: string): boolean {
  const [, address, bits] = /^([\d.]+)\/(\d{1,2})$/.exec(range) ?? [];
  return address !== undefined && isIPv4(address) && Number(bits) <= 32;
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
