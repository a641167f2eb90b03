import { isDeepStrictEqual } from "node:util";
import { isObject, type Properties, type ResourceChange, secretValue, unknownValue } from "./previewDigest.ts";

/** One input that differs. `before` or `after` is undefined if the property doesn't exist there. */
export interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Returns the leaves in which two property trees differ, without Pulumi's own names, which start with `__`. */
function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isBranch(before) && !isBranch(after)) return [{ path, before, after }];
  const [left, right] = [branch(before), branch(after)];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].filter((name) => !name.startsWith("__"));
  const array = Array.isArray(before) || Array.isArray(after);
  const inner = names.flatMap((name) => differences(left[name], right[name], joined(path, name, array)));
  // If one side is a plain value and the other an object, the plain value is a difference too.
  const plain = { path, before: leaf(before), after: leaf(after) };
  return plain.before === undefined && plain.after === undefined ? inner : [plain, ...inner];
}

/** Returns the paths of everything that differs: visible inputs, and hidden ones as the provider names them. */
export const differingPaths = (change: ResourceChange): string[] => Object.keys(differingKinds(change));

/** Returns what happens at each path that differs: `add`, `update` or `delete`. */
export function differingKinds(change: ResourceChange): Record<string, string> {
  const shown = inputDifferences(change).map(({ path, before, after }) => [
    path,
    before === undefined ? "add" : after === undefined ? "delete" : "update",
  ]);
  const hidden = hiddenPaths(change).map((path) => [path, (change.kinds[path] ?? "update").replace("-replace", "")]);
  return Object.fromEntries([...shown, ...hidden]);
}

const inputDifferences = (change: ResourceChange): Difference[] =>
  differences(change.before?.inputs ?? {}, change.after?.inputs ?? {});

/** Returns the paths that the provider reports as changed but that look equal in the printed inputs. */
function hiddenPaths(change: ResourceChange): string[] {
  const shownPaths = inputDifferences(change).map(({ path }) => path);
  return change.paths.filter((path) => !shownPaths.some((leaf) => within(leaf, path) || within(path, leaf)));
}

const within = (path: string, outer: string): boolean =>
  path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

const signs: Record<ResourceChange["op"], string> = {
  create: "+",
  import: "=",
  update: "~",
  replace: "±",
  delete: "-",
  other: "?",
};

/**
 * Returns the lines of a `diff` block for one resource: a heading, then one line per changed input. Secrets stay
 * `[secret]`, as Pulumi prints them; a value that is known only after the update is marked as such.
 */
export function diffOf(change: ResourceChange): string[] {
  const heading = `@@ ${signs[change.op]} ${change.type} ${change.name} (${change.op}) @@`;
  if (change.op === "delete") return [heading];
  const lines = inputDifferences(change).flatMap(({ path, before, after }) => [
    ...(before === undefined ? [] : [`- ${path}: ${shown(before, after)}`]),
    ...(after === undefined ? [] : [`+ ${path}: ${shown(after, before)}`]),
  ]);
  const hidden = hiddenPaths(change).map((path) => `! ${path}: changed (value not shown)`);
  // A component has no inputs; it only appears in the table of steps.
  return lines.length + hidden.length === 0 ? [] : [heading, ...lines, ...hidden];
}

/** The number of characters of a value that a diff line shows. */
const longestValue = 160;

/** Returns a value on one line. A long text is cut to start just before the first difference from the other side. */
function shown(value: unknown, other: unknown): string {
  if (value === unknownValue) return "(known after the update)";
  if (value === secretValue) return secretValue;
  const text = JSON.stringify(value) ?? String(value);
  if (text.length <= longestValue) return text;
  const start = other === undefined ? 0 : Math.max(0, commonPrefix(text, JSON.stringify(other) ?? "") - 20);
  const end = start + longestValue;
  return `${start > 0 ? "…" : ""}${text.slice(start, end)}${end < text.length ? "…" : ""}`;
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function joined(path: string, name: string, array: boolean): string {
  if (array) return `${path}[${name}]`;
  return path === "" ? name : `${path}.${name}`;
}

function isBranch(value: unknown): value is Properties | unknown[] {
  return (Array.isArray(value) || isObject(value)) && Object.keys(value).length > 0;
}

/** An empty object or list doesn't count as a plain value next to a filled one. */
const leaf = (value: unknown): unknown => (typeof value === "object" && value !== null ? undefined : value);

const branch = (value: unknown): Properties => (isBranch(value) ? (value as Properties) : {});
