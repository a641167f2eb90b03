import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/**
 * The file `<directory>/env`: a shell sources it so that its tools use the running local Azure. Each line exports one
 * variable. The file exists while a local Azure runs; if it outlives its server (power cut), sourcing it prints a
 * notice.
 */

/** Returns the folder that `agw` works in: AGW_LOCAL, or the project's `.local` if that is unset or empty. */
export const localDirectory = (env: NodeJS.ProcessEnv): string =>
  resolve(env.AGW_LOCAL || join(import.meta.dirname, "..", "..", "..", "..", ".local"));

const file = (directory: string): string => join(directory, "env");

/**
 * Writes the file atomically (mode 0600, in a folder with mode 0700).
 *
 * @param pathFirst folder to prepend to the PATH of the shell that sources the file. Empty: exports PATH without a
 * change. Undefined: doesn't export PATH.
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

/** Reads the file's variables. Returns undefined if the file doesn't exist. */
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

/** Removes the file if the variable has this value, so that a newer server's file stays. */
export function removeEnvironmentFile(directory: string, name: string, value: string): void {
  if (readEnvironmentFile(directory)?.[name] === value) rmSync(file(directory), { force: true });
}

/** Quotes a value as one word for a POSIX shell: within single quotes, only the single quote is special. */
export const quote = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

/** Returns the text in the file that identifies the process that wrote it. */
export const writerMark = (pid: number): string => `kill -0 ${pid} `;

/** Message when a shell sources the file of a local Azure that has ended. */
export const goneMessage = "The local Azure that wrote this file is no longer running. To start one: npx agw azure";

/** Returns a shell line that prints {@link goneMessage} if the process that wrote the file has ended. */
const goneNotice = (pid: number): string => `${writerMark(pid)}2>/dev/null || echo "${goneMessage}" >&2\n`;

/**
 * Matches one `export` as written above: an optional quoted value, and an optional reference to the reader's own PATH.
 * A value can contain line breaks, so it ends at its closing quote and not at the end of the line.
 */
const exportStatement = /^export (\w+)=(?:'((?:[^']|'\\'')*)')?(:?"\$PATH")?\n/gm;

function variable([, name = "", quoted, ownPath]: RegExpExecArray): [string, string] {
  const value = quoted?.replaceAll("'\\''", "'");
  const parts = [value, ownPath === undefined ? undefined : process.env.PATH];
  return [name, parts.filter((part) => part !== undefined).join(delimiter)];
}
