import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/**
 * `<directory>/env`: what a shell sources to aim its tools at the local Azure that runs, one `export NAME='value'` a line.
 * It is there while one runs. Where it outlives its server all the same (a power cut), whoever sources it is told.
 */

/** The folder that `agw` works in: the project's `.local`, or what AGW_LOCAL names where it is not empty. */
export const localDirectory = (env: NodeJS.ProcessEnv): string =>
  resolve(env.AGW_LOCAL || join(import.meta.dirname, "..", "..", "..", "..", ".local"));

const file = (directory: string): string => join(directory, "env");

/**
 * Writes the file at once and whole (0600, in a 0700 directory): a reader sees all of it or none.
 * @param pathFirst a folder to put first on the reader's own PATH, empty for none; undefined: PATH is left alone
 */
export function writeEnvironmentFile(
  directory: string,
  environment: Readonly<Record<string, string>>,
  pathFirst?: string,
): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const lines = Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  if (pathFirst !== undefined) lines.unshift(`export PATH=${pathFirst === "" ? "" : `${quote(pathFirst)}:`}"$PATH"\n`);
  lines.push(goneNotice(process.pid));
  const draft = `${file(directory)}.${process.pid}`;
  writeFileSync(draft, lines.join(""), { mode: 0o600 });
  renameSync(draft, file(directory));
}

/** The variables of the local Azure that runs, or undefined where none does. */
export function readEnvironmentFile(directory: string): Record<string, string> | undefined {
  let text: string;
  try {
    text = readFileSync(file(directory), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return Object.fromEntries([...text.matchAll(exportStatement)].map(variable));
}

/** Removes the file where it is still the one with this value, so that a newer server's file stays. */
export function removeEnvironmentFile(directory: string, name: string, value: string): void {
  if (readEnvironmentFile(directory)?.[name] === value) rmSync(file(directory), { force: true });
}

/** One word for a shell. POSIX quoting: within single quotes nothing is special but the quote itself. */
export const quote = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

/** What in the file tells which process wrote it. */
export const writerMark = (pid: number): string => `kill -0 ${pid} `;

/** For a shell: a line that says so where the process that wrote the file has ended. */
const goneNotice = (pid: number): string =>
  `${writerMark(pid)}2>/dev/null || echo "The local Azure that this file names does not run any more. Start it: npx agw azure" >&2\n`;

/**
 * One `export` as written above: the quoted value, and what of the reader's own PATH follows. A value may hold any character,
 * line breaks of every kind too, so it ends at its closing quote and not at the end of a line.
 */
const exportStatement = /^export (\w+)=(?:'((?:[^']|'\\'')*)')?(:?"\$PATH")?\n/gm;

function variable([, name = "", quoted, ownPath]: RegExpExecArray): [string, string] {
  const value = quoted?.replaceAll("'\\''", "'");
  const parts = [value, ownPath === undefined ? undefined : process.env.PATH];
  return [name, parts.filter((part) => part !== undefined).join(delimiter)];
}
