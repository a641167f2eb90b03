import { isDeepStrictEqual } from "node:util";
import { isObject, type Properties, type ResourceChange, secretValue, unknownValue } from "./previewDigest.ts";

/** One input that differs, by its path; a side is undefined where the property is not there. */
export interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The leaves of two property trees that differ. Names that start with `__` are Pulumi's own and left out. */
function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isBranch(before) && !isBranch(after)) return [{ path, before, after }];
  const [left, right] = [branch(before), branch(after)];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].filter((name) => !name.startsWith("__"));
  const array = Array.isArray(before) || Array.isArray(after);
  const inner = names.flatMap((name) => differences(left[name], right[name], joined(path, name, array)));
  // Where a plain value stands against an object, the plain one is a difference of its own.
  const plain = { path, before: leaf(before), after: leaf(after) };
  return plain.before === undefined && plain.after === undefined ? inner : [plain, ...inner];
}

/** Paths of all that differs: of the inputs, and of what hides in secrets, as the provider names it. */
export function differingPaths(change: ResourceChange): string[] {
  return [...inputDifferences(change).map(({ path }) => path), ...hiddenPaths(change)];
}

const inputDifferences = (change: ResourceChange): Difference[] =>
  differences(change.before?.inputs ?? {}, change.after?.inputs ?? {});

/** Paths that the provider names and that the printed inputs show no difference of. */
function hiddenPaths(change: ResourceChange): string[] {
  const shownPaths = inputDifferences(change).map(({ path }) => path);
  return change.paths.filter((path) => !shownPaths.some((leaf) => within(leaf, path) || within(path, leaf)));
}

const within = (path: string, outer: string): boolean =>
  path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

const signs: Record<ResourceChange["op"], string> = { create: "+", update: "~", replace: "±", delete: "-", other: "?" };

/**
 * The lines of a `diff` block for one resource: a heading, then the inputs that differ, one a line. Secrets stay
 * `[secret]`, as Pulumi prints them; values that are known only after the update are said to be so.
 */
export function diffOf(change: ResourceChange): string[] {
  const heading = `@@ ${signs[change.op]} ${change.type} ${change.name} (${change.op}) @@`;
  if (change.op === "delete") return [heading];
  const lines = inputDifferences(change).flatMap(({ path, before, after }) => [
    ...(before === undefined ? [] : [`- ${path}: ${shown(before, after)}`]),
    ...(after === undefined ? [] : [`+ ${path}: ${shown(after, before)}`]),
  ]);
  const hidden = hiddenPaths(change).map((path) => `! ${path}: changed, not shown`);
  // A component has no inputs of its own: the table has its line.
  return lines.length + hidden.length === 0 ? [] : [heading, ...lines, ...hidden];
}

/** Characters of a value that a diff line shows: what is longer nobody reads there. */
const longestValue = 160;

/** A value on one line; of a long text the part from just before where it parts from the other side. */
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

/** An object or a list without anything in it is nothing of its own beside one that is filled. */
const leaf = (value: unknown): unknown => (typeof value === "object" && value !== null ? undefined : value);

const branch = (value: unknown): Properties => (isBranch(value) ? (value as Properties) : {});
