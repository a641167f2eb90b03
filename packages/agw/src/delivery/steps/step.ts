import { appendFile, readFile } from "node:fs/promises";
import { isObject } from "../digest/previewDigest.ts";
import type { GitHub } from "./github.ts";

/** All that a step touches of the machine it runs on. */
export interface StepEnvironment {
  readonly env: NodeJS.ProcessEnv;
  /** Root of the checkout. */
  readonly directory: string;
  out(text: string): void;
  err(text: string): void;
}

/** Options of a step's command line, by their names without dashes. */
export type Options = Readonly<Record<string, string | undefined>>;

/** One step of a workflow. Resolves to its exit code. */
export type DeliveryCommand = (options: Options, environment: StepEnvironment) => Promise<number>;

/** What a step was given does not do. Shown as its message only. */
export class UsageError extends Error {
  readonly exitCode = 2;
}

export function required(options: Options, name: string): string {
  const value = options[name];
  if (value === undefined || value === "") throw new UsageError(`--${name} is needed`);
  return value;
}

/** The names of stacks that `delivery stacks` printed, as the option `--stacks` hands them on. */
export function stackList(options: Options): string[] {
  const text = required(options, "stacks");
  const list = parsed(text);
  if (Array.isArray(list) && list.every((name) => typeof name === "string")) return list;
  throw new UsageError(`--stacks is not the list that \`delivery stacks\` prints (${text.length} characters)`);
}

/** @throws UsageError where the file cannot be read. */
export async function readTextFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** @throws UsageError where the file cannot be read or holds something else. */
export async function readObject(file: string): Promise<Record<string, unknown>> {
  const text = await readTextFile(file);
  const value = parsed(text);
  if (!isObject(value)) throw new UsageError(`${file} is not a JSON object (${text.length} characters)`);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the text.
    return undefined;
  }
}

/** @throws UsageError outside of a workflow's run. */
export function gitHub({ env }: StepEnvironment): GitHub {
  const { GITHUB_API_URL: api, GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token } = env;
  if (!api || !repository || !token) {
    throw new UsageError("GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN are needed; a workflow's run sets them");
  }
  return { api, repository, token };
}

/** Appends to a file that a workflow's run may name, as GITHUB_STEP_SUMMARY. */
export async function append(file: string | undefined, text: string): Promise<void> {
  if (file) await appendFile(file, text);
}
