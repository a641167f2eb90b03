import { isObject, type Properties } from "./previewDigest.ts";

/** Returns the known parts of a value, or throws if it has the wrong shape. */
export type Check<T> = (value: unknown) => T;

function refuse(): never {
  throw new TypeError("a part of the preview has an unexpected shape, or too many items");
}

/** A string. If it's too long, its end is cut off. */
export const string =
  (longest: number): Check<string> =>
  (value) =>
    typeof value !== "string" ? refuse() : value.length > longest ? `${value.slice(0, longest)}…` : value;

/** A string. If it's too long, its beginning is cut off. */
export const tail =
  (longest: number): Check<string> =>
  (value) =>
    typeof value === "string" ? value.slice(-longest) : refuse();

/** A whole number, at least 0. */
export const integer =
  (largest: number): Check<number> =>
  (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= largest ? value : refuse();

export const anyOf =
  <T>(values: readonly T[]): Check<T> =>
  (value) =>
    values.find((one) => one === value) ?? refuse();

export const listOf =
  <T>(item: Check<T>, most: number): Check<T[]> =>
  (value) =>
    Array.isArray(value) && value.length <= most ? value.map(item) : refuse();

export const recordOf =
  <T>(item: Check<T>, most: number): Check<Record<string, T>> =>
  (value) => {
    if (!isObject(value) || Object.keys(value).length > most) refuse();
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, item(inner)]));
  };

/** Pulumi writes null for an empty list or map. */
export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (value) =>
    value === undefined || value === null ? undefined : check(value);

/** An object with these fields. Other fields, and fields without a value, are dropped. */
export const shape =
  <T extends object>(fields: { readonly [K in keyof T]-?: Check<T[K] | undefined> }): Check<T> =>
  (value) => {
    if (!isObject(value)) refuse();
    const known = Object.entries<Check<unknown>>(fields).map(([name, check]): [string, unknown] => [
      name,
      check(Object.hasOwn(value, name) ? value[name] : undefined),
    ]);
    return Object.fromEntries(known.filter(([, inner]) => inner !== undefined)) as T;
  };

/** Most levels of nesting in a resource's properties. */
const deepest = 50;

/** Properties of a resource. Their names and values can be anything. */
export const properties: Check<Properties> = (value) =>
  isObject(value) && depthOf(value) <= deepest ? value : refuse();

function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== "object" || value === null || depth > deepest) return depth;
  return Object.values(value).reduce<number>((most, inner) => Math.max(most, depthOf(inner, depth + 1)), depth);
}
