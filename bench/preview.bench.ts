import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalAzure } from "../src/local/azure/localAzure.ts";
import { runStack } from "../src/local/engine/runStack.ts";
import type { Bench, BenchTable } from "./bench.ts";

const rounds = 9;
const checkout = join(import.meta.dirname, "..");

/** A first preview of this program beside one of an empty TypeScript program, turn by turn, on the local engine. */
export const bench: Bench = {
  async run(progress) {
    const directory = await mkdtemp(join(tmpdir(), "agw-bench-"));
    try {
      await using azure = await startLocalAzure({ directory });
      const empty = await emptyProject(join(directory, "empty"));
      const preview = async (projectDirectory: string): Promise<number> => {
        const start = performance.now();
        const result = await runStack({
          mode: "preview",
          projectDirectory,
          stack: "prod",
          stateDirectory: join(directory, "state"),
          environment: { ...process.env, ...azure.environment },
        });
        if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join("\n"));
        return performance.now() - start;
      };
      const times: { ours: number[]; empty: number[] } = { ours: [], empty: [] };
      for (let round = 0; round < rounds; round++) {
        times.empty.push(await preview(empty));
        times.ours.push(await preview(checkout));
        progress(`preview ${round + 1} of ${rounds}`);
      }
      return [table(times)];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

function table(times: { ours: readonly number[]; empty: readonly number[] }): BenchTable {
  const row = (subject: string, values: readonly number[]) => {
    const sorted = values.toSorted((a, b) => a - b);
    return { subject, values: { fastest: sorted[0] ?? 0, median: sorted[Math.floor(sorted.length / 2)] ?? 0 } };
  };
  return {
    title: "First preview of the stack",
    columns: { fastest: "ms", median: "ms" },
    rows: [row("an empty TypeScript program", times.empty), row("this program", times.ours)],
    baseline: "an empty TypeScript program",
    notes: [
      `${rounds} previews of each, turn by turn, on the local engine; nothing is deployed. The aim is at most 1.3 times.`,
    ],
  };
}

async function emptyProject(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, "Pulumi.yaml"),
    "name: empty\nruntime:\n  name: nodejs\n  options: { typescript: false }\nmain: index.ts\n",
  );
  await writeFile(join(folder, "Pulumi.prod.yaml"), "config: {}\n");
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
  await writeFile(
    join(folder, "index.ts"),
    'import * as pulumi from "@pulumi/pulumi";\n\nexport const stack: string = pulumi.getStack();\n',
  );
  await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
  return folder;
}
