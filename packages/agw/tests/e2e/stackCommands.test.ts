import { type ChildProcess, spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { removeDirectory } from "agentgateway-local-azure/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AgwRun, agw } from "../../../../tests/support/agw.ts";
import { agwHere } from "../../../../tests/support/agwHere.ts";
import { startSilentServer } from "../../../../tests/support/azure/armStandIn.ts";
import {
  arm,
  az,
  azIsThere,
  startTestAzure,
  type TestAzure,
  withoutAz,
} from "../../../../tests/support/azure/localAzure.ts";
import { temporaryDirectory } from "../../../../tests/support/temporaryDirectory.ts";
import { writeEnvironmentFile } from "../../../local-azure/src/host/environmentFile.ts";

const checkout = join(import.meta.dirname, "..", "..", "..", "..");
const withAz = await azIsThere();
const withPulumi = spawnSync("pulumi", ["version"]).status === 0;
const why = withoutAz(withAz);

let azure: TestAzure;
beforeAll(async () => {
  azure = await startTestAzure();
});
afterAll(() => azure[Symbol.asyncDispose]());

const run = (args: string[], more: Parameters<typeof agw>[1] = {}): Promise<AgwRun> =>
  agw(args, { ...more, env: { AGW_LOCAL: azure.directory, ...more.env } });
const summary = ({ stdout }: AgwRun) => JSON.parse(stdout).changeSummary;
const app = ["--name", "agw-prod-app", "--resource-group", "agw-prod-rg"];
const affinity = async () => {
  const query = "properties.configuration.ingress.stickySessions.affinity";
  return az(azure, "containerapp", "show", ...app, "--query", query);
};

/** The same files in another folder, as another clone would have them. */
async function otherCheckout(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "agw-checkout-")));
  const left = new Set(["node_modules", ".local", ".git", "tests"]);
  for (const name of await readdir(checkout)) {
    if (!left.has(name)) await cp(join(checkout, name), join(path, name), { recursive: true });
  }
  await symlink(join(checkout, "node_modules"), join(path, "node_modules"));
  return { path, [Symbol.asyncDispose]: () => removeDirectory(path) };
}

