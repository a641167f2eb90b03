import type { PropertyDiff } from "../protocol/provider.ts";
import { equal, isObject, type Properties, type Value } from "../protocol/wire.ts";

type Kind = "add" | "delete" | "update";

/** Where two values differ, by path and as deep as both are objects or arrays, in the order of the new value's keys. */
export function differences(old: Value | undefined, now: Value | undefined, path = ""): Map<string, Kind> {
  const found = new Map<string, Kind>();
  if (equal(old, now)) return found;
  const parts: [string, Value | undefined, Value | undefined][] = [];
  if (Array.isArray(old) && Array.isArray(now)) {
    for (let i = 0; i < Math.max(old.length, now.length); i++) parts.push([`${path}[${i}]`, old[i], now[i]]);
  } else if (isObject(old) && isObject(now)) {
    for (const key of new Set([...Object.keys(now), ...Object.keys(old)])) {
      parts.push([path === "" ? key : `${path}.${key}`, old[key], now[key]]);
    }
  } else {
    const absent = (value: Value | undefined): boolean => value === undefined || value === null;
    return found.set(path, absent(old) ? "add" : absent(now) ? "delete" : "update");
  }
  for (const [inner, a, b] of parts) for (const [at, kind] of differences(a, b, inner)) found.set(at, kind);
  return found;
}

/** The first name of a path: `configuration` of `configuration.secrets[0]`. */
export const topOf = (path: string): string => path.split(/[.[]/)[0] ?? "";

/** The differences as a provider reports them; those under a property of `forceNew` need a new resource. */
export function detailedDiff(
  old: Properties,
  now: Properties,
  forceNew: readonly string[],
): Record<string, PropertyDiff> {
  const entries = [...differences(old, now)].map(([path, kind]) => {
    const replace = forceNew.includes(topOf(path));
    return [path, { kind: replace ? (`${kind}-replace` as const) : kind, inputDiff: true }] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * Inputs after something changed them from outside: what differs between the old and the new outputs is applied to the
 * recorded inputs, and nothing else. So a default that Azure filled in is no drift, but a change of it is.
 */
export function applyDrift(
  inputs: Value | undefined,
  old: Value | undefined,
  now: Value | undefined,
): Value | undefined {
  if (equal(old, now)) return inputs;
  if (isObject(inputs) && isObject(old) && isObject(now)) {
    const keys = new Set([...Object.keys(inputs), ...Object.keys(old), ...Object.keys(now)]);
    const entries = [...keys].map((key) => [key, applyDrift(inputs[key], old[key], now[key])] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, Value] => (entry[1] ?? null) !== null));
  }
  if (Array.isArray(inputs) && Array.isArray(old) && Array.isArray(now)) {
    return now.map(
      (value, i) => (i < inputs.length && i < old.length ? applyDrift(inputs[i], old[i], value) : value) ?? null,
    );
  }
  return now;
}
