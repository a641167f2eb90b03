import type { Change } from "./provider.ts";
import { equal, isObject, type Properties, type Value } from "./values.ts";

/**
 * Returns the differences between two sets of properties by path, in the order of the new one's keys. It descends as
 * long as both sides are objects or both are arrays. A difference at or below a path in `forceNew` requires a
 * replacement; `[]` in such a path matches any element.
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
 * Returns the inputs after drift. Only differences between the old and the new outputs are applied to the recorded
 * inputs, so a default that Azure filled in is not drift, but a change of that default is.
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
