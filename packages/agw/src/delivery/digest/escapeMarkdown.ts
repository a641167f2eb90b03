/**
 * Text of a run (names, values, messages) is not ours: it may hold mentions, links, HTML or backticks. GitHub makes
 * neither mentions nor links nor HTML of what stands in code, so such text only ever appears in a code span or a fence
 * that is longer than any run of backticks inside.
 */

/** An inline code span. */
export function codeSpan(text: string): string {
  const line = visible(text).replaceAll(/\s+/g, " ").trim();
  if (line === "") return "` `";
  const fence = "`".repeat(longestRun(line) + 1);
  const pad = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A code span for a table cell: a row is split at `|` before code spans are read. */
export function codeCell(text: string): string {
  // After a backslash of the text's own, `\|` would read as an escaped backslash and a bare bar.
  const written = text.replaceAll(/\\+\|/g, (run) => `${run.slice(0, -1)}\\u{7c}`);
  return codeSpan(written.replaceAll("|", "\\|"));
}

/** A fenced block; `language` is ours, the text is not. */
export function fencedBlock(text: string, language: string): string {
  const body = visible(text);
  const fence = "`".repeat(Math.max(3, longestRun(body) + 1));
  return `${fence}${language}\n${body}\n${fence}`;
}

/** Control and direction-changing characters as their code points, so that what is shown is what is there. */
export function visible(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(/[^\P{Cc}\n\t]|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, (character) => {
      const point = character.codePointAt(0) ?? 0;
      return `\\u{${point.toString(16)}}`;
    });
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
}
