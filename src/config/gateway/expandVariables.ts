/** A reference to a variable that nothing sets. */
export interface UnsetVariable {
  readonly name: string;
  readonly line: number;
}

/** Returns a variable's value, or undefined if nothing sets it. */
export type Lookup = (name: string) => string | undefined;

const reference = /\$(?:\$|\{([^}]*)\}|([\p{Alphabetic}\p{N}_]+))/gu;

/**
 * Replaces variables as AgentGateway 1.4 does (shellexpand 3.1) before it parses the file: `$NAME`, `${NAME}` and
 * `${NAME:-default}` everywhere, so also in comments; `$$` is a dollar sign. A variable that nothing sets stops the
 * gateway; here it becomes `unset`.
 */
export function expandVariables(text: string, lookup: Lookup): { text: string; unset: readonly UnsetVariable[] } {
  const unset: UnsetVariable[] = [];
  // The gateway cuts this comment of editors first, so its dollar sign is no variable.
  const source = text.replaceAll("# yaml-language-server: $schema", "#");
  const expanded = source.replace(reference, (whole, braced: string | undefined, plain: string, offset: number) => {
    if (whole === "$$") return "$";
    const [, name = braced ?? plain, fallback] = /^(?!:-)(.+?):-(.*)$/s.exec(braced ?? "") ?? [];
    const value = lookup(name) ?? fallback;
    if (value === undefined) unset.push({ name, line: source.slice(0, offset).split("\n").length });
    return value ?? "unset";
  });
  return { text: expanded, unset };
}
