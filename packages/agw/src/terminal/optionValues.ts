import { X509Certificate } from "node:crypto";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { splitCommandLine } from "agentgateway-local-azure/host";

// Readers of option values. Each appends its problems to `issues`, so that a command can report all of them at once.

/** Checks before the run that a report can be written after it. */
export function checkWritable(flag: string, path: string | undefined, issues: string[]): void {
  if (path === undefined) return;
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    // An existing file is overwritten, so only its own permissions matter, not those of its folder.
    accessSync(existing === undefined ? dirname(path) : path, constants.W_OK);
    if (existing?.isDirectory()) issues.push(`${flag}: ${path} is a directory`);
  } catch (error) {
    issues.push(`${flag}: cannot write ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
}

export function toNumber(flag: string, text: string | undefined, issues: string[]): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isNaN(value)) return value;
  issues.push(`${flag}: must be a number, got '${text}'`);
  return undefined;
}

/** Checks AGW_ARM_SECONDS, the timeout for one call to the local Azure. Unset or empty means the default. */
export function checkArmSeconds({ AGW_ARM_SECONDS: seconds = "" }: NodeJS.ProcessEnv, issues: string[]): void {
  if (seconds === "" || (Number(seconds) > 0 && Number(seconds) <= 3600)) return;
  issues.push(`AGW_ARM_SECONDS: must be a number of seconds above 0 and at most 3600, got '${seconds}'`);
}

/** Returns a reader for a value that must be one of these names. */
export const oneOf =
  <const Name extends string>(...legal: readonly Name[]) =>
  (flag: string, value: string | undefined, issues: string[]): Name | undefined => {
    const known = legal.find((name) => name === value);
    if (value !== undefined && known === undefined) issues.push(`${flag}: must be ${legal.join(", ")}, got '${value}'`);
    return known;
  };

/** Reads request headers, each NAME=VALUE or NAME=@FILE. Returns undefined if there are none. */
export function headers(flag: string, given: readonly string[], issues: string[]): Record<string, string> | undefined {
  if (given.length === 0) return undefined;
  const result: Record<string, string> = {};
  for (const word of given) {
    const equals = word.indexOf("=");
    const name = word.slice(0, Math.max(equals, 0)).trim();
    // The word may be a secret in the wrong form, so the message does not repeat it.
    if (name === "") issues.push(`${flag}: must be NAME=VALUE or NAME=@FILE`);
    else {
      const value = word.slice(equals + 1);
      const text = value.startsWith("@") ? readText(`${flag} ${name}`, value.slice(1), issues)?.trim() : value;
      if (text !== undefined) result[name] = text;
    }
  }
  return result;
}

/** Reads headers from a text with one NAME: VALUE per line. Returns undefined if there are none. */
export function headerLines(
  variable: string,
  text: string | undefined,
  issues: string[],
): Record<string, string> | undefined {
  const lines = text?.split(/\r?\n/).filter((line) => line.trim() !== "") ?? [];
  const pairs = lines.map((line) => /^\s*([^:\s]+)\s*:(.*)$/.exec(line));
  // A malformed line may be a secret, so the message doesn't repeat it.
  if (pairs.includes(null)) issues.push(`${variable}: every line must be NAME: VALUE`);
  if (lines.length === 0) return undefined;
  return Object.fromEntries(pairs.flatMap((pair) => (pair === null ? [] : [[pair[1], (pair[2] ?? "").trim()]])));
}

/** Splits a command line into words, as for `agw azure --replica`. No shell is involved. */
export function readCommand(flag: string, text: string | undefined, issues: string[]): string[] | undefined {
  if (text === undefined) return undefined;
  try {
    return splitCommandLine(text);
  } catch {
    issues.push(`${flag}: must be a command, with every quote closed`);
    return undefined;
  }
}

/** Reads the file that a flag names. Returns undefined and adds an issue if it can't be read. */
export function readText(flag: string, path: string | undefined, issues: string[]): string | undefined {
  if (path === undefined) return undefined;
  try {
    const text = readFileSync(path, "utf8");
    if (text.trim() === "") issues.push(`${flag}: the file ${path} is empty`);
    return text;
  } catch (error) {
    issues.push(`${flag}: cannot read ${path} (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
    return undefined;
  }
}

/** Reads PEM certificate authorities from the file that a flag names. */
export function readCertificates(flag: string, path: string | undefined, issues: string[]): string | undefined {
  const text = readText(flag, path, issues);
  if (text === undefined || text.trim() === "") return text;
  try {
    new X509Certificate(text);
    return text;
  } catch {
    issues.push(`${flag}: the file ${path} contains no PEM certificate`);
    return undefined;
  }
}
