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
 * The Markdown of what `pulumi preview --json` printed on its two outputs, whether it failed or not. Without an exit code
 * that is told by the errors in its document.
 */
export function renderPreview(text: string, errors: string, options: PreviewMarkdownOptions): string {
  const { stack, exitCode } = options;
  const digest = readable(text);
  const saysError = digest?.diagnostics?.some(({ severity }) => severity === "error") ?? false;
  const failed = exitCode === undefined ? saysError : exitCode !== 0;
  if (!failed) return previewMarkdown(parsePreview(text), options);
  if (digest?.steps?.length) return previewMarkdown(digest, { ...options, failed });
  const said =
    digest === undefined ? text : (digest.diagnostics ?? []).map(({ message }) => message?.trimEnd()).join("\n");
  return failedPreviewMarkdown(stack, exitCode, `${said}\n${errors}`);
}

/** A failed preview may have printed a document with diagnostics alone, or something else. */
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

type Run = Pick<PreviewMarkdownOptions, "commit" | "runUrl">;

/** What a workflow's run says of itself: the commit that was previewed, and where its output stands. */
export function runOf(env: NodeJS.ProcessEnv): Run {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id, COMMIT, GITHUB_SHA } = env;
  // At a pull request GITHUB_SHA is a merge commit that nobody has seen; the workflow gives its head as COMMIT.
  const commit = COMMIT || GITHUB_SHA;
  return {
    ...(commit && { commit }),
    ...(server && repository && id && { runUrl: `${server}/${repository}/actions/runs/${id}` }),
  };
}
/** Last lines of a failed run that are shown: errors stand at its end. */
const shownLines = 60;
const shownCharacters = 8_000;

/** The comment where the preview failed before it had any step: the end of what it said. */
function failedPreviewMarkdown(stack: string, exitCode: number | undefined, output: string): string {
  const lines = stripVTControlCharacters(output).trimEnd().split("\n").slice(-shownLines);
  const text = lines.join("\n").slice(-shownCharacters) || "(it said nothing)";
  return [
    commentMarker(stack),
    `### ❌ The preview of stack ${codeSpan(stack)} failed${exitCodeText(exitCode)}`,
    "",
    fencedBlock(text, "text"),
  ].join("\n");
}

/** The comment of a stack whose preview left no result, as where its job could not sign in. */
export function unseenMarkdown(stack: string, { commit, runUrl }: Run): string {
  return [
    commentMarker(stack),
    `### ❌ The preview of stack ${codeSpan(stack)}${atCommit(commit)} left no result`,
    "",
    `Its job ended early${runUrl ? `: [the run](${runUrl}) says why` : ""}.`,
  ].join("\n");
}

const untouched = (stack: string): string =>
  `${commentMarker(stack)}\n### This change no longer touches stack ${codeSpan(stack)}`;

/** The comment of a stack that an earlier commit of the change touched. */
export const untouchedMarkdown = (stack: string, { commit }: Run): string =>
  `${untouched(stack)}\n\n${commit ? `As of ${shortCommit(commit)}. ` : ""}Merging it leaves that stack as it is.`;

/** Whether a comment says so already: the commit that it names stays the first. */
export function isUntouched(body: string): boolean {
  const stack = stackOfMarker(body);
  return stack !== undefined && body.replaceAll("\r\n", "\n").startsWith(untouched(stack));
}
