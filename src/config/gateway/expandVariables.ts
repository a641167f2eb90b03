/** Returns a variable's value, or undefined if nothing sets it. */
export type Lookup = (name: string) => string | undefined;

const reference = /\$(?:\$|\{([^}]*)\}|([\p{Alphabetic}\p{N}_]+))/gu;

/**
 * Replaces variables as AgentGateway 1.4 does (shellexpand 3.1) before it parses the file: `$NAME`, `${NAME}` and
 * `${NAME:-default}` everywhere, even in comments; `$$` becomes a dollar sign. AgentGateway exits if a variable is not
 * set; here it becomes `unset`.
 */
export function expandVariables(text: string, lookup: Lookup) {
  const unset: { readonly name: string; readonly line: number }[] = [];
  // The gateway first removes this editor directive, so that its dollar sign doesn't start a variable.
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
