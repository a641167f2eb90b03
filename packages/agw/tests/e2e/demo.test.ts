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

// The longest there are: a demo, another one meanwhile, and four commands by hand.
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
/** A machine without an Azure CLI of its own. */
const PATH = folders.filter((bin) => !existsSync(join(bin, "az"))).join(":");

/** What the commands print, each in a shell of that machine that has read the exports of the first. */
async function typed([exports = "", ...commands]: readonly string[]): Promise<string[]> {
  const printed: string[] = [];
  for (const command of commands) {
    const line = `${exports.trim()} && ${command.trim().replace("npx agw", `'${process.execPath}' '${agwFile}'`)}`;
    printed.push((await promisify(execFile)("/bin/sh", ["-c", line], { env: { PATH } })).stdout);
  }
  return printed;
}

/** The local Azure that runs in this folder refuses the affinity step from now on: the update is not over before it is interrupted. */
async function affinityStepHeld(directory: string): Promise<void> {
  const environment = await vi.waitUntil(() => readEnvironmentFile(directory), { timeout: 120_000 });
  const caPem = await readFile(environment.REQUESTS_CA_BUNDLE ?? "", "utf8");
  const url = `https://${environment.ARM_METADATA_HOSTNAME}`;
  const fault = { fault: "answer", method: "PATCH", path: "agw-prod-app", status: 503, times: 1_000 };
  await arm({ url, environment, caPem } as TestAzure, "POST", "/_local/faults", { body: fault });
}

describe.skipIf(!withAz)(`agw demo${why}`, () => {
  test("plays every step, proves that sessions hold and break without cookies, and writes one HTML file, which is all that it leaves", async () => {
    await using folder = await temporaryDirectory();
    const { code, stdout, stderr } = await agw(["demo", "--json"], { env: { AGW_LOCAL: folder.path } });
    expect(stderr).toContain("not AgentGateway");
    const { steps, html, probe } = JSON.parse(stdout);
    expect(steps.map(({ title, state }: { title: string; state: string }) => `${title}: ${state}`)).toEqual([
      ...["Azure CLI: done", "Local Azure: done", "agw up: done", "az containerapp show: done", "Second agw up: done"],
      ...["Scale to 4 replicas: done", "200 MCP sessions: done", "Affinity switched off by hand, agw up: done"],
      ...[
        "enableStickySessions=false, agw up: done",
        "enableStickySessions=true, agw up: done",
        "One replica killed: done",
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
    expect(stderr).toContain(`Left behind: the report. To remove it: rm -rf '${html}'\n`);
  });

  test("with --keep it stays for trying by hand, by the commands that it prints, until it is told to end; a second demo meanwhile is refused, and touches nothing of the first", async () => {
    await using folder = await temporaryDirectory();
    // As installed at an earlier start.
    await symlink(join(azBin ?? "", ".."), join(folder.path, "az"));
    let byHand: Promise<string[]> | undefined;
    let second: Promise<AgwRun> | undefined;
    const { code, stderr } = await agw(["demo", "--keep"], {
      env: { AGW_LOCAL: folder.path, PATH },
      onStart: (child) => {
        let seen = "";
        child.stderr?.on("data", (chunk: string) => {
          seen += chunk;
          if (byHand !== undefined || !seen.includes("Ctrl-C ends it.")) return;
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
      expect.stringMatching(/ok +signed in.*ok +replicas +4 of 4.*ok +cookie kept/s),
      expect.stringMatching(/hold|held/i),
    ]);
    expect(await second).toMatchObject({ code: 1, stderr: expect.stringContaining("a local Azure already runs on") });
    expect((await second)?.stderr).not.toContain("state and logs");
    expect(code).toBe(0);
    expect(await processesOf(folder.path)).toEqual([]);
    expect((await readdir(folder.path)).sort()).toEqual(["az", "demo.html"]);
  });

  test("interrupted while it runs, it ends with 130 and leaves no process, no port and no exports", async () => {
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

  test("SIGTERM to npm start alone, as a supervisor sends it, ends the demo too", async () => {
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

describe("what the demo cannot do ends in one clear message", () => {
  test("a stack that does not exist: those that there are, exit 2, nothing started or left behind", async () => {
    await using folder = await temporaryDirectory();
    const local = join(folder.path, "local");
    const { code, stdout, stderr } = await agw(["demo", "--stack", "nonsense"], { env: { AGW_LOCAL: local } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe("agw demo: no stack 'nonsense'. There are: dev, prod, staging\nTry: npx agw demo --help\n");
    expect(existsSync(local)).toBe(false);
  });
});