describe.skipIf(!withAz)(`agw on the local Azure, with the real Azure CLI${why}`, () => {
  test("up creates the stack, az reads the affinity, and the outputs name the gateway", async () => {
    const created = await run(["up", "--json"]);
    expect(created.stderr).toContain("command:local:Command agentgateway-affinity-set created");
    expect(created.code).toBe(0);
    expect(JSON.parse(created.stdout).outputs).toMatchObject({
      affinity: "sticky",
      containerAppName: "agw-prod-app",
      url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
    });
    expect(await affinity()).toBe("sticky");
  });

  test("a second up, from another checkout in another folder, says 0 changes", async () => {
    await using other = await otherCheckout();
    const again = await agw(["up"], { cwd: other.path, env: { AGW_LOCAL: azure.directory } });
    expect(again.stdout).toContain("0 changes, 11 unchanged");
    expect(again.stderr).not.toMatch(/changed outside|=>/);
    expect(again.code).toBe(0);
  });

  test("a preview of the toggle shows what will change and changes nothing; up then does it", async () => {
    const preview = await run(["preview", "-c", "enableStickySessions=false"]);
    expect(preview.stderr).toContain('~ configuration.ingress.stickySessions.affinity: "sticky" => "none"');
    expect(preview.stdout.split("\n").filter((line) => / => |known after/.test(line))).toEqual([
      '  ~ affinity              : "sticky" => "none"',
      "  ~ stickySessionsEnabled : true => false",
    ]);
    expect(preview.code).toBe(0);
    expect(await affinity()).toBe("sticky");
    const off = await run(["up", "--json", "-c", "enableStickySessions=false"]);
    expect(summary(off)).toEqual({ same: 9, update: 2 });
    expect(await affinity()).toBe("none");
    expect(summary(await run(["up", "--json"]))).toEqual({ same: 9, update: 2 });
  });

  test("drift is mended by the next up, and az works in a second terminal meanwhile", async () => {
    await az(azure, "containerapp", "ingress", "sticky-sessions", "set", ...app, "--affinity", "none");
    const [mended, seen] = await Promise.all([run(["up"]), az(azure, "containerapp", "list", "--query", "[].name")]);
    expect(mended.stderr).toContain('~ configuration.ingress.stickySessions.affinity: "sticky" => "none"');
    expect(mended.stdout).toContain("~ 1 updated, 10 unchanged");
    expect(seen).toEqual(["agw-prod-app"]);
    expect(await affinity()).toBe("sticky");
  });

  test("SIGINT ends an update with 130; the next one finds out what was left, and says 0 changes after that", async () => {
    const interrupted = await run(["up", "-c", "cpu=0.5", "-c", "memory=1Gi"], {
      onStart: async (child) => {
        const before = azure.requests().length;
        const written = () =>
          azure
            .requests()
            .slice(before)
            .some(({ method }) => method === "PUT");
        while (!written() && child.exitCode === null) await sleep(10);
        child.kill("SIGINT");
      },
    });
    expect(interrupted.code).toBe(130);
    expect(interrupted.stdout).toContain("(interrupted)");
    expect(interrupted.stdout + interrupted.stderr).not.toContain("failed");
    expect((await run(["up"])).code).toBe(0);
    expect(summary(await run(["up", "--json"]))).toEqual({ same: 11 });
  });

  test("a stack that the other engine deployed is left to it: up, preview and destroy say so and how to go on, and change nothing", async () => {
    const before = azure.requests().length;
    const state = join(azure.directory, "state", "agentgateway", "prod.json");
    const otherState = join(azure.directory, "pulumi", "backend", ".pulumi", "stacks", "agentgateway", "prod.json");
    const ours = await readFile(state, "utf8");
    const other = ["--engine", "pulumi"];
    const refused = await Promise.all(["up", "preview", "destroy"].map((mode) => run([mode, ...other])));
    for (const { code, stderr } of refused) {
      expect(stderr).toContain("the stack prod was deployed by this project's engine (--engine embedded, the default)");
      expect(stderr).toContain("npx agw destroy --stack prod\n");
      expect(code).toBe(1);
    }
    expect(refused[0]?.stderr).toContain("Go on with it: npx agw up --stack prod. Or");

    // The same by the state of Pulumi's engine, which need not be there for that; this one has none of its own.
    await mkdir(join(otherState, ".."), { recursive: true });
    await writeFile(otherState, JSON.stringify({ version: 3, checkpoint: { latest: JSON.parse(ours).deployment } }));
    await rm(state);
    const again = await Promise.all([run(["up", "--json"]), run(["destroy"])]);
    for (const { code, stdout, stderr } of again) {
      expect(stderr).toContain("the stack prod was deployed by Pulumi's own engine (--engine pulumi)");
      expect(stderr).toContain("npx agw destroy --stack prod --engine pulumi");
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    }
    const writes = azure.requests().slice(before);
    expect(writes.filter(({ method }) => method !== "GET")).toEqual([]);
    await rm(otherState);
    await writeFile(state, ours);
  });

  test("destroy leaves nothing", async () => {
    expect((await run(["destroy"])).code).toBe(0);
    expect(await az(azure, "group", "list")).toEqual([]);
  });
});

const unmet = [withPulumi ? "" : "no pulumi on the PATH", withAz ? "" : "no Azure CLI"].filter(Boolean).join(", ");

