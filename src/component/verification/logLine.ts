import { cut, plain } from "../../messages/oneLine.ts";

/** The last line of a replica's log, or withheld because it contains a secret. */
export type LastLine = { readonly kind: "line"; readonly text: string } | { readonly kind: "withheld" };

/** Characters after which a log line is cut. */
const longest = 300;

/** Lines that `az containerapp logs show` prints before the log. */
const connecting = /(Connecting to the container|Successfully Connected to container:) '/;

/**
 * The last non-empty line of a log, without control characters; withheld if it contains one of the secrets. A replica
 * can write anything, so callers must only show the line, never interpret it.
 */
export function lastLine(log: string, secrets: readonly string[]): LastLine | undefined {
  const lines = log.split(/\r?\n/).filter((line) => plain(line) !== "" && !connecting.test(line));
  const last = lines.at(-1);
  if (last === undefined) return undefined;
  const text = plain(last);
  const holds = (secret: string): boolean => secret !== "" && (last.includes(secret) || text.includes(secret));
  return secrets.some(holds) ? { kind: "withheld" } : { kind: "line", text: cut(text, longest) };
}
