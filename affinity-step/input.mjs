// @ts-check
/** Parses the affinity step's input: the command line for az, and the limits. */
import { cleaned } from "./explain.mjs";

/**
 * Parses a command line into arguments. It can contain only plain words, and `"$NAME"` for the value of a variable.
 * Values must look like names of Azure resources, so that neither az nor a shell can take them for anything else.
 * @param {string} line
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {string[]} problems gets a message for each problem
 * @returns {string[]}
 */
export function parseCommand(line, environment, problems) {
  const parts = line.split(" ").map((word) => {
    const name = /^"\$([A-Z_]+)"$/.exec(word)?.[1];
    if (name === undefined) {
      if (!/^-{0,2}[a-z][a-z-]*$/.test(word)) problems.push(`'${cleaned(word)}' is not allowed in an az command`);
      return word;
    }
    const value = environment[name] ?? "";
    if (!/^[\w().][\w().-]{0,89}$/.test(value)) {
      const rule = "must be 1 to 90 letters, digits, '_', '-', '.', '(' and ')', and not start with '-'";
      problems.push(`${name} ${rule}; got '${cleaned(value).slice(0, 100)}'`);
    }
    return value;
  });
  if (parts[0] !== "az") problems.push("the command does not start with az");
  return parts;
}

/**
 * @typedef {object} Limits In seconds.
 * @property {number} limit for the whole step
 * @property {number} call for one call of az
 * @property {number} retry pause before the first retry
 */

/**
 * Reads the limits from the environment.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {string[]} problems gets a message for each problem
 * @returns {Limits}
 */
export function parseLimits(environment, problems) {
  /** @param {string} name @param {number} preset @param {number} least */
  const seconds = (name, preset, least) => {
    const text = environment[name] ?? "";
    const value = text === "" ? preset : Number(text);
    if (value >= least && value <= 86_400) return value;
    problems.push(`${name} must be a number of seconds from ${least} to 86400; got '${cleaned(text).slice(0, 100)}'`);
    return preset;
  };
  return {
    limit: seconds("AFFINITY_LIMIT_SECONDS", 600, 1),
    call: seconds("AFFINITY_CALL_SECONDS", 120, 1),
    retry: seconds("AFFINITY_RETRY_SECONDS", 2, 0),
  };
}
