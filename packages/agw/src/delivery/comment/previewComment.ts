import { codeCell, codeSpan, fencedBlock } from "../digest/escapeMarkdown.ts";
import type { Violation } from "../digest/policyEvents.ts";
import { appType, changesOf, type PreviewDigest, type ResourceChange } from "../digest/previewDigest.ts";
import { differingPaths, diffOf } from "../digest/propertyDiff.ts";
import { type AffinityForecast, forecastAffinity } from "../forecast/affinityForecast.ts";
import { clientLines, sessionsSentence } from "../forecast/clientSentences.ts";
import { affinitySentence, destructionLines, protectionSentences } from "../forecast/commentSentences.ts";
import { forecastDestruction } from "../forecast/destructionForecast.ts";
import { forecastClients } from "../forecast/sessionsForecast.ts";
import { isCutShort, isProtected, messageLines, reasonBlock } from "./previewDiagnostics.ts";

export interface PreviewMarkdownOptions {
  readonly stack: string;
  /** The previewed commit, if known. */
  readonly commit?: string;
  /** Maximum length in UTF-8 bytes, which never undercounts GitHub's limit in characters. Default: 65,536. */
  readonly limit?: number;
  /** Policy violations of the update. Default: none. */
  readonly violations?: readonly Violation[];
  /** Whether the preview failed, even though it has steps. Default: false. */
  readonly failed?: boolean;
  /** Exit code of the preview, if known. */
  readonly exitCode?: number;
  /** Whether to omit the hidden marker, for use inside a larger text. Default: false. */
  readonly unmarked?: boolean;
}

/** GitHub's limit for the body of a comment or an issue, in characters. */
export const commentLimit = 65_536;
const mostRows = 100;

/** Returns the hidden first line that identifies the comment of a stack. */
export function commentMarker(stack: string): string {
  return `<!-- agw-preview:${encodeURIComponent(stack).replaceAll("-", "%2D")} -->`;
}

