import { cut, plain } from "../../messages/oneLine.ts";

/** The last line of a replica's log, as far as it may be shown. */
export type LastLine = { readonly kind: "line"; readonly text: string } | { readonly kind: "withheld" };

/** Characters of a log line that are shown. */
const longest = 300;

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
  return secrets.some(holds) ? { kind: "withheld" } : { kind: "line", text: cut(text, longest) };
}
