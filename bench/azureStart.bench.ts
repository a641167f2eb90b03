import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Bench } from "./bench.ts";
import { memoryOf } from "./support/processes.ts";

const rounds = 7;
const root = join(import.meta.dirname, "..");
const agw = join(root, "packages", "agw", "src", "agw.ts");
/** Includes the Azure CLI that the project installs: the start looks for one, but must not install it here. */
const path = [process.env.PATH, join(root, ".local", "az", "bin")].join(delimiter);

/** Measures the time from the start of the `agw azure` process until it listens, compared with an idle Node process. */
export const bench: Bench = {
  async run(progress) {
    const directory = await mkdtemp(join(tmpdir(), "agw-bench-"));
    try {
      const bare: Start[] = [];
      const azure: Start[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        progress(`round ${round} of ${rounds}`);
        bare.push(await start(["-e", "console.log('ready'); setInterval(() => {}, 1000)"], directory));
        azure.push(await start([agw, "azure", "--json"], directory));
      }
      const row = (subject: string, starts: readonly Start[]) => ({
        subject,
        values: {
          "ready after": median(starts.map(({ milliseconds }) => milliseconds)),
          memory: median(starts.map(({ megabytes }) => megabytes)),
        },
      });
      return [
        {
          title: "Start of the local Azure",
          columns: { "ready after": "ms", memory: "MB" },
          rows: [row("node, idle", bare), row("agw azure", azure)],
          baseline: "node, idle",
          notes: [
            `Median of ${rounds} starts, each in a new process. The Azure CLI is already installed. Only the first start creates the local certificate authority.`,
          ],
        },
      ];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

interface Start {
  readonly milliseconds: number;
  readonly megabytes: number;
}

/** Starts Node, waits for its first output, then ends it. */
async function start(args: readonly string[], directory: string): Promise<Start> {
  const begun = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, AGW_LOCAL: directory, PATH: path },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(child, "close");
  const first = await Promise.race([once(child.stdout, "data").then(() => true), ended.then(() => false)]);
  if (!first) throw new Error(`node ${args.join(" ")} ended before it was ready`);
  const milliseconds = performance.now() - begun;
  const megabytes = memoryOf(child.pid ?? 0).resident;
  child.kill("SIGTERM");
  await ended;
  return { milliseconds, megabytes };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
