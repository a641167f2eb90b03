/**
 * Splits a command line into words as a shell does, with quotes and backslashes, but without any expansion.
 * @throws an error with exit code 2 for an empty line or an unclosed quote
 */
export function splitCommandLine(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const char = line[i] as string;
    const next = line[i + 1];
    if (quote === undefined && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === quote) {
      quote = undefined;
    } else if (quote === undefined && (char === "'" || char === '"')) {
      quote = char;
      word ??= "";
    } else if (char === "\\" && next !== undefined && quote !== "'" && (quote === undefined || /["\\]/.test(next))) {
      word = (word ?? "") + next;
      i++;
    } else {
      word = (word ?? "") + char;
    }
  }
  if (quote !== undefined) throw usage(`the command has an unclosed ${quote}: ${line}`);
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw usage("the command must not be empty");
  return words;
}

/** Replaces each `{name}` that has a value, and keeps the others. */
export function fillPlaceholders(word: string, values: Readonly<Record<string, string>>): string {
  return word.replace(
    /\{(\w+)\}/g,
    (whole, name: string) => (Object.hasOwn(values, name) ? values[name] : whole) as string,
  );
}

function usage(message: string): Error {
  return Object.assign(new Error(message), { exitCode: 2 });
}
