import { isDeepStrictEqual } from "node:util";
import { at, isObject, type Properties, secretValue, unknownValue } from "../digest/previewDigest.ts";

/** The change of a property. */
export interface ValueChange {
  /** The value; `[secret]` if the preview hides it, undefined if there is none. */
  readonly before: unknown;
  readonly after: unknown;
  /** What happens at each path that differs, at or below the property: `add`, `update` or `delete`. */
  readonly kinds: Readonly<Record<string, string>>;
}

/** Whether a change leaves everyone who is served now served. */
export type Keeps = (change: ValueChange) => boolean;

/** Returns the value at a path of a resource's inputs. Pulumi hides the whole object if it contains a secret. */
export const valueAt = (inputs: Properties | undefined, path: string): unknown => at(inputs, path, secretValue);

/** Whether any part of a value is hidden or only known after the update. */
export function isHidden(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === secretValue || value === unknownValue;
  return Object.values(value).some(isHidden);
}

/** Normalizes text. Azure accepts enum values, regions (`East US 2`) and IDs in any case, but returns its own spelling. */
export const plain = (value: unknown): unknown =>
  typeof value === "string" ? value.toLowerCase().replaceAll(" ", "") : value;

/** Whether a setting stays the same or changes to an `open` value, which refuses nobody. `unset` is Azure's default. */
export const setting =
  (unset: unknown, ...open: unknown[]): Keeps =>
  ({ before, after }) => {
    if (isHidden(before) || isHidden(after)) return false;
    const is = plain(after ?? unset);
    return [before ?? unset, ...open].some((value) => isDeepStrictEqual(plain(value), is));
  };

/** Whether every item of a list is still there, unchanged. */
export const items: Keeps = ({ before, after }) => {
  if (isHidden(before) || isHidden(after)) return false;
  return listOf(before).every((item) => listOf(after).some((other) => isDeepStrictEqual(item, other)));
};

/** Whether every managed identity is still there. */
export const identities: Keeps = ({ before, after }) => {
  if (isHidden(before) || isHidden(after)) return false;
  const kept = identitiesIn(after);
  return identitiesIn(before).every((identity) => kept.includes(identity));
};

function identitiesIn(value: unknown): unknown[] {
  if (!isObject(value)) return [];
  const { type, userAssignedIdentities: given } = value;
  const types = typeof type === "string" ? type.split(",").map(plain) : [];
  const users = isObject(given) ? Object.keys(given) : listOf(given);
  return [...types.filter((each) => each !== "none"), ...users.map(plain)];
}

/**
 * Whether no secret is removed. Only the paths show this, because the preview hides the list. A new value alone restarts
 * nothing; if the stack declares the secret, `SECRETS_DIGEST` in the template changes too.
 */
export const secrets: Keeps = ({ kinds }) =>
  Object.entries(kinds).every(([path, kind]) => kind === "add" || (kind === "update" && /\[\d+\]\.value$/.test(path)));

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
