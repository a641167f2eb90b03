import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeDirectory } from "agentgateway-local-azure/host";
import { parse } from "yaml";

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly run?: string;
  readonly env?: Record<string, string>;
}
interface Job {
  readonly env?: Record<string, string>;
  readonly steps: Step[];
}

export interface JobOptions {
  /** The directory that the steps run in. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** The values of expressions, by the text between `${{` and `}}`: `matrix.stack` -> `prod`. Unknown ones throw. */
  readonly expressions?: Readonly<Record<string, string>>;
  /** The names of the steps to run. Default: all. */
  readonly only?: readonly string[];
  /** Called with RUNNER_TEMP before the first step. */
  readonly prepare?: (temp: string) => Promise<void>;
  /** Called with RUNNER_TEMP before it is removed. */
  readonly inspect?: (temp: string) => Promise<void>;
}

export interface JobRun {
  /** The exit code of the first step that failed; 0 if none did. */
  readonly code: number;
  /** The script of the failed step, or of the last one. */
  readonly step: string;
  readonly output: string;
  /** What the steps wrote to GITHUB_OUTPUT, by name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What the steps wrote to GITHUB_STEP_SUMMARY. */
  readonly summary: string;
}

/**
 * Runs the `run:` steps of a job as a runner does (`bash -eo pipefail` on a file, GITHUB_* files, env of job and step)
 * until one fails. Skips steps that use an action; the caller must do their work.
 */
export async function runJob(file: string, job: string, options: JobOptions): Promise<JobRun> {
  const { jobs } = parse(readFileSync(`.github/workflows/${file}`, "utf8")) as { jobs: Record<string, Job> };
  const { env: jobEnv = {}, steps } = jobs[job] as Job;
  const temp = await mkdtemp(join(tmpdir(), "agw-runner-"));
  const files = { GITHUB_OUTPUT: join(temp, "output"), GITHUB_STEP_SUMMARY: join(temp, "summary") };
  for (const path of Object.values(files)) await writeFile(path, "");
  await mkdir(join(temp, "temp"));
  await options.prepare?.(join(temp, "temp"));
  const outputs: Record<string, string> = {};
  const done: string[] = [];
  let last = { code: 0, step: "", output: "" };
  try {
    const { only } = options;
    const chosen = steps.filter(({ run, name = "" }) => run !== undefined && (only?.includes(name) ?? true));
    for (const step of chosen) {
      const known = { ...options.expressions, ...Object.fromEntries(Object.entries(outputs)) };
      const env = {
        ...options.env,
        ...files,
        RUNNER_TEMP: join(temp, "temp"),
        ...evaluated({ ...jobEnv, ...step.env }, known),
      };
      last = await runStep(step.run ?? "", join(temp, "step.sh"), options.directory, env);
      done.push(last.output);
      const written = [...(await readFile(files.GITHUB_OUTPUT, "utf8")).matchAll(/^([\w-]+)=(.*)$/gm)];
      for (const [, name = "", value = ""] of written) {
        outputs[name] = value;
        if (step.id !== undefined) outputs[`steps.${step.id}.outputs.${name}`] = value;
      }
      if (last.code !== 0) break;
    }
    await options.inspect?.(join(temp, "temp"));
    return { ...last, output: done.join("\n"), outputs, summary: await readFile(files.GITHUB_STEP_SUMMARY, "utf8") };
  } finally {
    await removeDirectory(temp);
  }
}

async function runStep(script: string, file: string, cwd: string, env: NodeJS.ProcessEnv) {
  await writeFile(file, script);
  return new Promise<{ code: number; step: string; output: string }>((resolve) => {
    execFile(
      "bash",
      ["--noprofile", "--norc", "-eo", "pipefail", file],
      { cwd, env, maxBuffer: 1 << 26 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), step: script, output: stdout + stderr }),
    );
  });
}

function evaluated(env: Record<string, string>, known: Readonly<Record<string, string>>): Record<string, string> {
  const value = (text: string): string =>
    String(text).replaceAll(/\$\{\{\s*(.+?)\s*\}\}/g, (_, name: string) => {
      const found = known[name] ?? (/^(vars|secrets)\./.test(name) ? "" : undefined);
      if (found === undefined) throw new Error(`the test has no value for the expression ${name}`);
      return found;
    });
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, value(text)]));
}
