import { readFile } from "node:fs/promises";
import { renderPreview, runOf } from "../comment/stackComment.ts";
import { violationsOf } from "../digest/policyEvents.ts";
import { append, type Options, readTextFile, required, type StepEnvironment, UsageError } from "./step.ts";

function exitCodeOf({ "exit-code": text }: Options): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,3}$/.test(text)) throw new UsageError(`--exit-code must be a number from 0 to 999, got '${text}'`);
  return Number(text);
}

/** Prints a preview as Markdown, whether it failed or not. */
export async function renderStep(options: Options, environment: StepEnvironment): Promise<number> {
  const stack = required(options, "stack");
  const exitCode = exitCodeOf(options);
  const text = await readTextFile(required(options, "preview"));
  const errors = options.errors === undefined ? "" : await readTextFile(options.errors);
  // The engine writes no log without a policy pack, or if it fails early.
  const events = options.events === undefined ? "" : await readFile(options.events, "utf8").catch(() => "");
  const markdown = renderPreview(text, errors, {
    stack,
    ...(exitCode !== undefined && { exitCode }),
    violations: violationsOf(events),
    ...runOf(environment.env),
  });
  environment.out(markdown);
  await append(environment.env.GITHUB_STEP_SUMMARY, `${markdown}\n\n`);
  return 0;
}
