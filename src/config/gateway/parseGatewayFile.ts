import { isMap, LineCounter, parseDocument } from "yaml";
import { expandVariables, type Lookup, type UnsetVariable } from "./expandVariables.ts";

/** A gateway's file. Positions are those of the text with its variables expanded. */
interface GatewayFile {
  readonly value: unknown;
  /** The first error, as later ones mostly follow from it; undefined if the YAML is readable. */
  readonly error?: { readonly line: number; readonly column: number; readonly code: string };
  /** Lines of keys, below the top level, that their mapping already has. */
  readonly duplicates: readonly number[];
  readonly unset: readonly UnsetVariable[];
}

/** What libyaml, and so the gateway, refuses anywhere in a file. The parser used here accepts it. */
const control = /[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Expands variables and parses YAML, as AgentGateway 1.4 does. */
export function parseGatewayFile(content: string, lookup: Lookup): GatewayFile {
  const { text, unset } = expandVariables(content, lookup);
  const lineCounter = new LineCounter();
  // Warnings would go to stderr and quote the file.
  const document = parseDocument(text, { lineCounter, logLevel: "error" });
  const top = isMap<{ range: readonly number[] }>(document.contents) ? document.contents.items : [];
  const starts = top.map(({ key }) => key.range[0]);
  // Elsewhere, the gateway refuses a repeated key of its own, but takes the last one of names that users choose.
  const nested = document.errors.filter(({ code, pos }) => code === "DUPLICATE_KEY" && !starts.includes(pos[0]));
  const duplicates = nested.map(({ pos }) => lineCounter.linePos(pos[0]).line);
  const fail = (offset: number, code: string): GatewayFile => {
    const { line, col } = lineCounter.linePos(offset);
    return { value: undefined, error: { line, column: col, code }, duplicates, unset };
  };
  const at = text.search(control);
  if (at >= 0) return fail(at, "CONTROL_CHARACTER");
  const error = document.errors.find((each) => !nested.includes(each));
  if (error !== undefined) return fail(error.pos[0], error.code);
  try {
    // Aliases are resolved only here. More of them would only exhaust memory; the gateway has a similar limit.
    return { value: document.toJS({ maxAliasCount: 10_000 }), duplicates, unset };
  } catch {
    // The parser's message would quote the alias, and has no position.
    return fail(text.search(/(?<![^\s[{,:])\*/), "BAD_ALIAS");
  }
}
