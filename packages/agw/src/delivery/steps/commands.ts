import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { renderPreview, runOf } from "../comment/renderPreview.ts";
import { violationsOf } from "../digest/policyEvents.ts";
import { comment } from "./commentStep.ts";
import { drift } from "./driftStep.ts";
import { gateStep } from "./gateStep.ts";
import {
  append,
  type DeliveryCommand,
  type Environment,
  type Options,
  readText,
  required,
  UsageError,
} from "./step.ts";
import { stacksOf, touchedStacks } from "./touchedStacks.ts";

export const usage = `Usage: node packages/agw/src/delivery.ts COMMAND [options]

  stacks   [--base REV]                           stacks of the project, or those that the change since REV touches
  render   --stack S --preview FILE               the Markdown of a preview
           [--events FILE]                        with the violations in the engine's event log
           [--exit-code N --errors FILE]          and, where pulumi failed, of what it said
  comment  --directory D --pull N --stacks LIST   writes each D/STACK/comment.md to the pull request, one comment a stack;
                                                  those of stacks that are no longer in the list say so
  gate     --stack S --probe F --outputs F        judges a probe's report against the stack's outputs
           [--doctor F]
  drift    --directory D --stacks LIST            opens, updates or closes the one drift issue from each D/STACK/

LIST is what stacks prints. Where a workflow's run sets them, stacks writes it to GITHUB_OUTPUT as well, and render, gate and
drift append what they print to GITHUB_STEP_SUMMARY.`;

/** Each command by its name. Exit codes: 0 go on, 1 stop, 2 wrong usage, 3 could not tell. */
export const commands: Readonly<Record<string, DeliveryCommand>> = { stacks, render, comment, gate: gateStep, drift };

async function stacks({ base }: Options, environment: Environment): Promise<number> {
  const all = stacksOf(await readdir(environment.directory));
  const touched = base === undefined ? all : touchedStacks(all, await changedFiles(base, environment.directory));
  const list = JSON.stringify(touched);
  environment.out(list);
  await append(environment.env.GITHUB_OUTPUT, `stacks=${list}\n`);
  return 0;
}

async function changedFiles(base: string, directory: string): Promise<string[]> {
  // A revision that starts with a dash would be read as an option.
  if (!/^[0-9A-Za-z][\w./-]*$/.test(base)) throw new UsageError(`--base is not a revision (${base.length} characters)`);
  const { stdout } = await promisify(execFile)("git", ["diff", "--name-only", "-z", `${base}...HEAD`], {
    cwd: directory,
  });
  return stdout.split("\0").filter(Boolean);
}

function exitCodeOf({ "exit-code": text }: Options): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,3}$/.test(text)) throw new UsageError(`--exit-code is not an exit code (${text.length} characters)`);
  return Number(text);
}

async function render(options: Options, environment: Environment): Promise<number> {
  const stack = required(options, "stack");
  const exitCode = exitCodeOf(options);
  const text = await readText(required(options, "preview"));
  const errors = options.errors === undefined ? "" : await readText(options.errors);
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
