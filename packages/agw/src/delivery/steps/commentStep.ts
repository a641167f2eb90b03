import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { commentMarker, stackOfMarker } from "../comment/previewComment.ts";
import { isUnaffected, missingMarkdown, resultMarkdown, runOf, unaffectedMarkdown } from "../comment/stackComment.ts";
import { largestResult, type PreviewResult, readResult } from "../digest/previewResult.ts";
import { editComment, ownComments, upsertComment } from "./github.ts";
import { gitHub, type Options, required, type StepEnvironment, stackList, UsageError } from "./step.ts";

/**
 * Writes or edits the comment of each stack that the pull request affects. The comment of a stack that it no longer
 * affects is replaced, so that it doesn't keep showing the preview of an earlier commit. Returns 3 if a preview is missing.
 */
export async function commentStep(options: Options, environment: StepEnvironment): Promise<number> {
  const given = required(options, "pull");
  const pull = Number(given);
  if (!Number.isSafeInteger(pull) || pull < 1)
    throw new UsageError(`--pull must be a pull request number, got '${given}'`);
  const directory = required(options, "directory");
  const stacks = stackList(options);
  const github = gitHub(environment);
  const run = runOf(environment.env);
  let missing = 0;
  for (const stack of stacks) {
    const preview = await readData(directory, stack);
    if (preview === undefined) missing++;
    const body = preview === undefined ? missingMarkdown(stack, run) : resultMarkdown(preview, { stack, ...run });
    const done = await upsertComment(github, pull, commentMarker(stack), body);
    environment.err(`${stack}: ${done}${preview === undefined ? " (no preview)" : ""}`);
  }
  for (const { id, body } of await ownComments(github, pull)) {
    const stack = stackOfMarker(body);
    if (stack === undefined || stacks.includes(stack) || isUnaffected(body)) continue;
    await editComment(github, id, unaffectedMarkdown(stack, run));
    environment.err(`${stack}: no longer affected`);
  }
  return missing > 0 ? 3 : 0;
}

/**
 * Reads the data that `render` wrote for a stack. Returns undefined if it wrote none, or if the file contains anything
 * else. Links are not followed, because they could lead out of the folder.
 */
async function readData(directory: string, stack: string): Promise<PreviewResult | undefined> {
  const file = join(directory, stack, "preview.json");
  const found = await lstat(file).catch(() => undefined);
  if (!found?.isFile() || found.size > largestResult) return undefined;
  return readResult(await readFile(file, "utf8"));
}
