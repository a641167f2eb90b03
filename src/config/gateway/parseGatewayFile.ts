import { isMap, LineCounter, parseDocument } from "yaml";
import { expandVariables, type Lookup } from "./expandVariables.ts";

/** Characters that libyaml, and so the gateway, refuses anywhere in a file. The parser used here accepts them. */
const control = /[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * Expands variables and parses YAML, as AgentGateway 1.4 does. Returns the value or the first error, because later ones
 * mostly follow from it. `repeated` has the lines of duplicate keys below the top level. Positions refer to the text
 * after expansion.
 */
export function parseGatewayFile(content: string, lookup: Lookup) {
  const { text, unset } = expandVariables(content, lookup);
  const lineCounter = new LineCounter();
  // Warnings would go to stderr and quote the file.
  const document = parseDocument(text, { lineCounter, logLevel: "error" });
  const top = isMap<{ range: readonly number[] }>(document.contents) ? document.contents.items : [];
  const starts = top.map(({ key }) => key.range[0]);
  // Below the top level, the gateway refuses duplicates of its own keys. Of names that users choose, it uses the last.
  const nested = document.errors.filter(({ code, pos }) => code === "DUPLICATE_KEY" && !starts.includes(pos[0]));
  const repeated = nested.map(({ pos }) => lineCounter.linePos(pos[0]).line);
  const rest = { repeated, unset };
  const fail = (at: number, code: string) => ({
    value: undefined,
    error: { ...lineCounter.linePos(at), code },
    ...rest,
  });
  const at = text.search(control);
  if (at >= 0) return fail(at, "CONTROL_CHARACTER");
  const error = document.errors.find((each) => !nested.includes(each));
  if (error !== undefined) return fail(error.pos[0], error.code);
  try {
    // Resolves aliases. The limit protects against exponential growth; the gateway has a similar one.
    return { value: document.toJS({ maxAliasCount: 10_000 }) as unknown, error: undefined, ...rest };
  } catch {
    // The parser's message would quote the alias, and has no position.
    return fail(text.search(/(?<![^\s[{,:])\*/), "BAD_ALIAS");
  }
}
