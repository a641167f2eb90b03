import { execFile, execFileSync } from "node:child_process";
import { cp, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { removeDirectory } from "agentgateway-local-azure/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { closedPort } from "../../../../../tests/support/closedPort.ts";

// Jobs must install everything that they run, and nothing else.

interface Job {
  readonly steps?: readonly { readonly run?: string }[];
}

/** Returns the arguments of a job's one `npm` command, and whether the job runs policies. */
async function installOf(file: string, name: string) {
  const { jobs } = parse(await readFile(`.github/workflows/${file}`, "utf8")) as { jobs: Record<string, Job> };
  const lines = (jobs[name]?.steps ?? []).flatMap(({ run = "" }) => run.split("\n"));
  const install = lines.filter((line) => line.startsWith("npm "));
  if (install.length !== 1) throw new Error(`${file} ${name} installs ${install.length} times`);
  return {
    args: install[0]?.split(" ").slice(1) ?? [],
    runsPolicies: lines.some((line) => line.includes("--policy-pack policy")),
  };
}

/** Nothing listens on this port, and the JSON of each command says so. */
const url = `http://127.0.0.1:${closedPort}/mcp`;
const commands = [
  { args: ["probe", "--url", url], document: { verdict: "inconclusive" } },
  { args: ["doctor", "--url", url], document: { verdict: "not ok" } },
  { args: ["comment"], document: { changeSummary: { create: 11 } } },
];

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a directory, without this checkout's tools on the PATH. */
function runIn(directory: string, program: string, args: readonly string[]): Promise<Ran> {
  const env = {
    HOME: process.env.HOME,
    PATH: [dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
    NO_COLOR: "1",
  };
  return new Promise((resolve) => {
    execFile(program, args, { cwd: directory, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const loads = (...files: readonly string[]): string[] => [
  "--input-type=module",
  "--eval",
  files.map((file) => `await import("./${file}");`).join("\n"),
];

/** Copies the files of this checkout that a runner would check out. */
async function checkOut(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "agw-install-"));
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" });
  const files = listed
    .split("\n")
    .filter((file) => /^(src|affinity-step|gateway|packages\/[^/]+\/(src|package\.json)|policy|[^/]+$)/.test(file));
  for (const file of files) await cp(file, join(directory, file));
  return directory;
}

describe.each([
  { file: "drift.yml", name: "check", agw: true },
  { file: "preview.yml", name: "preview", agw: false },
])("what the job $name of $file installs", ({ file, name, agw }) => {
  let directory: string;
  let installed: Ran;
  let install: Awaited<ReturnType<typeof installOf>>;

  beforeAll(async () => {
    install = await installOf(file, name);
    directory = await checkOut();
    installed = await runIn(directory, "npm", [...install.args, "--prefer-offline"]);
  });

  afterAll(() => removeDirectory(directory));

  test("leaves out the development tools", async () => {
    expect(installed).toMatchObject({ code: 0 });
    const tools = ["vitest", "@biomejs/biome", "playwright-core", "node"];
    const found = await runIn(
      directory,
      "ls",
      tools.map((tool) => `node_modules/${tool}`),
    );
    for (const tool of tools) expect(found.stderr).toContain(`${tool}': No such file`);
  });

  test("is enough for the program, and for the policies if the job runs them", async () => {
    const files = [
      "src/component/agentGateway.ts",
      "src/config/settings.ts",
      ...(install.runsPolicies ? ["policy/policies.ts"] : []),
    ];
    expect(await runIn(directory, "node", loads(...files))).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  if (!agw) return;

  test.each(commands)("is enough for agw $args.0", async ({ args, document }) => {
    const { stdout } = await runIn(directory, "node", ["packages/agw/src/agw.ts", ...args, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject(document);
  });
});

test("a deployment installs what both jobs together do, and a fork's preview what the drift check does", async () => {
  const drift = await installOf("drift.yml", "check");
  const preview = await installOf("preview.yml", "preview");
  const deploy = await installOf("deploy-stack.yml", "deploy");
  const fork = await installOf("preview.yml", "fork");
  expect(new Set(deploy.args)).toEqual(new Set([...drift.args, ...preview.args]));
  expect(fork.args).toEqual(drift.args);
  expect([drift, preview, deploy, fork].map(({ runsPolicies }) => runsPolicies)).toEqual([false, true, true, false]);
});
