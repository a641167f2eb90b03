import { createHash } from "node:crypto";

/**
 * A tag on a resource records which names (of tags or secrets) this stack has set there. All other names belong to
 * others and are kept. A tag's value is limited to 256 characters, so each name is recorded as a short digest.
 */

/** Characters per digest: 30 bits, enough to tell the names on one resource apart. */
const width = 5;
/** Azure's limit for the length of a tag's value. */
const longest = 256;

const digestOf = (name: string): string =>
  createHash("sha256").update(name.toLowerCase()).digest("base64url").slice(0, width);

/** Value of the tag that records these names. Names after the 51st are not recorded and count as foreign. */
export const recordNames = (names: readonly string[]): string =>
  [...names]
    .sort()
    .map(digestOf)
    .join("")
    .slice(0, longest - (longest % width));

/** Whether the tag records this name; false without a tag. */
export function isRecorded(tag: string | undefined, name: string): boolean {
  const digests: readonly string[] = (tag ?? "").match(new RegExp(`.{${width}}`, "g")) ?? [];
  return digests.includes(digestOf(name));
}
