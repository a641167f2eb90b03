// @ts-check
/** @import { Outcome } from "../../az/runAz.mjs" */
/** @import { FailureKind } from "./failureKinds.mjs" */
import { stripVTControlCharacters } from "node:util";
import { failureKinds, hung, unknown } from "./failureKinds.mjs";

/**
 * @typedef {object} Names of the app, and the az command line as a person would type it
 * @property {string} app
 * @property {string} group
 * @property {string} subscription
 * @property {string} command
 */

/** @typedef {{ kind: FailureKind, match: readonly string[], outcome: Outcome }} Failure */

/**
 * Which kind of failure this is.
 * @param {string} output
 * @param {number | undefined} code undefined if az was stopped because its time was over
 * @returns {Failure}
 */
export function classify(output, code) {
  const outcome = { output, code };
  if (code === undefined) return { kind: hung, match: [], outcome };
  // Without the lines of code in a Python stack trace, which say `raise ProxyError(` and the like.
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
 * Fills the names into a text of a kind.
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

/** @param {string} text that a server may have sent: without what could act on a terminal @returns {string} */
export const cleaned = (text) =>
  stripVTControlCharacters(text)
    .replace(/\t/g, " ")
    .replace(/[\p{Cc}\p{Cf}]/gu, "");

/**
 * What az said, for people: no spinner, no stack trace, nothing that acts on a terminal, at most 8 lines.
 * @param {string} output
 * @returns {string[]}
 */
export function words(output) {
  let trace = false;
  const lines = output.split(/[\r\n]+/).filter((line) => {
    // A trace ends with the exception, the first line that is not indented; its text is in the ERROR line before it too.
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
 * The message that a failed step ends with: az's words, what went wrong, what to do, and the next command.
 * @param {Failure} failure
 * @param {Names} names
 * @param {number} [seconds] after which it was given up, for what passes by itself
 */
export function explain(failure, names, seconds) {
  const what = filled(failure.kind.what, failure, names);
  const reason =
    seconds === undefined ? `: ${what}.` : `. Gave up after ${Math.round(seconds)} s; at the last try ${what}.`;
  return [
    ...words(failure.outcome.output),
    `Session affinity was not applied${reason}`,
    filled(failure.kind.todo, failure, names),
    failure.kind.next ?? "Then run: pulumi up",
  ].join("\n");
}
