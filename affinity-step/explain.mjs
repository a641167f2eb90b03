// @ts-check
/** @import { Outcome } from "./runAz.mjs" */
/** @import { FailureKind } from "./failureKinds.mjs" */
import { stripVTControlCharacters } from "node:util";
import { failureKinds, hung, unknown } from "./failureKinds.mjs";

/**
 * @typedef {object} Names The app's names, and the az command line as you would type it.
 * @property {string} app
 * @property {string} group
 * @property {string} subscription
 * @property {string} command
 */

/** @typedef {{ kind: FailureKind, match: readonly string[], outcome: Outcome }} Failure */

/**
 * Finds the kind of a failure.
 * @param {string} output
 * @param {number | undefined} code az's exit code; undefined if az was stopped after its timeout
 * @returns {Failure}
 */
export function classify(output, code) {
  const outcome = { output, code };
  if (code === undefined) return { kind: hung, match: [], outcome };
  // Drop the lines of code in a Python stack trace: `raise ProxyError(` would match.
  const said = output.replace(/^[ \t].*$/gm, "");
  for (const kind of failureKinds) {
    for (const pattern of kind.patterns) {
      const match = pattern.exec(said);
      if (match !== null) return { kind, match: match.map((group) => cleaned(group ?? "")), outcome };
    }
  }
  return { kind: unknown, match: [], outcome };
}

/**
 * Fills in the placeholders in a text of a {@link FailureKind}.
 * @param {string} text
 * @param {Failure} failure
 * @param {Names} names
 */
export function filled(text, { match, outcome }, names) {
  const host = /host='([\w.:-]+)'/.exec(outcome.output)?.[1] ?? "Azure";
  /** @type {Record<string, string | undefined>} */
  const values = { ...names, host, code: String(outcome.code), 1: match[1], 2: match[2] };
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/** @param {string} text of a server or tool @returns {string} without anything that a terminal would act on */
export const cleaned = (text) =>
  stripVTControlCharacters(text)
    .replace(/\t/g, " ")
    .replace(/[\p{Cc}\p{Cf}]/gu, "");

/**
 * Returns at most 8 readable lines of az's output: no spinner, no stack trace, nothing that a terminal would act on.
 * @param {string} output
 * @returns {string[]}
 */
export function words(output) {
  let trace = false;
  const lines = output.split(/[\r\n]+/).filter((line) => {
    // A trace ends with the exception: the first line without indentation. The ERROR line before the trace repeats it.
    const within = trace;
    trace = line.startsWith("Traceback (most recent call last)") || (trace && /^\s/.test(line));
    return !within && !trace;
  });
  const said = lines
    .map((line) => cleaned(line).trim().slice(0, 1000))
    .filter((line) => line !== "" && !noise.test(line));
  return [...new Set(said)].slice(0, 8);
}

const noise =
  /^(?:[-/|\\] Running \.\.|During handling of the above exception|The above exception was the direct|ERROR: The command failed with an unexpected error|To check existing issues|spawn az )/;

/**
 * The message of a failed step: az's output, what went wrong, what to do, and the next command.
 * @param {Failure} failure
 * @param {Names} names
 * @param {number} [seconds] how long the step retried; undefined if it did not retry
 */
export function explain(failure, names, seconds) {
  const what = filled(failure.kind.what, failure, names);
  const reason =
    seconds === undefined ? `: ${what}.` : `. Gave up after ${Math.round(seconds)} s; in the last attempt, ${what}.`;
  return [
    ...words(failure.outcome.output),
    `Session affinity was not applied${reason}`,
    filled(failure.kind.todo, failure, names),
    failure.kind.next ?? "Then run: pulumi up",
  ].join("\n");
}
