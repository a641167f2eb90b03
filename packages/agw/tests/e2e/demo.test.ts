import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { readEnvironmentFile } from "agentgateway-local-azure/host";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type AgwRun, agw, agwFile } from "../../../../tests/support/agw.ts";
import { arm, azIsThere, type TestAzure, withoutAz } from "../../../../tests/support/azure/localAzure.ts";
import { temporaryDirectory } from "../../../../tests/support/temporaryDirectory.ts";
import { replicaNote } from "../../src/demo/summary.ts";

// The slowest test runs two demos at once and four commands.
vi.setConfig({ testTimeout: 600_000 });

const checkout = join(import.meta.dirname, "..", "..", "..", "..");
const withAz = await azIsThere();
const why = withoutAz(withAz);

/** Processes whose environment or arguments name this folder; replicas keep their files in it. */
async function processesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const text = await Promise.all(
      ["cmdline", "environ"].map((f) => readFile(`/proc/${pid}/${f}`, "utf8").catch(() => "")),
    );
    if (text.join("").includes(folder)) found.push(text[0]?.replaceAll("\0", " ") ?? pid);
  }
  return found;
}

const folders = (process.env.PATH ?? "").split(":");
const azBin = folders.find((bin) => existsSync(join(bin, "az")));
/** A PATH without an Azure CLI. */
const PATH = folders.filter((bin) => !existsSync(join(bin, "az"))).join(":");

/** Runs each command in a shell with that PATH, after the first one, which sources the env file. Returns their outputs. */
async function typed([exports = "", ...commands]: readonly string[]): Promise<string[]> {
  const printed: string[] = [];
  for (const command of commands) {
    const line = `${exports.trim()} && ${command.trim().replace("npx agw", `'${process.execPath}' '${agwFile}'`)}`;
    printed.push((await promisify(execFile)("/bin/sh", ["-c", line], { env: { PATH } })).stdout);
  }
  return printed;
}

/** Makes the local Azure in this folder reject the affinity step, so that the update lasts until it is interrupted. */
async function affinityStepHeld(directory: string): Promise<void> {
  const environment = await vi.waitUntil(() => readEnvironmentFile(directory), { timeout: 120_000 });
  const caPem = await readFile(environment.REQUESTS_CA_BUNDLE ?? "", "utf8");
  const url = `https://${environment.ARM_METADATA_HOSTNAME}`;
  const fault = { fault: "answer", method: "PATCH", path: "agw-prod-app", status: 503, times: 1_000 };
  await arm({ url, environment, caPem } as TestAzure, "POST", "/_local/faults", { body: fault });
}

