/** The member of a parsed YAML mapping; undefined if it is missing or null, or if the value is not a mapping. */
export function member(value: unknown, key: string): unknown {
  const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMapping && Object.hasOwn(value, key) ? ((value as Record<string, unknown>)[key] ?? undefined) : undefined;
}

/** The member if it is a list; otherwise an empty list. */
export function listAt(value: unknown, key: string): readonly unknown[] {
  const list = member(value, key);
  return Array.isArray(list) ? list : [];
}
