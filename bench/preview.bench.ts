import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalAzure } from "agentgateway-local-azure";
import { attachProviders, pulumiVariables, runStack } from "agentgateway-local-azure/pulumi";
import { copyProject } from "../tests/support/pulumi/stackEngine.ts";
import type { Bench, BenchTable } from "./bench.ts";

const rounds = 9;

/** Previews a project once. Resolves when the preview is done. */
type Preview = (projectDirectory: string) => Promise<void>;

/** Compares a first preview of this program with one of an empty TypeScript program, in alternation. */
export const bench: Bench = {
  async run(progress) {
    const directory = await mkdtemp(join(tmpdir(), "agw-bench-"));
    try {
      await using azure = await startLocalAzure({ directory });
      const environment = { ...process.env, ...azure.environment, PATH: process.env.PATH };
      const [ours, empty] = [join(directory, "ours"), join(directory, "empty")];
      await copyProject(ours);
      await writeEmptyProject(empty);
      const tables = [
        await compare("the built-in engine", builtInEngine(directory, environment), ours, empty, progress),
      ];
      await mkdir(join(directory, "backend"));
      const pulumi = pulumiEngine(directory, environment);
      if ((await pulumi(["version"])) === 0) {
        for (const cwd of [ours, empty]) await pulumi(["stack", "init", "prod"], cwd);
        const preview: Preview = async (cwd) => {
          await using attached = await attachProviders(environment, cwd);
          if ((await pulumi(["preview", "--stack", "prod"], cwd, attached.variables)) !== 0)
            throw new Error(`pulumi preview of ${cwd} failed`);
        };
        tables.push(await compare("Pulumi's engine", preview, ours, empty, progress));
      } else progress("pulumi does not run, so Pulumi's engine is skipped");
      return tables;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

const builtInEngine =
  (directory: string, environment: NodeJS.ProcessEnv): Preview =>
  async (projectDirectory) => {
    const stateDirectory = join(directory, "state");
    const result = await runStack({ mode: "preview", projectDirectory, stack: "prod", stateDirectory, environment });
    if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join("\n"));
  };

/** Runs `pulumi` with a separate backend. Resolves to 0 on success, else to 1, also if `pulumi` is not installed. */
function pulumiEngine(directory: string, environment: NodeJS.ProcessEnv) {
  return (args: string[], cwd = directory, attached: Record<string, string> = {}): Promise<number> => {
    const env = {
      ...environment,
      ...pulumiVariables(directory, "only-for-benchmarks"),
      ...attached,
    };
    return new Promise((resolve) => {
      execFile("pulumi", [...args, "--non-interactive"], { cwd, env }, (error) => resolve(error === null ? 0 : 1));
    });
  };
}

async function compare(
  on: string,
  preview: Preview,
  ours: string,
  empty: string,
  progress: (line: string) => void,
): Promise<BenchTable> {
  const times: { ours: number[]; empty: number[] } = { ours: [], empty: [] };
  for (let round = 1; round <= rounds; round++) {
    progress(`${on}, preview ${round} of ${rounds}`);
    times.empty.push(await timed(() => preview(empty)));
    times.ours.push(await timed(() => preview(ours)));
  }
  const row = (subject: string, values: readonly number[]) => {
    const sorted = values.toSorted((a, b) => a - b);
    return { subject, values: { fastest: sorted[0] ?? 0, median: sorted[Math.floor(sorted.length / 2)] ?? 0 } };
  };
  return {
    title: `First preview of the stack, on ${on}`,
    columns: { fastest: "ms", median: "ms" },
    rows: [row("an empty TypeScript program", times.empty), row("this program", times.ours)],
    baseline: "an empty TypeScript program",
    notes: [`${rounds} previews of each, in alternation. Nothing is deployed. The aim is a ratio of at most 1.3.`],
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function writeEmptyProject(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const runtime = "runtime:\n  name: nodejs\n  options: { typescript: false, packagemanager: npm }\n";
  await writeFile(join(folder, "Pulumi.yaml"), `name: empty\n${runtime}main: index.ts\noptions:\n  refresh: always\n`);
  await writeFile(join(folder, "Pulumi.prod.yaml"), "config: {}\n");
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
  const program = 'import * as pulumi from "@pulumi/pulumi";\n\nexport const stack: string = pulumi.getStack();\n';
  await writeFile(join(folder, "index.ts"), program);
  await symlink(join(import.meta.dirname, "..", "node_modules"), join(folder, "node_modules"));
}
