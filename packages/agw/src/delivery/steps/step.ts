import { appendFile, readFile } from "node:fs/promises";
import { isStackName } from "../decisions/affectedStacks.ts";
import { isObject } from "../digest/previewDigest.ts";
import type { GitHub } from "./github.ts";

/** Everything that a step uses from the machine it runs on. */
export interface StepEnvironment {
  readonly env: NodeJS.ProcessEnv;
  /** The root of the checkout. */
  readonly directory: string;
  out(text: string): void;
  err(text: string): void;
}

/** The options of a step's command line, by name without dashes. */
export type Options = Readonly<Record<string, string | undefined>>;

/** Runs one step of a workflow and resolves to its exit code. */
export type DeliveryCommand = (options: Options, environment: StepEnvironment) => Promise<number>;

/** An option, a file or the environment is wrong. Shown without a stack trace. */
export class UsageError extends Error {
  readonly exitCode = 2;
}

export function required(options: Options, name: string): string {
  const value = options[name];
  if (value === undefined || value === "") throw new UsageError(`--${name} is required`);
  return value;
}

/** Reads the option `--stacks`: the JSON array that `delivery.ts stacks` printed. */
export function stackList(options: Options): string[] {
  const text = required(options, "stacks");
  const list = parsed(text);
  if (Array.isArray(list) && list.every((name) => typeof name === "string" && isStackName(name))) return list;
  throw new UsageError(`--stacks must be the JSON array that \`delivery.ts stacks\` prints, got '${text}'`);
}

/** @throws UsageError if the file can't be read */
export async function readTextFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** @throws UsageError if the file can't be read or is not a JSON object */
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
    // The parser's own message would quote the text, which may contain secrets.
    return undefined;
  }
}

/** Reads access to GitHub from the environment. @throws UsageError if a variable is not set */
export function gitHub({ env }: StepEnvironment): GitHub {
  const { GITHUB_API_URL: api, GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token } = env;
  if (!api || !repository || !token) {
    throw new UsageError(
      "set GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN; a GitHub workflow sets the first two itself",
    );
  }
  return { api, repository, token };
}

/** Appends to a file that a workflow run names, such as GITHUB_STEP_SUMMARY; does nothing if there is none. */
export async function append(file: string | undefined, text: string): Promise<void> {
  if (file) await appendFile(file, text);
}
