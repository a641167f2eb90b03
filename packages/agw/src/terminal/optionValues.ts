import { X509Certificate } from "node:crypto";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

// What option values are read with: each adds what is wrong to `issues`, so that all of it can be said at once.

/** A report that cannot be written is better known before the run than after it. */
export function checkWritable(flag: string, path: string | undefined, issues: string[]): void {
  if (path === undefined) return;
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    // What is there is written over, which its folder has no say in.
    accessSync(there === undefined ? dirname(path) : path, constants.W_OK);
    if (there?.isDirectory()) issues.push(`${flag}: ${path} is a directory`);
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

/** What the environment says of how the local Azure is worked with; unset and empty variables mean their defaults. */
export function checkArmSeconds({ AGW_ARM_SECONDS: seconds = "" }: NodeJS.ProcessEnv, issues: string[]): void {
  if (seconds === "" || (Number(seconds) > 0 && Number(seconds) <= 3600)) return;
  issues.push(`AGW_ARM_SECONDS: must be seconds above 0, at most 3600, got '${seconds}'`);
}

/** Reads a value that has to be one of these names. */
export const oneOf =
  <const Name extends string>(...legal: readonly Name[]) =>
  (flag: string, value: string | undefined, issues: string[]): Name | undefined => {
    const known = legal.find((name) => name === value);
    if (value !== undefined && known === undefined) issues.push(`${flag}: must be ${legal.join(", ")}, got '${value}'`);
    return known;
  };

/** Request headers, each NAME=VALUE or NAME=@FILE; undefined if there are none. */
export function headers(flag: string, given: readonly string[], issues: string[]): Record<string, string> | undefined {
  if (given.length === 0) return undefined;
  const result: Record<string, string> = {};
  for (const word of given) {
    const equals = word.indexOf("=");
    const name = word.slice(0, Math.max(equals, 0)).trim();
    // What follows may be a secret that was meant for another form: it is not repeated.
    if (name === "") issues.push(`${flag}: must be NAME=VALUE or NAME=@FILE`);
    else {
      const value = word.slice(equals + 1);
      const text = value.startsWith("@") ? readText(`${flag} ${name}`, value.slice(1), issues)?.trim() : value;
      if (text !== undefined) result[name] = text;
    }
  }
  return result;
}

/** The text of a file that a flag names; undefined, and an issue more, where there is none. */
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

/** Certificate authorities, PEM, of the file that a flag names. */
export function readCertificates(flag: string, path: string | undefined, issues: string[]): string | undefined {
  const text = readText(flag, path, issues);
  if (text === undefined || text.trim() === "") return text;
  try {
    new X509Certificate(text);
    return text;
  } catch {
    issues.push(`${flag}: the file ${path} holds no certificate (PEM)`);
    return undefined;
  }
}
