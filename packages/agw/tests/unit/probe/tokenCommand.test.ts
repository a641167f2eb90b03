import { performance } from "node:perf_hooks";
import { expect, test } from "vitest";
import { tokenCommand } from "../../../src/commands/tokenCommand.ts";

const run = (words: readonly string[], env: NodeJS.ProcessEnv = {}, timeout = 30_000) =>
  tokenCommand(words, { env: { PATH: process.env.PATH, ...env }, signal: new AbortController().signal, timeout })();
const node = (script: string): string[] => [process.execPath, "-e", script];
const refusal = (words: readonly string[], timeout?: number): Promise<string> =>
  run(words, {}, timeout).then(
    () => "no refusal",
    (error: Error) => error.message,
  );

test("resolves to the printed token, without the line break and without a shell", async () => {
  expect(await run(["echo", "$HOME;tok"])).toBe("$HOME;tok");
});

test("the command doesn't get the probe's own secrets", async () => {
  const secrets = { TOKEN: "s3cret", PROBE_CLIENT_KEY: "s3cret", PROBE_HEADERS: "s3cret", KEPT: "kept" };
  expect(await run(node("console.log(Object.values(process.env).includes('s3cret'), process.env.KEPT)"), secrets)).toBe(
    "false kept",
  );
});

test.each([
  [["no-such-command"], "the command no-such-command is not on the PATH"],
  [["/"], "the command / can't be run (EACCES)"],
  [["false"], "the command failed with exit code 1"],
  [node("process.kill(process.pid, 'SIGKILL')"), "a signal ended the command"],
  [["true"], "the command printed nothing"],
  [["printf", "s3cret\nanother"], "the command printed 2 lines instead of a token"],
  [node("process.stdout.write('x'.repeat(70000))"), "the command printed more than 65536 characters"],
])("%j is refused: %s", async (words, message) => expect(await refusal(words)).toBe(message));

test("stops a hung command with everything that it started", async () => {
  const began = performance.now();
  expect(await refusal(["sh", "-c", "sleep 100 & sleep 100"], 1_000)).toBe("the command did not finish within 1 s");
  expect(performance.now() - began).toBeLessThan(30_000);
});

test("an interruption stops the command", async () => {
  const controller = new AbortController();
  const token = tokenCommand(["sleep", "100"], { env: process.env, signal: controller.signal })();
  controller.abort();
  await expect(token).rejects.toThrow("interrupted");
});