describe.skipIf(!withAz)(`agw demo${why}`, () => {
  test("passes every step and leaves only its HTML report", async () => {
    await using folder = await temporaryDirectory();
    const { code, stdout, stderr } = await agw(["demo", "--json"], { env: { AGW_LOCAL: folder.path } });
    expect(stderr).toContain(replicaNote);
    const { steps, html, probe } = JSON.parse(stdout);
    expect(steps.map(({ title, state }: { title: string; state: string }) => `${title}: ${state}`)).toEqual([
      ...["Azure CLI: done", "Local Azure: done", "agw up: done", "az containerapp show: done", "Second agw up: done"],
      ...["Scale to 4 replicas: done", "200 MCP sessions: done", "Affinity turned off by hand, then agw up: done"],
      ...[
        "agw up -c enableStickySessions=false: done",
        "agw up -c enableStickySessions=true: done",
        "Kill one replica: done",
      ],
      "agw destroy: done",
    ]);
    expect(probe.counts).toMatchObject({ sessions: 200, held: 200 });
    expect(probe.control.held).toBeLessThan(probe.control.sessions);
    const page = await readFile(html, "utf8");
    expect(page).toContain("The demo, step by step");
    // The first 50 sessions and the other 150.
    expect(page.match(/class="chart lanes wide"/g)).toHaveLength(2);
    expect(page).not.toMatch(/(src|href)="http|<script/);
    expect(code).toBe(0);
    expect(await processesOf(folder.path)).toEqual([]);
    expect(await readdir(folder.path)).toEqual(["demo.html"]);
    expect(stderr.trimEnd().endsWith(`rm -rf '${html}'`)).toBe(true);
  });

  test("with --keep it runs until Ctrl-C, and the commands that it prints work; a second demo is refused and leaves the first alone", async () => {
    await using folder = await temporaryDirectory();
    // As if an earlier start had installed it.
    await symlink(join(azBin ?? "", ".."), join(folder.path, "az"));
    let byHand: Promise<string[]> | undefined;
    let second: Promise<AgwRun> | undefined;
    const { code, stderr } = await agw(["demo", "--keep"], {
      env: { AGW_LOCAL: folder.path, PATH },
      onStart: (child) => {
        let seen = "";
        child.stderr?.on("data", (chunk: string) => {
          seen += chunk;
          if (byHand !== undefined || !seen.includes("Ctrl-C to stop")) return;
          const commands = seen.split("Still running.")[1]?.match(/^ {2}\S.*/gm) ?? [];
          second = agw(["demo"], { env: { AGW_LOCAL: folder.path, PATH } });
          byHand = second.then(() => typed(commands)).finally(() => child.kill("SIGINT"));
        });
      },
    });
    expect(byHand, stderr).toBeDefined();
    expect(await byHand).toEqual([
      expect.stringContaining('"affinity": "sticky"'),
      expect.stringContaining("0 changes, 11 unchanged"),
      expect.stringMatching(/ok +signed in.*ok +replicas +4\b.*ok +cookie kept/s),
      expect.stringMatching(/hold|held/i),
    ]);
    expect(await second).toMatchObject({ code: 1, stderr: expect.stringContaining(join(folder.path, "demo", "env")) });
    expect((await second)?.stderr).not.toContain(`${folder.path}/demo'`);
    expect(code).toBe(0);
    expect(await processesOf(folder.path)).toEqual([]);
    expect((await readdir(folder.path)).sort()).toEqual(["az", "demo.html"]);
  });

  test("when interrupted it ends with 130 and leaves no process and no env file", async () => {
    await using folder = await temporaryDirectory();
    const demo = `${folder.path}/demo`;
    const { code, stdout, stderr } = await agw(["demo"], {
      env: { AGW_LOCAL: folder.path },
      onStart: (child) => {
        let seen = "";
        const held = affinityStepHeld(demo);
        child.stderr?.on("data", (chunk: string) => {
          seen += chunk;
          if (seen.includes("ContainerApp agentgateway-app created")) void held.then(() => child.kill("SIGINT"));
        });
      },
    });
    expect(stderr).toContain("interrupted");
    expect(stdout).toMatch(/agw up +stopped/);
    expect(stdout).not.toContain("FAILED");
    expect(code).toBe(130);
    expect(readEnvironmentFile(demo)).toBeUndefined();
    for (let i = 0; i < 300 && (await processesOf(folder.path)).length > 0; i++) await sleep(100);
    expect(await processesOf(folder.path)).toEqual([]);
  });

  test("SIGTERM to the npm process alone, as a supervisor sends it, ends the demo", async () => {
    await using folder = await temporaryDirectory();
    const npm = spawn("npm", ["start"], { cwd: checkout, env: { ...process.env, AGW_LOCAL: folder.path } });
    onTestFinished(() => void npm.kill("SIGTERM"));
    let seen = "";
    npm.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      if (seen.includes("AgentGateway agentgateway created")) return;
      seen += chunk;
      if (seen.includes("AgentGateway agentgateway created")) npm.kill("SIGTERM");
    });
    await new Promise((resolve) => npm.once("close", resolve));
    await vi.waitFor(async () => expect(await processesOf(folder.path)).toEqual([]), 60_000);
    expect(await readdir(folder.path)).toEqual([]);
  });
});

describe("a wrong demo command line ends in one message", () => {
  test("an unknown stack lists the stacks that exist, exit code 2, and starts nothing", async () => {
    await using folder = await temporaryDirectory();
    const local = join(folder.path, "local");
    const { code, stdout, stderr } = await agw(["demo", "--stack", "nonsense"], { env: { AGW_LOCAL: local } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^agw demo: .*'nonsense'.*dev, prod, staging\nTry: npx agw demo --help\n$/);
    expect(existsSync(local)).toBe(false);
  });
});