describe.skipIf(unmet !== "")(`--engine pulumi${unmet && ` (skipped: ${unmet})`}`, () => {
  test("brings the same stack up by Pulumi's own engine, previews and destroys it, and leaves the project's files alone", async () => {
    const pulumi = ["--engine", "pulumi"];
    const settings = await readFile(join(checkout, "Pulumi.prod.yaml"), "utf8");
    const created = await run(["up", ...pulumi, "--json"]);
    expect(created.code, created.stderr).toBe(0);
    expect(JSON.parse(created.stdout)).toMatchObject({
      changeSummary: { create: 11 },
      outputs: { affinity: "sticky", containerAppName: "agw-prod-app" },
    });
    expect(created.stderr).not.toContain("warning:");
    expect(await affinity()).toBe("sticky");
    const other = await run(["up"]);
    expect(other.stderr).toContain("Go on with it: npx agw up --stack prod --engine pulumi. Or");
    expect(other.code).toBe(1);
    const preview = await run(["preview", ...pulumi, "--json", "-c", "enableStickySessions=false"]);
    expect(JSON.parse(preview.stdout).changeSummary).toEqual({ same: 9, update: 2 });
    const refused = await run(["up", ...pulumi, "-c", "minReplicas=many"]);
    expect(refused.stdout).toContain("The configuration of stack 'prod' has 1 problem");
    expect(refused.code).toBe(1);
    expect((await run(["destroy", ...pulumi])).code).toBe(0);
    expect(await az(azure, "group", "list")).toEqual([]);
    expect(await readFile(join(checkout, "Pulumi.prod.yaml"), "utf8")).toBe(settings);
  });

  test("a terminal's Ctrl-C reaches it once: it ends what it does, with one document, and the next up goes on from there", async () => {
    const up = ["up", "--engine", "pulumi", "--json"];
    await arm(azure, "POST", "/_local/faults", { body: { fault: "operation", seconds: 2, times: 2 } });
    const interrupted = await run(up, { ownGroup: true, onStart: (child) => interruptGroupAtPut(child) });
    expect(interrupted.stderr).toMatch(/cancelling/);
    expect(interrupted.stderr).not.toMatch(/received; terminating|\n {4}at /);
    expect(JSON.parse(interrupted.stdout)).toHaveProperty("changeSummary.create");
    expect(interrupted.code).toBe(130);
    const again = await run(up);
    expect(again.code, again.stderr).toBe(0);
    const gone = await run(["destroy", "--engine", "pulumi", "--json"]);
    expect(JSON.parse(gone.stdout)).toEqual({ changeSummary: { delete: 11 }, outputs: {} });
  });
});

/** Ctrl-C in a terminal goes to all processes of the command at once. */
async function interruptGroupAtPut(child: ChildProcess): Promise<void> {
  const before = azure.requests().length;
  const put = () =>
    azure
      .requests()
      .slice(before)
      .some(({ method, path }) => method === "PUT" && /managedEnv/i.test(path));
  while (!put() && child.exitCode === null) await sleep(10);
  process.kill(-(child.pid as number), "SIGINT");
}

/** The exports of a local Azure that takes connections and never answers. */
async function silentAzure() {
  const [folder, server] = [await temporaryDirectory(), await startSilentServer()];
  const given = {
    IDENTITY_ENDPOINT: `https://${server.host}/`,
    IDENTITY_HEADER: "x",
    ARM_METADATA_HOSTNAME: server.host,
  };
  writeEnvironmentFile(folder.path, { ...given, ARM_SUBSCRIPTION_ID: "00000000-0000-0000-0000-000000000000" });
  const dispose = async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  return { ...server, folder: folder.path, [Symbol.asyncDispose]: dispose };
}

