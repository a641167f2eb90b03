import { execFile, execFileSync } from "node:child_process";
import { cp, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { removeDirectory } from "agentgateway-local-azure/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { closedPort } from "../../../../../tests/support/closedPort.ts";

// What jobs with an identity install must be enough for what they run, and no more than that.

interface Job {
  readonly steps?: readonly { readonly run?: string }[];
}

/** Of the job: the arguments of its `npm`, whether it runs policies, and which commands of agw. */
async function installOf(file: string, name: string) {
  const { jobs } = parse(await readFile(`.github/workflows/${file}`, "utf8")) as { jobs: Record<string, Job> };
  const lines = (jobs[name]?.steps ?? []).flatMap(({ run = "" }) => run.split("\n"));
  const install = lines.filter((line) => line.startsWith("npm "));
  if (install.length !== 1) throw new Error(`${file} ${name} installs ${install.length} times`);
  return {
    args: install[0]?.split(" ").slice(1) ?? [],
    runsPolicies: lines.some((line) => line.includes("--policy-pack policy")),
    commands: lines.flatMap((line) => /node packages\/agw\/src\/agw\.ts (\w+)/.exec(line)?.[1] ?? []),
  };
}

/** An address that nothing answers on: each command says so in its document. */
const url = `http://127.0.0.1:${closedPort}/mcp`;
const seen = { probe: { verdict: "inconclusive" }, doctor: { verdict: "not ok" } };

interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Runs a program in the checkout, with none of this one's tools on the PATH. */
function runIn(directory: string, program: string, args: readonly string[]): Promise<Ran> {
  const env = {
    HOME: process.env.HOME,
    PATH: [dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
    NO_COLOR: "1",
  };
  return new Promise((resolve) => {
    execFile(program, args, { cwd: directory, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

const loads = (...files: readonly string[]): string[] => [
  "--input-type=module",
  "--eval",
  files.map((file) => `await import("./${file}");`).join("\n"),
];

/** The files of this checkout, as a runner checks them out. */
async function checkOut(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "agw-install-"));
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" });
  const files = listed
    .split("\n")
    .filter((file) => /^(src|packages\/[^/]+\/(src|package\.json)|policy|[^/]+$)/.test(file));
  for (const file of files) await cp(file, join(directory, file));
  return directory;
}

describe.each([
  { file: "deploy-stack.yml", name: "deploy" },
  { file: "preview.yml", name: "preview" },
])("what the job $name of $file installs", ({ file, name }) => {
  let directory: string;
  let installed: Ran;
  let install: Awaited<ReturnType<typeof installOf>>;

  beforeAll(async () => {
    install = await installOf(file, name);
    directory = await checkOut();
    installed = await runIn(directory, "npm", [...install.args, "--prefer-offline"]);
  });

  afterAll(() => removeDirectory(directory));

  test("leaves the development tools out", async () => {
    expect(installed).toMatchObject({ code: 0 });
    const tools = ["vitest", "@biomejs/biome", "playwright-core", "node"];
    const found = await runIn(
      directory,
      "ls",
      tools.map((tool) => `node_modules/${tool}`),
    );
    for (const tool of tools) expect(found.output).toContain(`${tool}': No such file`);
  });

  test("is enough for the program, and for the policies if it runs them", async () => {
    const files = [
      "src/component/agentGateway.ts",
      "src/config/settings.ts",
      ...(install.runsPolicies ? ["policy/policies.ts"] : []),
    ];
    expect(await runIn(directory, "node", loads(...files))).toEqual({ code: 0, output: "" });
  });

  test("is enough for the commands of agw that it runs", async () => {
    for (const [command, found] of Object.entries(seen)) {
      if (!install.commands.includes(command)) continue;
      const { output } = await runIn(directory, "node", ["packages/agw/src/agw.ts", command, "--url", url, "--json"]);
      expect(JSON.parse(output.slice(output.indexOf("{")))).toMatchObject(found);
    }
  });
});

test("drift installs what a deployment does, save for the policies, which it does not run", async () => {
  const [deploy, look] = [await installOf("deploy-stack.yml", "deploy"), await installOf("drift.yml", "look")];
  expect(look.runsPolicies).toBe(false);
  expect(look.args.join(" ")).toBe(deploy.args.join(" ").replace(" -w policy", ""));
  expect(deploy.commands).toEqual(expect.arrayContaining(look.commands));
});
