import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { affectedStacks, stacksOf } from "../decisions/affectedStacks.ts";
import { append, type Options, type StepEnvironment, UsageError } from "./step.ts";

/** Prints the stacks of the project, or those that a change affects, as a JSON array. */
export async function stacksStep({ base }: Options, environment: StepEnvironment): Promise<number> {
  const all = stacksOf(await readdir(environment.directory));
  const affected = base === undefined ? all : affectedStacks(all, await changedFiles(base, environment.directory));
  const list = JSON.stringify(affected);
  environment.out(list);
  await append(environment.env.GITHUB_OUTPUT, `stacks=${list}\n`);
  return 0;
}

async function changedFiles(base: string, directory: string): Promise<string[]> {
  // Git would read a revision that starts with a dash as an option.
  if (!/^[0-9A-Za-z][\w./-]*$/.test(base))
    throw new UsageError(`--base must be a commit, branch or tag, got '${base}'`);
  const { stdout } = await promisify(execFile)("git", ["diff", "--name-only", "-z", `${base}...HEAD`], {
    cwd: directory,
  });
  return stdout.split("\0").filter(Boolean);
}
