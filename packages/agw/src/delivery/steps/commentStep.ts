import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { commentMarker, stackOfMarker } from "../comment/previewComment.ts";
import { isUntouched, runOf, unseenMarkdown, untouchedMarkdown } from "../comment/pulumiOutput.ts";
import { editComment, ownComments, upsertComment } from "./github.ts";
import { gitHub, type Options, required, type StepEnvironment, stackList, UsageError } from "./step.ts";

/**
 * Writes or edits the comment of each stack that the change touches. Comments of stacks that it no longer touches would
 * still show an earlier commit's preview: they say so instead.
 */
export async function commentStep(options: Options, environment: StepEnvironment): Promise<number> {
  const pull = Number(required(options, "pull"));
  if (!Number.isSafeInteger(pull) || pull < 1) throw new UsageError("--pull is not the number of a pull request");
  const directory = required(options, "directory");
  const stacks = stackList(options);
  const github = gitHub(environment);
  const run = runOf(environment.env);
  let unseen = 0;
  for (const stack of stacks) {
    const preview = await readComment(directory, stack);
    if (preview === undefined) unseen++;
    const done = await upsertComment(github, pull, commentMarker(stack), preview ?? unseenMarkdown(stack, run));
    environment.err(`${stack}: ${done}${preview === undefined ? ", as its preview left no result" : ""}`);
  }
  for (const { id, body } of await ownComments(github, pull)) {
    const stack = stackOfMarker(body);
    if (stack === undefined || stacks.includes(stack) || isUntouched(body)) continue;
    await editComment(github, id, untouchedMarkdown(stack, run));
    environment.err(`${stack}: no longer touched`);
  }
  return unseen > 0 ? 3 : 0;
}

/** What `render` printed for this stack; undefined where its job ended before. */
async function readComment(directory: string, stack: string): Promise<string | undefined> {
  const body = await readFile(join(directory, stack, "comment.md"), "utf8").catch(() => "");
  if (body.trim() === "") return undefined;
  if (stackOfMarker(body) !== stack) throw new UsageError(`${stack}/comment.md does not start with the stack's marker`);
  return body;
}
