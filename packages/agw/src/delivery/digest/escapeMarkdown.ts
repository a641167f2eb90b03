/**
 * Run output (names, values, messages) is untrusted: it may contain mentions, links, HTML or backticks. GitHub renders
 * none of them inside code, so run output only ever appears in a code span or a fenced block whose fence is longer than
 * any run of backticks inside.
 */

/**
 * GitHub's parser doesn't recognize a code span whose fence has more than 80 backticks, and counts at most 255 in a block's
 * fence (cmark-gfm: MAXBACKTICKS, fence_length). So fences have at most 79, and longer runs in the text are escaped.
 */
const longestRunShown = 78;
/** Most characters in a code span. Names and paths are shorter; a longer text must not fill the comment. */
const longestSpan = 250;

/** Returns the text as an inline code span, cut after 250 characters. */
export function codeSpan(text: string): string {
  const cut = text.length > longestSpan ? `${text.slice(0, longestSpan)}…` : text;
  const line = fenceable(cut).replaceAll(/\s+/g, " ").trim();
  if (line === "") return "` `";
  const fence = "`".repeat(longestRun(line) + 1);
  const pad = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Returns the text as a code span for a table cell. GitHub splits rows at `|` before it reads code spans. */
export function codeCell(text: string): string {
  // If the text has a backslash before the bar, `\|` would read as an escaped backslash and a bare bar.
  const written = text.replaceAll(/\\+\|/g, (run) => `${run.slice(0, -1)}\\u{7c}`);
  return codeSpan(written.replaceAll("|", "\\|"));
}

/** Returns the text as a fenced block. Only the text is escaped, so `language` must be a constant. */
export function fencedBlock(text: string, language: string): string {
  const body = fenceable(text);
  const fence = "`".repeat(Math.max(3, longestRun(body) + 1));
  return `${fence}${language}\n${body}\n${fence}`;
}

/** Replaces control characters, lone surrogates and characters that change the text direction with their code points. */
export function visible(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(/[^\P{Cc}\n\t]|[\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, (character) => {
      const point = character.codePointAt(0) ?? 0;
      return `\\u{${point.toString(16)}}`;
    });
}

/** Escapes runs of backticks that are too long to be fenced. */
const fenceable = (text: string): string =>
  visible(text).replaceAll(/`+/g, (run) => (run.length > longestRunShown ? "\\u{60}".repeat(run.length) : run));

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
}
