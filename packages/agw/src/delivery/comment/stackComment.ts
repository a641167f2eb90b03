import { stripVTControlCharacters } from "node:util";
import { codeSpan, fencedBlock } from "../digest/escapeMarkdown.ts";
import type { PreviewResult } from "../digest/previewResult.ts";
import { previewProblems } from "../digest/readPreview.ts";
import {
  atCommit,
  commentMarker,
  exitCodeText,
  type PreviewMarkdownOptions,
  previewMarkdown,
  shortCommit,
  stackOfMarker,
} from "./previewComment.ts";

/** Renders the result of a preview. Without an exit code, errors in the preview mean that it failed. */
export function resultMarkdown(result: PreviewResult, options: CommentOptions): string {
  const { exitCode, preview, problem, output, violations } = result;
  const diagnostics = preview?.diagnostics ?? [];
  const failed = exitCode === undefined ? diagnostics.some(({ severity }) => severity === "error") : exitCode !== 0;
  if (preview !== undefined && problem === undefined && (!failed || preview.steps?.length)) {
    return previewMarkdown(preview, { ...options, violations, failed, ...(exitCode !== undefined && { exitCode }) });
  }
  const said = diagnostics.map(({ message = "" }) => message.trimEnd());
  return failedPreviewMarkdown(result, failed, [...said, output].join("\n"), options);
}

type CommentOptions = Pick<PreviewMarkdownOptions, "stack" | "commit">;

/** What is known about the workflow run. */
interface Run {
  /** The previewed commit. */
  readonly commit?: string;
  /** URL of the run on GitHub. */
  readonly runUrl?: string;
}

/** Reads the commit and the URL of a workflow run from its environment. */
export function runOf(env: NodeJS.ProcessEnv): Run {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id, COMMIT, GITHUB_SHA } = env;
  // For a pull request, GITHUB_SHA is a temporary merge commit, so the workflow passes the head commit as COMMIT.
  const commit = COMMIT || GITHUB_SHA;
  return {
    ...(commit && { commit }),
    ...(server && repository && id && { runUrl: `${server}/${repository}/actions/runs/${id}` }),
  };
}

/** A failed run shows its last lines, because errors come last. */
const shownLines = 60;
const shownCharacters = 8_000;

/** Renders a preview that failed before its first step or can't be read: why, and the end of its output. */
function failedPreviewMarkdown(
  { exitCode, problem }: PreviewResult,
  failed: boolean,
  output: string,
  { stack, commit }: CommentOptions,
): string {
  const lines = stripVTControlCharacters(output).trim().split("\n").slice(-shownLines);
  const text = lines.join("\n").slice(-shownCharacters) || "(no output)";
  const what = failed ? `failed${exitCodeText(exitCode)}` : "can't be read";
  // A preview that failed early prints only text or messages. That needs no explanation.
  const isPlain = failed && (problem === "not json" || problem === "no steps");
  const why = problem === undefined || isPlain ? [] : [`The output of the preview ${previewProblems[problem]}.`, ""];
  return [
    commentMarker(stack),
    `### ❌ The preview of stack ${codeSpan(stack)}${atCommit(commit)} ${what}`,
    "",
    ...why,
    fencedBlock(text, "text"),
  ].join("\n");
}

/** Renders the comment of a stack whose preview job wrote no result, for example because it couldn't sign in. */
export function missingMarkdown(stack: string, { commit, runUrl }: Run): string {
  return [
    commentMarker(stack),
    `### ❌ No preview of stack ${codeSpan(stack)}${atCommit(commit)}`,
    "",
    `The preview job ended before it wrote a result.${runUrl ? ` See [the workflow run](${runUrl}).` : ""}`,
  ].join("\n");
}

const unaffectedHeading = (stack: string): string =>
  `${commentMarker(stack)}\n### This pull request no longer affects stack ${codeSpan(stack)}`;

/** Renders the comment of a stack that only earlier commits of the pull request affect. */
export const unaffectedMarkdown = (stack: string, { commit }: Run): string =>
  `${unaffectedHeading(stack)}\n\n${commit ? `As of commit ${shortCommit(commit)}, merging` : "Merging"} this pull request doesn't change the stack.`;

/** Whether a comment already says that the stack isn't affected. It is then left alone, so that it names the first such commit. */
export function isUnaffected(body: string): boolean {
  const stack = stackOfMarker(body);
  return stack !== undefined && body.replaceAll("\r\n", "\n").startsWith(unaffectedHeading(stack));
}
