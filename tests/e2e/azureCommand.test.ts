import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readEnvironmentFile } from "../../src/local/environmentFile.ts";

const agw = join(import.meta.dirname, "..", "..", "src", "cli", "agw.ts");

/** Set-up has put az on the PATH where it could, so that nothing is installed here. */
const env = (directory: string): NodeJS.ProcessEnv => ({ ...process.env, AGW_LOCAL: directory, NO_COLOR: "1" });

interface Running {
  readonly child: ChildProcess;
  output(): { stdout: string; stderr: string };
  /** Resolves once the text was printed on stdout; rejects with all output where the process ends before. */
  printed(text: string): Promise<void>;
  readonly ended: Promise<number | null>;
}

let directory: string;
const running: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "agw-azure-"));
});
afterEach(async () => {
  for (const child of running.splice(0))
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [agw, "azure", ...args], {
    env: env(directory),
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  const seen = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    seen.stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    seen.stderr += chunk;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return {
    child,
    output: () => seen,
    ended,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => void (seen.stdout.includes(text) && resolve());
        child.stdout.on("data", look);
        look();
        void ended.then((code) => reject(new Error(`exit ${code}\n${seen.stdout}\n${seen.stderr}`)));
      }),
  };
}

describe("agw azure", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "writes its file once ready, and %s ends it with 0 and nothing left",
    async (signal) => {
      const azure = start();
      await azure.printed("Local Azure on https://127.0.0.1:");
      const exported = readEnvironmentFile(directory);
      expect(Object.keys(exported ?? {}).sort()).toEqual([
        ...[
          "ARM_METADATA_HOSTNAME",
          "ARM_MSI_ENDPOINT",
          "ARM_SUBSCRIPTION_ID",
          "ARM_TENANT_ID",
          "ARM_USE_MSI",
          "AZURE_CONFIG_DIR",
        ],
        ...[
          "IDENTITY_ENDPOINT",
          "IDENTITY_HEADER",
          "NODE_EXTRA_CA_CERTS",
          "PATH",
          "REQUESTS_CA_BUNDLE",
          "SSL_CERT_FILE",
        ],
      ]);
      expect(azure.output().stdout).not.toContain(exported?.IDENTITY_HEADER);
      azure.child.kill(signal);
      expect(await azure.ended).toBe(0);
      expect([existsSync(join(directory, "env")), existsSync(join(directory, "replicas"))]).toEqual([false, false]);
    },
  );

  test("refuses to run twice in one folder, and starts again after one that was killed", async () => {
    const first = start("--json");
    await first.printed("\n");
    const { url } = JSON.parse(first.output().stdout) as { url: string };
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.output().stderr).toContain(`a local Azure already runs on ${url}`);
    first.child.kill("SIGKILL");
    await first.ended;
    const third = start("--requests");
    await third.printed("Local Azure on");
    third.child.kill("SIGTERM");
    expect(await third.ended).toBe(0);
  });

  test("names everything that is wrong with its options at once, with exit 2", async () => {
    const wrong = start(
      "--port",
      "70000",
      "--policy",
      "sticky",
      "--cookie",
      "a b",
      "--replica",
      "serve",
      "--operation-seconds",
      "soon",
    );
    expect(await wrong.ended).toBe(2);
    const { stderr } = wrong.output();
    for (const option of ["--port", "--policy", "--cookie", "--replica", "--operation-seconds"])
      expect(stderr).toContain(option);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("a port that is in use is told in one line, with exit 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const azure = start("--port", String(port));
    expect(await azure.ended).toBe(1);
    expect(azure.output().stderr).toContain(`port ${port} is in use`);
    taken.close();
  });
});
