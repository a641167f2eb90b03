import { execFile } from "node:child_process";
import { appendFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Check } from "../doctor/check.ts";
import { decideDrift, driftMarker, type StackWatch, stateOf } from "./drift.ts";
import { gate, gateMarkdown, type Verdict, verdicts } from "./gate.ts";
import { closeIssue, findIssue, type GitHub, openIssue, updateIssue, upsertComment } from "./github.ts";
import { violationsOf } from "./policyEvents.ts";
import { isObject, parsePreview } from "./previewDigest.ts";
import { renderPreview, runOf } from "./renderPreview.ts";
import { stacksOf, touchedStacks } from "./touchedStacks.ts";

/** All that a step touches of the machine it runs on. */
export interface Environment {
  readonly env: NodeJS.ProcessEnv;
  /** Root of the checkout. */
  readonly directory: string;
  out(text: string): void;
  err(text: string): void;
}

export class UsageError extends Error {
  readonly exitCode = 2;
}

type Options = Readonly<Record<string, string | undefined>>;
type DeliveryCommand = (options: Options, environment: Environment) => Promise<number>;

export const usage = `Usage: node src/delivery/main.ts COMMAND [options]

  stacks   [--base REV]                           stacks of the project, or those that the change since REV touches
  render   --stack S --preview FILE               the Markdown of a preview
           [--events FILE]                        with the violations in the engine's event log
           [--exit-code N --errors FILE]          and, where pulumi failed, of what it said
  comment  --directory D --pull N                 writes each D/STACK/comment.md to the pull request, one comment a stack
  gate     --stack S --probe F --outputs F        judges a probe's report against the stack's outputs
           [--doctor F]
  drift    --directory D                          opens, updates or closes the one drift issue from each D/STACK/

Every command writes to GITHUB_OUTPUT and GITHUB_STEP_SUMMARY where they are set.`;

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

async function render(options: Options, environment: Environment): Promise<number> {
  const stack = required(options, "stack");
  const exitCode = Number(options["exit-code"] ?? 0);
  const text = await readFile(required(options, "preview"), "utf8");
  const errors = options.errors === undefined ? "" : await readFile(options.errors, "utf8");
  // Without a policy pack, or where it failed early, the engine writes no log.
  const events = options.events === undefined ? "" : await readFile(options.events, "utf8").catch(() => "");
  const markdown = renderPreview(text, errors, {
    stack,
    exitCode,
    violations: violationsOf(events),
    ...runOf(environment.env),
  });
  environment.out(markdown);
  await append(environment.env.GITHUB_STEP_SUMMARY, `${markdown}\n\n`);
  return 0;
}

async function comment(options: Options, environment: Environment): Promise<number> {
  const pull = Number(required(options, "pull"));
  if (!Number.isSafeInteger(pull) || pull < 1) throw new UsageError("--pull is not the number of a pull request");
  const directory = required(options, "directory");
  for (const entry of (await readdir(directory)).sort()) {
    const body = await readFile(join(directory, entry, "comment.md"), "utf8");
    const marker = body.split("\n", 1)[0] ?? "";
    if (!/^<!-- agw-preview:[\w.%]+ -->$/.test(marker)) throw new UsageError(`${entry}/comment.md has no marker`);
    environment.err(`${entry}: ${await upsertComment(gitHub(environment), pull, marker, body)}`);
  }
  return 0;
}

async function gateStep(options: Options, environment: Environment): Promise<number> {
  const stack = required(options, "stack");
  const probe = await readObject(required(options, "probe"));
  const outputs = await readObject(required(options, "outputs"));
  const doctor = options.doctor === undefined ? {} : await readObject(options.doctor);
  const verdict = verdicts.find((known) => known === probe.verdict);
  if (verdict === undefined) throw new UsageError(`the probe's report has no verdict of: ${verdicts.join(", ")}`);
  const least = isObject(doctor.replicas) ? doctor.replicas.min : undefined;
  return conclude(stack, verdict, probe.reason, environment, {
    sticky: outputs.stickySessionsEnabled !== false,
    minReplicas: typeof least === "number" ? least : undefined,
  });
}

async function conclude(
  stack: string,
  verdict: Verdict,
  reason: unknown,
  environment: Environment,
  asked: { sticky: boolean; minReplicas: number | undefined },
): Promise<number> {
  const result = gate({ verdict, ...asked });
  const markdown = gateMarkdown(stack, verdict, result, typeof reason === "string" ? reason : undefined);
  environment.out(markdown);
  await append(environment.env.GITHUB_STEP_SUMMARY, markdown);
  return result.result === "fail" ? 1 : 0;
}

async function drift(options: Options, environment: Environment): Promise<number> {
  const directory = required(options, "directory");
  const stackNames = (await readdir(directory)).sort();
  const watches = await Promise.all(stackNames.map((stack) => readWatch(join(directory, stack), stack)));
  const github = gitHub(environment);
  const action = decideDrift(watches, await findIssue(github, driftMarker));
  if (action.kind === "open") await openIssue(github, action.title, action.body);
  if (action.kind === "update") await updateIssue(github, action.number, action.title, action.body);
  if (action.kind === "close") await closeIssue(github, action.number, action.comment);
  const states = watches.map((watch) => `${watch.stack}: ${stateOf(watch)}`).join(", ");
  const text = `${states || "no stack"} (${action.kind === "leave" ? action.why : `issue: ${action.kind}`})`;
  environment.out(text);
  await append(environment.env.GITHUB_STEP_SUMMARY, `Drift: ${text}\n`);
  return watches.length === 0 || watches.some((watch) => stateOf(watch) === "unknown") ? 3 : 0;
}

/** One stack's folder: `exit-code`, `preview.json` and, where the doctor ran, `doctor.json`. */
async function readWatch(folder: string, stack: string): Promise<StackWatch> {
  const previewExit = Number.parseInt(await readFile(join(folder, "exit-code"), "utf8"), 10);
  const preview = await readFile(join(folder, "preview.json"), "utf8")
    .then(parsePreview)
    .catch(() => undefined);
  const doctor = await readObject(join(folder, "doctor.json")).catch(() => undefined);
  const lines = Array.isArray(doctor?.checks) ? (doctor.checks as Check[]) : undefined;
  return { stack, previewExit, ...(preview && { preview }), ...(lines && { doctor: lines }) };
}

function gitHub({ env }: Environment): GitHub {
  const { GITHUB_API_URL: api, GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token } = env;
  if (!api || !repository || !token) {
    throw new UsageError("GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN are needed; a workflow's run sets them");
  }
  return { api, repository, token };
}

async function readObject(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, "utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message would quote the text.
  }
  if (!isObject(value)) throw new UsageError(`${file} is not a JSON object (${text.length} characters)`);
  return value;
}

function required(options: Options, name: string): string {
  const value = options[name];
  if (value === undefined || value === "") throw new UsageError(`--${name} is needed\n\n${usage}`);
  return value;
}

async function append(file: string | undefined, text: string): Promise<void> {
  if (file) await appendFile(file, text);
}
