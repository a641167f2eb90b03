import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { agwFile } from "../../../../tests/support/agw.ts";
import { azIsThere, withoutAz } from "../../../../tests/support/azure/localAzure.ts";
import { temporaryDirectory } from "../../../../tests/support/temporaryDirectory.ts";

// These tests run whole programs in sequence, which is slow on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

const withAz = await azIsThere();
const why = withoutAz(withAz);

/** Runs `agw` with a closed stdout. */
async function unread(args: readonly string[], options: SpawnOptions = {}) {
  const child = spawn(process.execPath, [agwFile, ...args], { ...options, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  return { code, stderr };
}

test("a reader that goes away (agw … | true) does not change the exit code", async () => {
  const probe = ["probe", "--url", "http://127.0.0.1:1", "--timeout", "5"];
  expect(await unread(probe)).toMatchObject({ code: 3 });
  expect(await unread(["--help"])).toEqual({ code: 0, stderr: "" });
  expect((await unread(["probe", "--nonsense"])).code).toBe(2);
});

test.skipIf(!withAz)(`a running command cleans up and ends if its reader goes away${why}`, async () => {
  await using folder = await temporaryDirectory();
  const env = { ...process.env, AGW_LOCAL: folder.path, TMPDIR: folder.path };
  const { code, stderr } = await unread(["azure"], { env });
  expect({ code, stack: / at /.test(stderr) }).toEqual({ code: 0, stack: false });
  expect(existsSync(`${folder.path}/env`)).toBe(false);
});

test.skipIf(!withAz)(
  `a closed terminal, which sends SIGHUP twice, ends a command like Ctrl-C: it cleans up, exit code 130${why}`,
  async () => {
    await using folder = await temporaryDirectory();
    const child = spawn(process.execPath, [agwFile, "comment", "--case", "no-change"], {
      env: { ...process.env, TMPDIR: folder.path },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (!text.includes("Deploying the stack")) return;
      child.kill("SIGHUP");
      child.stderr.destroy();
      setTimeout(() => child.kill("SIGHUP"), 20);
    });
    const [code] = await once(child, "close");
    expect(code).toBe(130);
    expect(await readdir(folder.path)).toEqual([]);
  },
);

test("a command continues if the reader of its progress goes away", async () => {
  await using folder = await temporaryDirectory();
  const child = spawn(process.execPath, [agwFile, "comment", "--case", "no-change"], {
    env: { ...process.env, TMPDIR: folder.path },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stderr.destroy();
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const [code] = await once(child, "close");
  expect(stdout).toContain("Affinity");
  expect(code).toBe(0);
  expect(await readdir(folder.path)).toEqual([]);
});

test.skipIf(!existsSync("/dev/full"))(
  "a command fails with a message if its output cannot be written (disk full)",
  async () => {
    const child = spawn(process.execPath, [agwFile, "--help"], {
      stdio: ["ignore", openSync("/dev/full", "w"), "pipe"],
    });
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const [code] = await once(child, "close");
    expect(stderr).toBe("agw: the output could not be written: ENOSPC: no space left on device, write\n");
    expect(code).toBe(1);
  },
);
