// @ts-check
import { spawn } from "node:child_process";

/**
 * Runs az, and kills it with all its children as soon as stdin is closed. It runs as a separate process because Pulumi
 * cancels a command with SIGKILL: the step cannot clean up then, and an orphaned az could undo what the next update
 * does. Only its source is passed to Node, so it cannot use anything else in this file.
 */
function keeper() {
  const { spawn, spawnSync } = process.getBuiltinModule("node:child_process");
  const [file = "", ...args] = process.argv.slice(1);
  const windows = process.platform === "win32";
  const az = spawn(file, args, { stdio: ["ignore", "inherit", "inherit"], shell: windows, windowsHide: true });
  // This process leads the process group of az and its children.
  const killAll = () => process.kill(-process.pid, "SIGKILL");
  let ending = false;
  process.on("SIGTERM", () => {});
  process.stdin.resume().on("error", () => {});
  process.stdin.on("close", () => {
    ending = true;
    if (windows) return spawnSync("taskkill", ["/T", "/F", "/PID", String(az.pid)]);
    process.kill(-process.pid, "SIGTERM");
    return setTimeout(killAll, 2000);
  });
  az.on("error", (error) => {
    console.error(error.message);
    process.exit(127);
  });
  az.on("exit", (code, signal) => {
    if (ending && !windows) return killAll();
    if (signal !== null) console.error(`az was ended by ${signal}`);
    return process.exit(code ?? 1);
  });
}

/**
 * Returns the command for a {@link keeper}. On Windows az is a batch file, which only a shell can start: words are
 * quoted because of parentheses, and words that would be special even within quotes are refused.
 * @param {readonly string[]} words
 * @param {NodeJS.Platform} platform
 */
export function commandFor(words, platform) {
  if (platform !== "win32") return [...words];
  const odd = words.find((word) => !/^[\w().-]+$/.test(word));
  if (odd !== undefined) throw new Error(`'${odd}' cannot be passed to az on Windows`);
  return [words.map((word, index) => (index === 0 ? word : `"${word}"`)).join(" ")];
}

/** Turns off az's prompts and colors, and on Windows the search for az in the current folder. */
const azEnvironment = {
  // The containerapp extension is older than the built-in command, and az would prompt before installing it.
  AZURE_EXTENSION_USE_DYNAMIC_INSTALL: "no",
  AZURE_CORE_DISABLE_CONFIRM_PROMPT: "yes",
  AZURE_CORE_NO_COLOR: "yes",
  NoDefaultCurrentDirectoryInExePath: "1",
};

/**
 * @typedef {object} Outcome Result of a call of az.
 * @property {number | undefined} code exit code; undefined if az was stopped
 * @property {string} output the last 64 KiB of stdout and stderr
 */

/**
 * Runs az under a {@link keeper}. On all platforms, each word reaches az as one argument.
 * @param {readonly string[]} words
 * @param {number} seconds timeout, after which az and its children are killed
 * @param {AbortSignal} [signal] kills them too
 * @returns {Promise<Outcome & { readonly stdout: string }>}
 */
export function runAz(words, seconds, signal) {
  return new Promise((resolve, reject) => {
    const { platform, execPath, env } = process;
    const child = spawn(execPath, ["--eval", `(${keeper})()`, "--", ...commandFor(words, platform)], {
      detached: platform !== "win32",
      windowsHide: true,
      env: { ...env, ...azEnvironment },
    });
    const text = { stdout: "", output: "" };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk) => {
        text.output = (text.output + chunk).slice(-65_536);
        if (stream === child.stdout) text.stdout = (text.stdout + chunk).slice(-1_048_576);
      });
    }
    let stopped = false;
    const stop = () => {
      stopped = true;
      child.stdin.end();
    };
    const timer = setTimeout(stop, seconds * 1000);
    signal?.addEventListener("abort", stop);
    child.stdin.on("error", () => {});
    child.on("error", reject);
    // A process that az left running can keep the output open.
    child.on("exit", () =>
      setTimeout(() => [child.stdout, child.stderr].map((stream) => stream.destroy()), 1000).unref(),
    );
    child.on("close", (code) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      resolve({ code: stopped ? undefined : (code ?? 1), ...text });
    });
  });
}
