import { readFile, writeFile } from "node:fs/promises";
import { resultMarkdown, runOf } from "../comment/stackComment.ts";
import { resultOf, writtenResult } from "../digest/previewResult.ts";
import { previewProblems } from "../digest/readPreview.ts";
import { append, type Options, readTextFile, required, type StepEnvironment, UsageError } from "./step.ts";

function exitCodeOf({ "exit-code": text }: Options): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,3}$/.test(text)) throw new UsageError(`--exit-code must be a number from 0 to 999, got '${text}'`);
  return Number(text);
}

/**
 * Prints a preview as Markdown, even if it failed, and writes its result as data for the comment. Returns 3 if the preview
 * succeeded but can't be read.
 */
export async function renderStep(options: Options, environment: StepEnvironment): Promise<number> {
  const stack = required(options, "stack");
  const exitCode = exitCodeOf(options);
  const text = await readTextFile(required(options, "preview"));
  const errors = options.errors === undefined ? "" : await readTextFile(options.errors);
  // The engine writes no log without a policy pack, or if it fails early.
  const events = options.events === undefined ? "" : await readFile(options.events, "utf8").catch(() => "");
  const result = resultOf({ text, errors, events, exitCode });
  const markdown = resultMarkdown(result, { stack, ...runOf(environment.env) });
  environment.out(markdown);
  await append(environment.env.GITHUB_STEP_SUMMARY, `${markdown}\n\n`);
  if (options.data !== undefined) await writeFile(options.data, writtenResult(result));
  if (result.problem === undefined || exitCode) return 0;
  environment.err(`the preview ${previewProblems[result.problem]} (${text.length} characters)`);
  return 3;
}
