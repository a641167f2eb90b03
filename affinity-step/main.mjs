// @ts-check
/**
 * The affinity step: runs the given az command until it succeeds, within one limit, and explains failures. The source
 * of these files, joined, is an input of the Command (sessionAffinity.ts), which runs it with `node -` on Linux, macOS
 * and Windows. It needs no shell, no packages and no path of a machine. So the files import only each other and Node's
 * modules, and no name is used in two files.
 *
 * Environment: APP_NAME, RESOURCE_GROUP, SUBSCRIPTION_ID and AFFINITY. Optional, in seconds: AFFINITY_LIMIT_SECONDS
 * (600, for the whole step), AFFINITY_CALL_SECONDS (120, for one call of az, so that a hung call does not use up the
 * limit; Azure needs about 16 s for a change, and repeating one is harmless) and AFFINITY_RETRY_SECONDS (2, the first
 * pause; pauses double up to 30 s). Exit codes: 0 applied, 1 failed, 130 interrupted.
 */
import { setTimeout as pause } from "node:timers/promises";
import { parseCommand, parseLimits } from "./input.mjs";
import { applyAffinity } from "./retry.mjs";
import { runAz } from "./runAz.mjs";

/** @import { World } from "./retry.mjs" */

/** Runs the step. */
export async function main() {
  const { env, argv } = process;
  const signal = interruption();
  // The reader of stderr can be gone.
  process.stderr.on("error", () => {});
  /** @type {string[]} */
  const problems = [];
  const command = parseCommand(argv[2] ?? "", env, problems);
  const limits = parseLimits(env, problems);
  if (problems.length > 0) {
    return end(1, `Session affinity was not applied:\n${problems.join("\n")}\nFix this, then run: pulumi up`);
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

/** @param {AbortSignal} signal @returns {World} that stops on the signal */
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
 * Aborts on SIGINT, SIGTERM and SIGHUP, and when the parent process exits.
 * @returns {AbortSignal} whose reason is a string
 */
function interruption() {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => controller.abort(signal));
  const parent = process.ppid;
  const gone = () => {
    try {
      // On Windows the parent's ID stays the same, but the signal fails.
      return process.ppid !== parent || !process.kill(parent, 0);
    } catch (error) {
      return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
    }
  };
  setInterval(() => gone() && controller.abort("the exit of its parent process"), 500).unref();
  return controller.signal;
}
