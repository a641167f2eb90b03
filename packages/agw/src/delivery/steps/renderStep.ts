import { readFile } from "node:fs/promises";
import { renderPreview, runOf } from "../comment/pulumiOutput.ts";
import { violationsOf } from "../digest/policyEvents.ts";
import { append, type Options, readTextFile, required, type StepEnvironment, UsageError } from "./step.ts";

function exitCodeOf({ "exit-code": text }: Options): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,3}$/.test(text)) throw new UsageError(`--exit-code is not an exit code (${text.length} characters)`);
  return Number(text);
}

/** Prints the Markdown of a preview. */
export async function renderStep(options: Options, environment: StepEnvironment): Promise<number> {
  const stack = required(options, "stack");
  const exitCode = exitCodeOf(options);
  const text = await readTextFile(required(options, "preview"));
  const errors = options.errors === undefined ? "" : await readTextFile(options.errors);
  // Without a policy pack, or where it failed early, the engine writes no log.
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
