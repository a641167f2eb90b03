import { stripVTControlCharacters } from "node:util";

/** The last line of a replica's log, as far as it may be shown. */
export type LastLine = { readonly kind: "line"; readonly text: string } | { readonly kind: "withheld" };

/** Characters of a log line that are shown, and of a reason that Azure gives. */
const longest = { line: 300, reason: 500 } as const;

/** What `az containerapp logs show` itself says, before the log. */
const connecting = /(Connecting to the container|Successfully Connected to container:) '/;

/**
 * The last line of a log that says something, without control characters; withheld if it holds one of the secrets. Nobody
 * knows what else a replica writes: it is shown as its own words, never taken for anything else.
 */
export function lastLine(log: string, secrets: readonly string[]): LastLine | undefined {
  const lines = log.split(/\r?\n/).filter((line) => plain(line) !== "" && !connecting.test(line));
  const last = lines.at(-1);
  if (last === undefined) return undefined;
  const text = plain(last);
  const holds = (secret: string): boolean => secret !== "" && (last.includes(secret) || text.includes(secret));
  return secrets.some(holds) ? { kind: "withheld" } : { kind: "line", text: cut(text, longest.line) };
}

/** A reason that Azure gives, in one line. */
export const oneLine = (reason: string): string => cut(plain(reason), longest.reason);

/** Without colours, control characters and characters that change the direction of text or are not seen. */
const plain = (text: string): string =>
  stripVTControlCharacters(text)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();

const cut = (text: string, length: number): string =>
  [...text].length <= length ? text : `${[...text].slice(0, length - 1).join("")}…`;
