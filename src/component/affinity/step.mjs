// @ts-check
/**
 * The affinity step: runs the az command line that it is given until it succeeds, within one limit, and explains what
 * stops it. The text of this folder's files, joined, is an input of the Command (sessionAffinity.ts), which runs it with
 * `node -` on Linux, macOS and Windows: no shell, no packages, no path of a machine. So these files import only each other
 * and Node's own modules, by names that differ between files.
 *
 * Environment: APP_NAME, RESOURCE_GROUP, SUBSCRIPTION_ID and AFFINITY, and optionally, in seconds, AFFINITY_LIMIT_SECONDS
 * (600; all of it together), AFFINITY_CALL_SECONDS (120; one call of az, so that a hung one does not use up the limit. A
 * change takes Azure about 16 s, and repeating one is harmless) and AFFINITY_RETRY_SECONDS (2; the first pause, doubled up
 * to 30). Exit codes: 0 applied, 1 failed, 130 interrupted.
 */
import { setTimeout as pause } from "node:timers/promises";
import { runAz } from "./azProcess.mjs";
import { classify, cleaned, explain, filled } from "./explain.mjs";

/** @import { Names, Outcome } from "./explain.mjs" */

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

/**
 * What the step uses of the world.
 * @typedef {object} World
 * @property {(words: readonly string[], seconds: number) => Promise<Outcome>} az calls it, for so long at most
 * @property {(seconds: number) => Promise<unknown>} pause
 * @property {() => number} now in seconds, monotonic
 * @property {(line: string) => void} say
 */

/**
 * Calls az until it succeeds, it fails in a way that does not pass, or the limit is over. Gives undefined, or the message.
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
    const time = `retrying in ${delay} s (${Math.round(spent)} s of ${limits.limit} s)`;
    world.say(`session affinity: ${filled(failure.kind.what, failure, names)}; ${time}`);
    await world.pause(delay);
  }
}

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

/** The step itself, as the Command runs it. */
export async function main() {
  const { env, argv } = process;
  const signal = interruption();
  // Whoever read it may be gone.
  process.stderr.on("error", () => {});
  /** @param {string} text */
  const say = (text) => void process.stderr.write(`${text}\n`);
  /** @type {World} */
  const world = {
    az: async (words, seconds) => {
      const outcome = await runAz(words, seconds, signal);
      signal.throwIfAborted();
      return outcome;
    },
    pause: (seconds) => pause(seconds * 1000, undefined, { signal }),
    now: () => performance.now() / 1000,
    say,
  };
  /** @param {number} code @param {string} text */
  const end = (code, text) => {
    say(text);
    process.exitCode = code;
  };
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
    const message = await applyAffinity(command, names, limits, world);
    if (message !== undefined) end(1, message);
  } catch (error) {
    if (signal.aborted)
      end(130, `Session affinity may not have been applied: interrupted by ${signal.reason}.\n${again}`);
    else end(1, `Session affinity was not applied: ${error}.\n${again}`);
  }
}

const again = "Run again: pulumi up";
