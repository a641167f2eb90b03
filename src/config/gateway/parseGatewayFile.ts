import { isMap, isNode, LineCounter, parseDocument } from "yaml";
import { expandVariables, type Lookup, type UnsetVariable } from "./expandVariables.ts";

/** A gateway's file. Positions are those of the text with its variables expanded. */
export interface GatewayFile {
  readonly value: unknown;
  /** The first error, as later ones mostly follow from it; undefined if the YAML is readable. */
  readonly error: { readonly line: number; readonly column: number; readonly code: string } | undefined;
  /** Lines of keys that their mapping already has, below the top level. */
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
  const top = isMap(document.contents) ? document.contents.items.map(({ key }) => isNode(key) && key.range?.[0]) : [];
  // Elsewhere, the gateway refuses a repeated key of its own but takes the last one of names that a user chooses.
  const isNested = (error: { code: string; pos: [number, number] }) =>
    error.code === "DUPLICATE_KEY" && !top.includes(error.pos[0]);
  const duplicates = document.errors.filter(isNested).map(({ pos }) => lineCounter.linePos(pos[0]).line);
  const fail = (offset: number, code: string): GatewayFile => {
    const { line, col } = lineCounter.linePos(offset);
    return { value: undefined, error: { line, column: col, code }, duplicates, unset };
  };
  const at = text.search(control);
  if (at >= 0) return fail(at, "CONTROL_CHARACTER");
  const error = document.errors.find((each) => !isNested(each));
  if (error !== undefined) return fail(error.pos[0], error.code);
  try {
    // More aliases would only exhaust memory. The gateway has a similar limit.
    return { value: document.toJS({ maxAliasCount: 10_000 }), error: undefined, duplicates, unset };
  } catch {
    // Aliases are resolved only here, and the parser's message would quote them.
    return fail(Math.max(text.search(/(?<=^|[\s[{,])\*/), 0), "BAD_ALIAS");
  }
}