describe("what a user may get wrong ends in one clear message", () => {
  test("a stack that does not exist: those that there are, exit 2", async () => {
    const { code, stderr } = await run(["up", "--stack", "nonsense"]);
    expect(stderr).toMatch(/'nonsense'.* dev, prod, staging\n/);
    expect(stderr).not.toContain("Updating");
    expect(code).toBe(2);
  });
  test("a setting that the program does not know: the program's own message, exit 1, nothing created", async () => {
    const { code, stderr } = await run(["up", "-c", "enableStickySesions=false"]);
    expect(stderr).toContain("enableStickySesions");
    expect(stderr).toContain("Here, on the local Azure: no -c KEY=… for pulumi config rm KEY.");
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(1);
  });
  test("a setting that the program refuses: its message, untouched, exit 1", async () => {
    const { code, stderr } = await run(["up", "-c", "minReplicas=many"]);
    expect(stderr).toMatch(
      /error: The configuration of stack 'prod' has 1 problem; nothing was changed\.\n\s+minReplicas: /,
    );
    expect(stderr).toContain(
      "Here, on the local Azure: -c KEY=VALUE, or for a secret -c KEY=@FILE, for pulumi config set.",
    );
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(1);
  });
  test("a preview that fails shows no outputs and no count of changes", async () => {
    const { code, stdout } = await run(["preview", "-c", "minReplicas=many"]);
    expect(stdout).not.toMatch(/Outputs:|changes/);
    expect(stdout).toContain("1 failed");
    expect(code).toBe(1);
  });
  test("wrong options, all at once: exit 2", async () => {
    const settings = ["nonsense", "a=@/no/such/file", "b=@/"].flatMap((pair) => ["-c", pair]);
    const { code, stderr } = await run(["up", "--engine", "other", ...settings, "more"]);
    for (const part of [
      "no argument is expected, got 'more'",
      "embedded or pulumi, got 'other'",
      "got 'nonsense'",
      "-c a: cannot read /no/such/file (ENOENT)",
      "-c b: cannot read / (EISDIR)",
    ]) {
      expect(stderr).toContain(part);
    }
    expect(code).toBe(2);
  });
  test.each(["up", "demo", "comment"])("AGW_ARM_SECONDS that is no time, for %s: exit 2", async (command) => {
    for (const AGW_ARM_SECONDS of ["soon", "0", "1e9"]) {
      const { code, stderr } = await agwHere([command], { AGW_ARM_SECONDS });
      expect(stderr).toContain(`AGW_ARM_SECONDS: must be seconds above 0, at most 3600, got '${AGW_ARM_SECONDS}'`);
      expect(code).toBe(2);
    }
  });
  test("a setting that is worth a warning: the program's own message as one, and what its way out is here", async () => {
    const { code, stderr } = await run(["preview", "-c", "enableStickySessions=false"]);
    expect(stderr).toContain("    warning: Worth a look:\n      enableStickySessions: ");
    expect(stderr).toContain("Here, on the local Azure: -c KEY=VALUE, or for");
    expect(stderr).not.toContain("Diagnostics:");
    expect(code).toBe(0);
  });
  test("no local Azure: how to start one, exit 1", async () => {
    const { code, stderr } = await run(["up"], { env: { AGW_LOCAL: join(azure.directory, "nothing") } });
    expect(stderr).toContain("npx agw azure");
    expect(code).toBe(1);
  });
  test.each(["", "nonsense ((", "export ARM_METADATA_HOSTNAME='nonsense'\n"])(
    "a .local/env that is broken (%j): which file, and what to do, exit 1",
    async (text) => {
      await using folder = await temporaryDirectory();
      await writeFile(join(folder.path, "env"), text);
      const { code, stderr } = await agw(["up"], { env: { AGW_LOCAL: folder.path } });
      expect(stderr).toContain(`${join(folder.path, "env")} names no local Azure`);
      expect(code).toBe(1);
    },
  );
  test("an address that takes connections and never answers: given up after a while, what was asked, exit 1", async () => {
    await using silent = await silentAzure();
    const env = { AGW_LOCAL: silent.folder, AGW_ARM_SECONDS: "1" };
    const { code, stderr } = await run(["preview", "-c", "existingResourceGroup=true"], { env });
    expect(stderr).toMatch(new RegExp(`GET https://${silent.host}/metadata/endpoints: .* 1 s\\b`));
    expect(stderr).toContain("npx agw azure");
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(1);
  });
  test("such a wait, of a minute where nothing else is said, ends at SIGINT: exit 130", async () => {
    await using silent = await silentAzure();
    const interrupted = await run(["preview", "-c", "existingResourceGroup=true"], {
      env: { AGW_LOCAL: silent.folder },
      onStart: (child) => silent.onConnection(() => child.kill("SIGINT")),
    });
    expect(interrupted.stderr).toContain("Interrupted.");
    expect(interrupted.stderr).not.toContain("no answer within");
    expect(interrupted.code).toBe(130);
  }, 50_000);
  test("neither az nor python3: what to install, exit 1, nothing left behind", async () => {
    const env = { AGW_LOCAL: join(azure.directory, "empty"), PATH: "/nonexistent" };
    const { code, stderr } = await run(["demo"], { env });
    expect(stderr).toContain("Install the Azure CLI (https://aka.ms/azure-cli) or python3");
    expect(code).toBe(1);
  });
  test.skipIf(withPulumi)(
    "--engine pulumi without Pulumi: where to get it, exit 1 (skipped where there is a pulumi)",
    async () => {
      const { code, stderr } = await run(["up", "--engine", "pulumi"]);
      expect(stderr).toContain("no 'pulumi' on the PATH");
      expect(code).toBe(1);
    },
  );
});
