import { isSecret, type Properties, secret, type Value } from "../protocol/values.ts";

/**
 * Splits a property path such as `tags["a.b"]` or `secrets[*].value` into names and indices; `*` matches any of them.
 */
export const pathKeys = (path: string): string[] =>
  [...path.matchAll(/\["((?:\\"|[^"])*)"\]|[^.[\]]+/g)].map(
    ([whole, quoted]) => quoted?.replaceAll('\\"', '"') ?? whole,
  );

/** Returns whether the changed path is inside the pattern, or the pattern inside the changed path. */
export function touches(pattern: string, path: string): boolean {
  const [a, b] = [pathKeys(pattern), pathKeys(path)];
  return a.every((part, i) => i >= b.length || part === "*" || part === b[i]);
}

/**
 * Returns the new inputs with the recorded value at each path; a path without a recorded value is removed. A path that
 * cannot be reset, for example a list element that exists on one side only, keeps its new value and is returned in
 * `invalid`. Source: pulumi sdk/go/common/resource/properties_path.go, Reset.
 */
export function ignoreChanges(
  news: Properties,
  olds: Properties,
  paths: readonly string[] = [],
): { readonly inputs: Properties; readonly invalid: readonly string[] } {
  const inputs = structuredClone(news);
  const invalid = paths.filter((path) => !reset(olds, inputs, pathKeys(path), { old: false, now: false }));
  return { inputs, invalid };
}

/** An object, or a list addressed by index. */
type Holder = Record<string, Value>;
type Maybe = Value | undefined;

const holds = (value: Maybe): value is Holder => typeof value === "object" && value !== null;

/**
 * Follows the path in both values and resets the new one. Returns false if their structures are too different.
 * `hidden` tells which side is inside a secret.
 */
function reset(old: Maybe, now: Maybe, keys: readonly string[], hidden: { old: boolean; now: boolean }): boolean {
  if (isSecret(old)) return reset(old.value, now, keys, { ...hidden, old: true });
  if (isSecret(now)) return reset(old, now.value, keys, { ...hidden, now: true });
  const [key = "", ...rest] = keys;
  const into = (each: string): boolean => {
    if (rest.length === 0)
      return assign(old, now, each, (value) => (hidden.old && !hidden.now ? secret(value) : value));
    if (!holds(old) || !holds(now)) return !holds(old) && !holds(now);
    if (!Object.hasOwn(now, each)) return !Object.hasOwn(old, each) && !Array.isArray(now);
    return (Object.hasOwn(old, each) || !Array.isArray(now)) && reset(old[each], now[each], rest, hidden);
  };
  if (key !== "*") return into(key);
  if (!holds(old) || !holds(now) || Array.isArray(old) !== Array.isArray(now)) return rest.length === 0 && holds(now);
  const all = Object.keys(rest.length === 0 || Array.isArray(now) ? { ...old, ...now } : old);
  return all.map(into).every(Boolean);
}

/** Copies the old value at this key into the new one. Returns false if that would change the length of a list. */
function assign(old: Maybe, now: Maybe, key: string, mark: (value: Value) => Value): boolean {
  const recorded = holds(old) && Object.hasOwn(old, key) ? old[key] : undefined;
  if (Array.isArray(old) || Array.isArray(now)) {
    const there = holds(now) && Object.hasOwn(now, key);
    if (recorded === undefined && !there) return true;
    if (recorded === undefined || !there || Array.isArray(old) !== Array.isArray(now)) return false;
  }
  if (recorded === undefined) {
    if (holds(now)) delete now[key];
    return true;
  }
  if (holds(now)) now[key] = mark(structuredClone(recorded));
  return holds(now);
}
