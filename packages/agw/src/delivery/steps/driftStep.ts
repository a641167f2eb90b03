import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../../doctor/checklist.ts";
import { decideDrift, driftMarker, type StackWatch, stateOf } from "../comment/driftIssue.ts";
import { parsePreview } from "../digest/readPreview.ts";
import { closeIssue, findIssue, openIssue, updateIssue } from "./github.ts";
import { append, gitHub, type Options, readObject, required, type StepEnvironment, stackList } from "./step.ts";

/**
 * Opens, updates or closes the one drift issue. The stacks are passed separately, because a stack whose job ended early
 * has no folder. Returns 3 if a stack could not be checked.
 */
export async function driftStep(options: Options, environment: StepEnvironment): Promise<number> {
  const directory = required(options, "directory");
  const stacks = stackList(options);
  const github = gitHub(environment);
  const watches = await Promise.all(stacks.map((stack) => readWatch(join(directory, stack), stack)));
  const action = decideDrift(watches, await findIssue(github, driftMarker));
  if (action.kind === "open") await openIssue(github, action.title, action.body);
  if (action.kind === "update") await updateIssue(github, action.number, action.title, action.body);
  if (action.kind === "close") await closeIssue(github, action.number, action.comment);
  const states = watches.map((watch) => `${watch.stack}: ${stateOf(watch)}`).join(", ");
  const text = `${states || "no stacks"} (${action.kind === "leave" ? action.why : `issue ${done[action.kind]}`})`;
  environment.out(text);
  await append(environment.env.GITHUB_STEP_SUMMARY, `Drift: ${text}\n`);
  return watches.length === 0 || watches.some((watch) => stateOf(watch) === "unknown") ? 3 : 0;
}

const done = { open: "opened", update: "updated", close: "closed" } as const;

/** Reads a stack's `exit-code`, `preview.json` and `doctor.json`. Any of them may be missing if the job ended early. */
async function readWatch(folder: string, stack: string): Promise<StackWatch> {
  const code = Number.parseInt(await readFile(join(folder, "exit-code"), "utf8").catch(() => ""), 10);
  const preview = await readFile(join(folder, "preview.json"), "utf8")
    .then(parsePreview)
    .catch(() => undefined);
  const doctor = await readObject(join(folder, "doctor.json")).catch(() => undefined);
  const lines = Array.isArray(doctor?.checks) ? (doctor.checks as Check[]) : undefined;
  return {
    stack,
    previewExit: Number.isNaN(code) ? undefined : code,
    ...(preview && { preview }),
    ...(lines && { doctor: lines }),
  };
}