/** Returns the stack that a comment belongs to, from its first line; undefined if the text is not such a comment. */
export function stackOfMarker(body: string): string | undefined {
  const name = /^<!-- agw-preview:([\w.%]+) -->\r?(?:\n|$)/.exec(body)?.[1];
  try {
    return name === undefined ? undefined : decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

/** Returns the first 12 digits of a commit, enough to find it. */
export const shortCommit = (commit: string): string => codeSpan(commit.slice(0, 12));

/** Returns ` at COMMIT`, or nothing if the commit is unknown. */
export const atCommit = (commit: string | undefined): string => (commit ? ` at ${shortCommit(commit)}` : "");

/** Returns ` (exit code 1)`, or nothing if the code is unknown. */
export const exitCodeText = (exitCode: number | undefined): string =>
  exitCode === undefined ? "" : ` (exit code ${exitCode})`;

/** Renders a preview as a comment within GitHub's limit: the forecast first, then the steps, then the differences. */
export function previewMarkdown(digest: PreviewDigest, options: PreviewMarkdownOptions): string {
  const affinity = forecastAffinity(digest);
  const changes = changesOf(digest);
  const destruction = forecastDestruction(digest);
  const diagnostics = digest.diagnostics ?? [];
  const head = [
    ...(options.unmarked ? [] : [commentMarker(options.stack)]),
    `### Preview of stack ${codeSpan(options.stack)}${atCommit(options.commit)}`,
    "",
    ...(options.failed
      ? [`❌ **The preview failed**${exitCodeText(options.exitCode)}.`, "", ...reasonBlock(diagnostics)]
      : []),
    ...(options.failed && isProtected(diagnostics) ? [protectionSentences(destruction !== undefined), ""] : []),
    ...(destruction === undefined ? [] : destructionLines(destruction)),
    ...appLines(digest, affinity, options.failed ?? false),
    `- **Steps:** ${summaryLine(digest, changes)}${options.failed && isCutShort(diagnostics) ? " The preview stopped early, so steps may be missing." : ""}`,
    ...policyLine(options.violations ?? []),
  ].join("\n");
  const more = ` To see everything, run ${codeSpan(`pulumi preview --diff --stack ${options.stack}`)}.`;
  const blocks = [
    stepsTable(changes, more),
    policyBlock(options.violations ?? []),
    diffBlock(changes),
    { lines: messageLines(diagnostics, options.failed ? "but reasons" : "all"), wrap: details("Messages", "text") },
  ];
  return within(head, blocks, options.limit ?? commentLimit, more);
}

function appLines(digest: PreviewDigest, affinity: AffinityForecast, failed: boolean): string[] {
  const reached = changesOf(digest).some(({ type }) => type === appType);
  const clients = forecastClients(digest, affinity);
  if (failed && isCutShort(digest.diagnostics ?? []) && !reached) {
    return [...clientLines(clients), `- **Affinity:** ${notReached}`, `- **Live sessions:** ${notReached}`];
  }
  const sessions = failed && affinity.kind === "unknown" ? "⚠️ unknown." : sessionsSentence(clients.sessions);
  return [...clientLines(clients), `- **Affinity:** ${affinitySentence(affinity)}`, `- **Live sessions:** ${sessions}`];
}

const notReached = "⚠️ unknown: the preview stopped before it reached the app.";

function summaryLine(digest: PreviewDigest, changes: ResourceChange[]): string {
  const counts = Object.entries(digest.changeSummary ?? {}).filter(([op]) => op !== "same" && op !== "refresh");
  const same = digest.changeSummary?.same ?? 0;
  const unchanged = same > 0 ? `${same} unchanged` : "";
  if (changes.length === 0 && counts.length === 0) return `no changes${same > 0 ? ` (${unchanged})` : ""}.`;
  return `${[...counts.map(([op, count]) => `${count} to ${codeSpan(op)}`), unchanged].filter(Boolean).join(", ")}.`;
}

function stepsTable(changes: ResourceChange[], more: string): string {
  if (changes.length === 0) return "";
  const rows = changes.slice(0, mostRows).map((change) => {
    const what =
      change.op === "create" || change.op === "delete"
        ? ""
        : differingPaths(change).slice(0, 4).map(codeCell).join(", ");
    return `| ${change.op} | ${codeCell(change.name)} | ${codeCell(change.type)} | ${what} |`;
  });
  const left = changes.length - rows.length;
  const note = left > 0 ? `\n\n${left} more steps are not shown.${more}` : "";
  return `| Step | Resource | Type | Changed |\n| --- | --- | --- | --- |\n${rows.join("\n")}${note}`;
}

interface Cuttable {
  readonly lines: readonly string[];
  wrap(lines: readonly string[], note: string): string;
}

const details = (summary: string, language: string) => (lines: readonly string[], note: string) =>
  `<details><summary>${summary}</summary>\n\n${fencedBlock(lines.join("\n"), language)}\n\n${note}</details>`;

function policyLine(violations: readonly Violation[]): string[] {
  const mandatory = violations.filter(({ level }) => level === "mandatory").length;
  const advisory = violations.length - mandatory;
  if (violations.length === 0) return [];
  return [`- **Policy violations:** ${mandatory > 0 ? "❌ " : ""}${mandatory} mandatory, ${advisory} advisory.`];
}

function policyBlock(violations: readonly Violation[]): Cuttable {
  const lines = violations.flatMap(({ level, policy, resource, message }) =>
    `[${level}] ${policy}${resource ? ` (${resource})` : ""}\n${message}\n`.split("\n"),
  );
  return { lines, wrap: details("Policy violations", "text") };
}

function diffBlock(changes: ResourceChange[]): Cuttable {
  return { lines: changes.flatMap(diffOf), wrap: details("Differences", "diff") };
}

/**
 * Joins the blocks. Until the text fits, drops lines from the end of the blocks that can be cut, then whole blocks, then
 * lines of the head.
 */
function within(head: string, blocks: (string | Cuttable)[], limit: number, more: string): string {
  let text = head;
  for (const block of blocks) {
    if (typeof block === "string") {
      text += block === "" ? "" : `\n\n${block}`;
    } else if (block.lines.length > 0) {
      const room = limit - bytes(text) - 2;
      text += `\n\n${fitted(block, room, more)}`;
    }
  }
  const note = `\n\nThe details don't fit in one comment.${more}`;
  const lines = head.split("\n");
  // The first two lines are short: the marker and the heading.
  for (let kept = lines.length; bytes(text) > limit && kept > 1; kept--)
    text = `${lines.slice(0, kept).join("\n")}${note}`;
  return text;
}

function fitted(block: Cuttable, room: number, more: string): string {
  const whole = block.wrap(block.lines, "");
  if (bytes(whole) <= room) return whole;
  const cut = (kept: number): string =>
    block.wrap(block.lines.slice(0, kept), `${block.lines.length - kept} more lines are not shown.${more}\n\n`);
  let [low, high] = [0, block.lines.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (bytes(cut(middle)) <= room) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}

const bytes = (text: string): number => Buffer.byteLength(text);
