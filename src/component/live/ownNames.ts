import { createHash } from "node:crypto";

/**
 * Which names this stack has put on a resource is written on the resource itself, as a tag: what carries another name belongs
 * to somebody else and stays. A tag's value has at most 256 characters, so each name is recorded by a digest of fixed length.
 */

/** Characters of one digest: 30 bits, so that two names of one resource practically never share it. */
const width = 5;
/** Azure's limit for the value of a tag. */
const longest = 256;

const digestOf = (name: string): string =>
  createHash("sha256").update(name.toLowerCase()).digest("base64url").slice(0, width);

/** The value of the tag that records these names; names beyond the 51st are left out, and then count as foreign. */
export const recordNames = (names: readonly string[]): string =>
  [...names]
    .sort()
    .map(digestOf)
    .join("")
    .slice(0, longest - (longest % width));

/** Whether a recorded tag names this one; nothing is recorded: false. */
export function isRecorded(tag: string | undefined, name: string): boolean {
  const digests: readonly string[] = (tag ?? "").match(new RegExp(`.{${width}}`, "g")) ?? [];
  return digests.includes(digestOf(name));
}
