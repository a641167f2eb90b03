import type { Change } from "./provider.ts";
import { equal, isObject, type Properties, type Value } from "./values.ts";

/**
 * Where two sets of properties differ, by path and as deep as both are objects or arrays, in the order of the new one's
 * keys. What differs at a path of `forceNew`, or under it, needs a new resource; `[]` in a path is any element.
 */
export function differences(
  old: Properties,
  now: Properties,
  forceNew: readonly string[] = [],
): Record<string, Change> {
  const found: Record<string, Change> = {};
  const compare = (path: string, a: Value | undefined, b: Value | undefined): void => {
    if (equal(a, b)) return;
    if (Array.isArray(a) && Array.isArray(b)) {
      for (let i = 0; i < Math.max(a.length, b.length); i++) compare(`${path}[${i}]`, a[i], b[i]);
    } else if (isObject(a) && isObject(b)) {
      for (const key of Object.keys({ ...b, ...a })) compare(path === "" ? key : `${path}.${key}`, a[key], b[key]);
    } else {
      const kind = a === undefined ? "add" : b === undefined ? "delete" : "update";
      const at = `${path.replace(/\[\d+\]/g, "[]")}.`;
      found[path] = forceNew.some((each) => at.startsWith(`${each}.`) || at.startsWith(`${each}[`))
        ? `${kind}-replace`
        : kind;
    }
  };
  compare("", old, now);
  return found;
}

/**
 * Inputs after something changed them from outside: what differs between the old and the new outputs is applied to the
 * recorded inputs, and nothing else. So a default that Azure filled in is no drift, but a change of it is.
 */
export function applyDrift(inputs: Properties, old: Properties, now: Properties): Properties {
  const apply = (input: Value | undefined, a: Value | undefined, b: Value | undefined): Value | undefined => {
    if (equal(a, b)) return input;
    if (isObject(input) && isObject(a) && isObject(b)) return applyDrift(input, a, b);
    if (!Array.isArray(input) || !Array.isArray(a) || !Array.isArray(b)) return b;
    return b.map((value, i) => (i < Math.min(input.length, a.length) ? (apply(input[i], a[i], value) ?? null) : value));
  };
  const keys = Object.keys({ ...inputs, ...old, ...now });
  const entries = keys.map((key): [string, Value | undefined] => [key, apply(inputs[key], old[key], now[key])]);
  return Object.fromEntries(entries.filter((entry): entry is [string, Value] => entry[1] !== undefined));
}
