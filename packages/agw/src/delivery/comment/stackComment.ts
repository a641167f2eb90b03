import { stripVTControlCharacters } from "node:util";
import { codeSpan, fencedBlock } from "../digest/escapeMarkdown.ts";
import { checkLists, isObject, type PreviewDigest, parsePreview } from "../digest/previewDigest.ts";
import {
  atCommit,
  commentMarker,
  exitCodeText,
  type PreviewMarkdownOptions,
  previewMarkdown,
  shortCommit,
  stackOfMarker,
} from "./previewComment.ts";

/**
 * Renders what `pulumi preview --json` wrote to stdout and stderr as a comment. Without an exit code, errors in the JSON
 * mean that the preview failed.
 */
export function renderPreview(text: string, errors: string, options: PreviewMarkdownOptions): string {
  const { stack, exitCode } = options;
  const digest = readable(text);
  const hasErrors = digest?.diagnostics?.some(({ severity }) => severity === "error") ?? false;
  const failed = exitCode === undefined ? hasErrors : exitCode !== 0;
  if (!failed) return previewMarkdown(parsePreview(text), options);
  if (digest?.steps?.length) return previewMarkdown(digest, { ...options, failed });
  const printed =
    digest === undefined ? text : (digest.diagnostics ?? []).map(({ message }) => message?.trimEnd()).join("\n");
  return failedPreviewMarkdown(stack, exitCode, `${printed}\n${errors}`);
}

/** A failed preview may print JSON with only diagnostics, or no JSON at all. */
function readable(text: string): PreviewDigest | undefined {
  try {
    const document: unknown = JSON.parse(text);
    if (!isObject(document)) return undefined;
    checkLists(document);
    return document;
  } catch {
    return undefined;
  }
}

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

/** Renders a preview that failed before its first step: the end of its output. */
function failedPreviewMarkdown(stack: string, exitCode: number | undefined, output: string): string {
  const lines = stripVTControlCharacters(output).trimEnd().split("\n").slice(-shownLines);
  const text = lines.join("\n").slice(-shownCharacters) || "(no output)";
  return [
    commentMarker(stack),
    `### ❌ The preview of stack ${codeSpan(stack)} failed${exitCodeText(exitCode)}`,
    "",
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
