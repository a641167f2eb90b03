/** The members of a parsed YAML mapping; none if the value is something else. */
export const members = (value: unknown): [name: string, member: unknown][] =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

/** A member of a parsed YAML mapping; undefined if it is missing or null. */
export const member = (value: unknown, key: string): unknown =>
  members(value).find(([name]) => name === key)?.[1] ?? undefined;

/** A member that is a list; empty if it is something else. */
export function listAt(value: unknown, key: string): readonly unknown[] {
  const list = member(value, key);
  return Array.isArray(list) ? list : [];
}
