import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { startLocalAzure } from "agentgateway-local-azure";
import type { Bench } from "./bench.ts";

const run = promisify(execFile);
const rounds = 3;
const root = join(import.meta.dirname, "..");
const agw = join(root, "packages", "agw", "src", "agw.ts");
/** Includes the Azure CLI that the project installs. */
const path = [process.env.PATH, join(root, ".local", "az", "bin")].join(delimiter);

/** Longest time for each subject, in seconds. */
const aims = { "agw up": 4, "agw up: the program itself": 1.5, "second agw up": 2.5, "agw demo": 25 };

/** Measures the stack commands and the demo, from the start of a process to its end. */
export const bench: Bench = {
  async run(progress) {
    const taken: Record<string, number[]> = {};
    const note = (subject: string, seconds: number): void => {
      taken[subject] = [...(taken[subject] ?? []), seconds];
    };
    for (let round = 1; round <= rounds; round += 1) {
      progress(`round ${round} of ${rounds}`);
      await commands(note);
    }
    progress("agw demo");
    await demo(note);
    const rows = Object.entries(taken).map(([subject, seconds]) => ({ subject, values: { time: median(seconds) } }));
    const title = "The stack on the local Azure";
    const notes = [
      `Median of ${rounds} rounds, each on a new local Azure; the demo runs once. Each command is a new process.`,
      "The program itself is the time during which its process runs but no step does. Steps are creates and updates, including the affinity step's az calls; parallel steps count once. The rest of an update is the engine's start, refresh and end.",
    ];
    const claims = Object.entries(aims).map(([subject, aim]) => {
      const measured = median(taken[subject] ?? []);
      return { holds: measured <= aim, text: `${subject}: ${measured.toFixed(1)} s, at most ${aim} s` };
    });
    return [{ title, columns: { time: "s" }, rows, baseline: "second agw up", notes, claims }];
  },
};

type Note = (subject: string, seconds: number) => void;

async function commands(note: Note): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "agw-bench-"));
  try {
    await using azure = await startLocalAzure({ directory });
    const env = { ...process.env, AGW_LOCAL: directory, PATH: path };
    const command = async (subject: string, ...args: string[]): Promise<void> => {
      const begun = performance.now();
      const { stdout } = await run(process.execPath, [agw, ...args, "--json"], { cwd: root, env, maxBuffer: 1 << 26 });
      note(subject, (performance.now() - begun) / 1000);
      if (args[0] !== "up") return;
      const { programDuration, stepsDuration } = JSON.parse(stdout);
      note(`${subject}: the program itself`, (programDuration - stepsDuration) / 1e9);
      note(`${subject}: steps, including az`, stepsDuration / 1e9);
    };
    await command("agw up", "up");
    await command("second agw up", "up");
    await command("agw preview", "preview");
    const begun = performance.now();
    const which = ["--name", "agw-prod-app", "--resource-group", "agw-prod-rg"];
    await run("az", ["containerapp", "show", ...which], { env: { ...process.env, ...azure.environment, PATH: path } });
    note("az containerapp show", (performance.now() - begun) / 1000);
    await command("agw destroy", "destroy");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function demo(note: Note): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "agw-bench-"));
  try {
    const env = { ...process.env, AGW_LOCAL: directory, PATH: path };
    const begun = performance.now();
    const { stdout } = await run(process.execPath, [agw, "demo", "--json"], { cwd: root, env, maxBuffer: 1 << 26 });
    note("agw demo", (performance.now() - begun) / 1000);
    for (const { title, seconds } of JSON.parse(stdout).steps) note(`agw demo: ${title}`, seconds);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
