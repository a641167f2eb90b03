import { spawn } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { affinityCommand } from "../../src/component/sessionAffinity.ts";
import { startStep, whatOf } from "../support/azure/affinityStep.ts";
import { temporaryDirectory } from "../support/temporaryDirectory.ts";

/** A folder with a fake az, to test how the step runs az. Tests of az's output use the real one. */
async function fakeAz(script: string) {
  const folder = await temporaryDirectory();
  const file = (name: string): string => join(folder.path, name);
  await writeFile(file("az"), `#!/bin/sh\ncd "${folder.path}"\n${script}\n`);
  await chmod(file("az"), 0o755);
  const environment = {
    PATH: `${folder.path}:${process.env.PATH}`,
    APP_NAME: "app",
    RESOURCE_GROUP: "rg(1)",
    SUBSCRIPTION_ID: "sub-1",
    AFFINITY: "sticky",
    AFFINITY_RETRY_SECONDS: "0",
  };
  const lines = async (name: string): Promise<string[]> =>
    (await readFile(file(name), "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
  return { environment, lines, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** An az that hangs with a child process, and writes both process IDs to `pids`. */
const hanging = "sleep 300 & echo $! >> pids; echo $$ >> pids; wait";

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const allGone = (pids: readonly string[]) =>
  expect.poll(() => pids.filter((pid) => alive(Number(pid))), { timeout: 10_000 }).toEqual([]);

describe("how the affinity step runs az", () => {
  test("az gets whole arguments, cannot prompt, and installs no extension", async () => {
    await using az = await fakeAz(
      'for word in "$@"; do echo "$word" >> args; done; echo "[$(cat)]$AZURE_EXTENSION_USE_DYNAMIC_INSTALL" > seen',
    );
    expect(await startStep(az.environment).ended).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await az.lines("args")).join(" ")).toBe(
      "containerapp ingress sticky-sessions set --name app --resource-group rg(1) --subscription sub-1 --affinity sticky --only-show-errors --output none",
    );
    expect(await az.lines("seen")).toEqual(["[]no"]);
  });

  test("reports that az is not on the PATH", async () => {
    await using az = await fakeAz("");
    const node = await temporaryDirectory();
    await writeFile(join(node.path, "node"), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
    await chmod(join(node.path, "node"), 0o755);
    const { code, stderr } = await startStep({ ...az.environment, PATH: node.path }).ended;
    await node[Symbol.asyncDispose]();
    expect(code).toBe(1);
    expect(stderr).toContain(whatOf("az-missing"));
  });

  test("refuses values that cannot be names, and does not call az", async () => {
    await using az = await fakeAz("echo called >> seen");
    const { code, stderr } = await startStep({ ...az.environment, APP_NAME: "app; rm x", AFFINITY_LIMIT_SECONDS: "-" })
      .ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/\nAPP_NAME .*'app; rm x'\nAFFINITY_LIMIT_SECONDS .*'-'\n.*pulumi up\n$/);
    expect(await az.lines("seen")).toEqual([]);
  });

  test("if az hangs, stops each call with its children, and exits within the limit", async () => {
    await using az = await fakeAz(hanging);
    const limits = { AFFINITY_LIMIT_SECONDS: "5", AFFINITY_CALL_SECONDS: "2" };
    const start = performance.now();
    const { code, stderr } = await startStep({ ...az.environment, ...limits }).ended;
    // The limit, plus time to start and stop on a busy machine.
    expect((performance.now() - start) / 1000).toBeLessThan(15);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(` [5-9] s\\b.*${whatOf("hung")}`));
    const pids = await az.lines("pids");
    expect(pids.length).toBeGreaterThanOrEqual(4);
    await allGone(pids);
  });

  test("kills an az that hangs and ignores SIGTERM", async () => {
    await using az = await fakeAz(`trap '' TERM\n${hanging}`);
    const limits = { AFFINITY_LIMIT_SECONDS: "2", AFFINITY_CALL_SECONDS: "2" };
    expect(await startStep({ ...az.environment, ...limits }).ended).toMatchObject({ code: 1 });
    await allGone(await az.lines("pids"));
  });

  test("does not wait for a process that az left running with its output open", async () => {
    await using az = await fakeAz("sleep 300 & echo $! >> pids; exit 0");
    expect(await startStep(az.environment).ended).toMatchObject({ code: 0 });
    process.kill(Number((await az.lines("pids"))[0]));
  });

  test("reports that az was killed, and does not take that for an answer from Azure", async () => {
    await using az = await fakeAz("kill -9 $$");
    const { code, stderr } = await startStep(az.environment).ended;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(whatOf("az-killed", { 1: "SIGKILL" })),
    });
  });
});

describe("the affinity step is interrupted", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("by %s: kills az, says so and exits with 130", async (signal) => {
    await using az = await fakeAz(hanging);
    const step = startStep(az.environment);
    await vi.waitUntil(async () => (await az.lines("pids")).length === 2, { timeout: 60_000 });
    process.kill(step.pid, signal);
    expect(await step.ended).toEqual({
      code: 130,
      stdout: "",
      stderr: `Session affinity may not have been applied: interrupted by ${signal}.\nRun again: pulumi up\n`,
    });
    await allGone(await az.lines("pids"));
  });

  test("between two calls: does not wait for the next one", async () => {
    await using az = await fakeAz("echo >> seen x; echo TooManyRequests; exit 1");
    const step = startStep({ ...az.environment, AFFINITY_RETRY_SECONDS: "300" });
    await vi.waitUntil(async () => (await az.lines("seen")).length === 1, { timeout: 60_000 });
    process.kill(step.pid, "SIGTERM");
    expect(await step.ended).toMatchObject({ code: 130 });
  });

  test("by SIGKILL, as Pulumi cancels a command: az does not outlive it", async () => {
    await using az = await fakeAz(hanging);
    const step = startStep(az.environment);
    await vi.waitUntil(async () => (await az.lines("pids")).length === 2, { timeout: 60_000 });
    process.kill(step.pid, "SIGKILL");
    await step.ended;
    await allGone(await az.lines("pids"));
  });

  test("by the exit of its parent: neither the step nor az outlives it", async () => {
    await using az = await fakeAz(hanging);
    const [file = "", ...args] = affinityCommand.interpreter;
    const start = `
      const { spawn } = require("node:child_process");
      const step = spawn(process.argv[1], JSON.parse(process.argv[2]), { stdio: ["pipe", "inherit", "inherit"] });
      step.stdin.end(process.argv[3]);
      console.log(step.pid);`;
    const given = [file, JSON.stringify([...args, affinityCommand.create]), affinityCommand.stdin];
    const parent = spawn(process.execPath, ["--eval", start, ...given], { env: az.environment });
    const pid = await new Promise<string>((resolve) =>
      parent.stdout.once("data", (text) => resolve(String(text).trim())),
    );
    await vi.waitUntil(async () => (await az.lines("pids")).length === 2, { timeout: 60_000 });
    parent.kill("SIGKILL");
    await allGone([pid, ...(await az.lines("pids"))]);
  });
});
