// @ts-check
/**
 * The affinity step: runs the az command line that it is given until it succeeds, within one limit, and explains what
 * stops it. The text of these files, joined, is an input of the Command (sessionAffinity.ts), which runs it with `node -`
 * on Linux, macOS and Windows: no shell, no packages, no path of a machine. So they import only each other and Node's own
 * modules, by names that differ between files.
 *
 * Environment: APP_NAME, RESOURCE_GROUP, SUBSCRIPTION_ID and AFFINITY, and optionally, in seconds, AFFINITY_LIMIT_SECONDS
 * (600; all of it together), AFFINITY_CALL_SECONDS (120; one call of az, so that a hung one does not use up the limit. A
 * change takes Azure about 16 s, and repeating one is harmless) and AFFINITY_RETRY_SECONDS (2; the first pause, doubled up
 * to 30). Exit codes: 0 applied, 1 failed, 130 interrupted.
 */
import { setTimeout as pause } from "node:timers/promises";
import { runAz } from "../../az/runAz.mjs";
import { parseCommand, parseLimits } from "./input.mjs";
import { applyAffinity } from "./retry.mjs";

/** @import { World } from "./retry.mjs" */

/** The step itself, as the Command runs it. */
export async function main() {
  const { env, argv } = process;
  const signal = interruption();
  // Whoever read it may be gone.
  process.stderr.on("error", () => {});
  /** @type {string[]} */
  const problems = [];
  const command = parseCommand(argv[2] ?? "", env, problems);
  const limits = parseLimits(env, problems);
  if (problems.length > 0) {
    return end(1, `Session affinity was not applied:\n${problems.join("\n")}\nCorrect this, then run: pulumi up`);
  }
  const { APP_NAME: app = "", RESOURCE_GROUP: group = "", SUBSCRIPTION_ID: subscription = "" } = env;
  const names = { app, group, subscription, command: command.join(" ") };
  try {
    const message = await applyAffinity(command, names, limits, worldUntil(signal));
    if (message !== undefined) end(1, message);
  } catch (error) {
    const [code, what] = signal.aborted
      ? [130, `may not have been applied: interrupted by ${signal.reason}`]
      : [1, `was not applied: ${error}`];
    end(code, `Session affinity ${what}.\nRun again: pulumi up`);
  }
}

/** @param {string} text */
const say = (text) => void process.stderr.write(`${text}\n`);

/** @param {number} code @param {string} text */
function end(code, text) {
  say(text);
  process.exitCode = code;
}

/** @param {AbortSignal} signal @returns {World} in which nothing goes on after the signal */
const worldUntil = (signal) => ({
  az: async (words, seconds) => {
    const outcome = await runAz(words, seconds, signal);
    signal.throwIfAborted();
    return outcome;
  },
  pause: (seconds) => pause(seconds * 1000, undefined, { signal }),
  now: () => performance.now() / 1000,
  say,
});

/**
 * Aborts on SIGINT, SIGTERM and SIGHUP, and when the process that started this one is gone.
 * @returns {AbortSignal} its reason is a text
 */
function interruption() {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => controller.abort(signal));
  const parent = process.ppid;
  const gone = () => {
    try {
      // On Windows the number stays; asking for the process then fails.
      return process.ppid !== parent || !process.kill(parent, 0);
    } catch (error) {
      return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
    }
  };
  setInterval(() => gone() && controller.abort("the end of the process that started it"), 500).unref();
  return controller.signal;
}
