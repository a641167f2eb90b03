// @ts-check
import { spawn } from "node:child_process";

/**
 * Runs az, and ends it with all that it started once its standard input is closed. It is a process of its own because the
 * step may be killed so that it cannot do anything any more (Pulumi cancels a command with SIGKILL), and a forgotten az
 * could undo what the next update does. Its text is evaluated: it can use nothing of this file.
 */
function keeper() {
  const { spawn, spawnSync } = process.getBuiltinModule("node:child_process");
  const [file = "", ...args] = process.argv.slice(1);
  const windows = process.platform === "win32";
  const az = spawn(file, args, { stdio: ["ignore", "inherit", "inherit"], shell: windows, windowsHide: true });
  // It leads the process group that az and its children are in.
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
 * What a {@link keeper} is to run. On Windows az is a batch file, which only a shell can start; the quotes keep parentheses
 * from that file, and no word gets there that has a meaning within quotes.
 * @param {readonly string[]} words
 * @param {NodeJS.Platform} platform
 */
export function commandFor(words, platform) {
  if (platform !== "win32") return [...words];
  const odd = words.find((word) => !/^[\w().-]+$/.test(word));
  if (odd !== undefined) throw new Error(`'${odd}' cannot be given to az on Windows`);
  return [words.map((word, index) => (index === 0 ? word : `"${word}"`)).join(" ")];
}

/** az asks nothing, has no colours, and on Windows is not searched in the current folder. */
const azEnvironment = {
  // The extension of the same name is older than the command in the CLI itself, and asking for it would wait for an answer.
  AZURE_EXTENSION_USE_DYNAMIC_INSTALL: "no",
  AZURE_CORE_DISABLE_CONFIRM_PROMPT: "yes",
  AZURE_CORE_NO_COLOR: "yes",
  NoDefaultCurrentDirectoryInExePath: "1",
};

/**
 * @typedef {object} Outcome of a call of az
 * @property {number | undefined} code its exit code; undefined if it was stopped because its time was over
 * @property {string} output the end of what it printed on stdout and stderr
 */

/**
 * Calls az, under a {@link keeper}. The words are arguments and nothing else.
 * @param {readonly string[]} words
 * @param {number} seconds after which it is ended, with all that it started
 * @param {AbortSignal} [signal] ends it too
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
    // Something that az started and that goes on may hold its output open.
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
