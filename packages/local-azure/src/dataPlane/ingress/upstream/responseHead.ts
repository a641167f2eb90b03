/** The start line and header section of an HTTP/1.1 response. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** Names and values alternate, as they were sent. */
  readonly headers: readonly string[];
}

export const refused = (what: string): Error => new Error(`the replica's answer is not valid HTTP/1.1: ${what}`);

/**
 * Parses the start line and header section, without the final empty line. Refuses what has led to request smuggling
 * elsewhere: folded lines, and spaces before a colon.
 */
export function parseHead(text: string): ResponseHead {
  const lines = text.split("\r\n");
  const start = /^HTTP\/1\.[01] ([1-9]\d\d)(?: ([^\r\n\0]*))?$/.exec(lines[0] as string);
  if (start === null) throw refused("status line");
  const headers: string[] = [];
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string;
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    if (colon <= 0 || !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[\r\n\0]/.test(line)) throw refused("header line");
    headers.push(name, line.slice(colon + 1).trim());
  }
  return { status: Number(start[1]), reason: start[2] ?? "", headers };
}

/** Returns the value of a header. @throws if it appears twice with different values */
export function single(headers: readonly string[], name: string): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const candidate = headers[i] as string;
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    if (found !== undefined && found !== headers[i + 1]) throw refused(`two values of ${name}`);
    found = headers[i + 1];
  }
  return found;
}
