// @ts-check
/** @import { Outcome } from "./runAz.mjs" */
/** @import { Names } from "./explain.mjs" */
/** @import { Limits } from "./input.mjs" */
import { classify, explain, filled } from "./explain.mjs";

/**
 * What the step needs from outside, replaceable in tests.
 * @typedef {object} World
 * @property {(words: readonly string[], seconds: number) => Promise<Outcome>} az calls az with a timeout
 * @property {(seconds: number) => Promise<unknown>} pause
 * @property {() => number} now in seconds, monotonic
 * @property {(line: string) => void} say
 */

/**
 * Calls az until it succeeds, fails for good, or the limit is reached. Returns undefined on success, or the message.
 * @param {readonly string[]} command
 * @param {Names} names
 * @param {Limits} limits
 * @param {World} world
 * @returns {Promise<string | undefined>}
 */
export async function applyAffinity(command, names, limits, world) {
  const start = world.now();
  const left = () => start + limits.limit - world.now();
  /** @param {readonly string[]} words */
  const call = async (words) => {
    const { code, output } = await world.az(words, Math.max(0, Math.min(limits.call, left())));
    return code === 0 ? undefined : classify(output, code);
  };
  const which = ["--name", names.app, "--resource-group", names.group, "--subscription", names.subscription];
  const read = ["az", "containerapp", "show", ...which, "--only-show-errors", "--output", "none"];
  for (let delay = limits.retry; ; delay = Math.min(delay * 2, 30)) {
    let failure = await call(command);
    if (failure?.kind.id === "read-failed" && left() > 0) failure = (await call(read)) ?? failure;
    if (failure === undefined) return undefined;
    if (!failure.kind.passes) return explain(failure, names);
    const spent = world.now() - start;
    if (delay >= left()) return explain(failure, names, spent);
    const time = `retrying in ${delay} s (${Math.round(spent)} of ${limits.limit} s)`;
    world.say(`session affinity: ${filled(failure.kind.what, failure, names)}; ${time}`);
    await world.pause(delay);
  }
}
