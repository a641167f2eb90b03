// @ts-check
/** What the affinity step is given: the command line for az, and its limits. */
import { cleaned } from "./explain.mjs";

/**
 * The arguments that a command line stands for. It may have only plain words and `"$NAME"`, which stands for the value of
 * that variable; values are names as Azure has them. So no part can mean anything to az or a shell but what it says.
 * @param {string} line
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {string[]} problems where what cannot be right is added
 * @returns {string[]}
 */
export function parseCommand(line, environment, problems) {
  const parts = line.split(" ").map((word) => {
    const name = /^"\$([A-Z_]+)"$/.exec(word)?.[1];
    if (name === undefined) {
      if (!/^-{0,2}[a-z][a-z-]*$/.test(word)) problems.push(`'${cleaned(word)}' is not a word of an az command`);
      return word;
    }
    const value = environment[name] ?? "";
    if (!/^[\w().][\w().-]{0,89}$/.test(value)) {
      const rule = "must be 1 to 90 letters, digits, '_', '-', '.', '(' and ')', not starting with '-'";
      problems.push(`${name} ${rule}; got '${cleaned(value).slice(0, 100)}'`);
    }
    return value;
  });
  if (parts[0] !== "az") problems.push("the command does not start with az");
  return parts;
}

/**
 * @typedef {object} Limits all in seconds
 * @property {number} limit of all together
 * @property {number} call of one call of az
 * @property {number} retry the first pause
 */

/**
 * The limits, from the environment.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {string[]} problems where what cannot be right is added
 * @returns {Limits}
 */
export function parseLimits(environment, problems) {
  /** @param {string} name @param {number} preset @param {number} least */
  const seconds = (name, preset, least) => {
    const text = environment[name] ?? "";
    const value = text === "" ? preset : Number(text);
    if (value >= least && value <= 86_400) return value;
    problems.push(`${name} must be seconds from ${least} to 86400; got '${cleaned(text).slice(0, 100)}'`);
    return preset;
  };
  return {
    limit: seconds("AFFINITY_LIMIT_SECONDS", 600, 1),
    call: seconds("AFFINITY_CALL_SECONDS", 120, 1),
    retry: seconds("AFFINITY_RETRY_SECONDS", 2, 0),
  };
}
