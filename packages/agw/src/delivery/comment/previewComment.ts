import { codeCell, codeSpan, fencedBlock } from "../digest/escapeMarkdown.ts";
import type { Violation } from "../digest/policyEvents.ts";
import { appType, changesOf, type PreviewDigest, type ResourceChange } from "../digest/previewDigest.ts";
import { differingPaths, diffOf } from "../digest/propertyDiff.ts";
import { type AffinityForecast, forecastAffinity } from "../forecast/affinityForecast.ts";
import { forecastDestruction } from "../forecast/destructionForecast.ts";
import { affinityLine, destructionLines, protectionLine, sessionsLine } from "../forecast/forecastLines.ts";
import { forecastSessions } from "../forecast/sessionsForecast.ts";
import { isCutShort, isProtected, messageLines, reasonBlock } from "./failure.ts";

export interface PreviewMarkdownOptions {
  readonly stack: string;
  /** Commit that was previewed; left out where unknown. */
  readonly commit?: string;
  /** Where the whole output can be read, a URL that the caller built; left out where there is none. */
  readonly runUrl?: string;
  /** Most that GitHub takes for a comment is 65,536 characters; counted here in UTF-8 bytes. Default: 65,536. */
  readonly limit?: number;
  /** What policies have against the update. Default: none. */
  readonly violations?: readonly Violation[];
  /** Whether the preview failed all the same. Default: false. */
  readonly failed?: boolean;
  /** Exit code of the preview; left out where unknown. */
  readonly exitCode?: number;
  /** Leaves the hidden marker out, where the text is a part of a larger one. Default: false. */
  readonly unmarked?: boolean;
}

/** GitHub's limit for the body of a comment or an issue. */
export const commentLimit = 65_536;
const mostRows = 100;

/** The hidden first line by which the one comment of a stack is found again. */
export function commentMarker(stack: string): string {
  return `<!-- agw-preview:${encodeURIComponent(stack).replaceAll("-", "%2D")} -->`;
}

/** The stack whose comment this is, by its first line; undefined of any other text. */
export function stackOfMarker(body: string): string | undefined {
  const name = /^<!-- agw-preview:([\w.%]+) -->\r?(?:\n|$)/.exec(body)?.[1];
  return name === undefined ? undefined : decodeURIComponent(name);
}

/** A commit by the digits that are enough to find it. */
export const shortCommit = (commit: string): string => codeSpan(commit.slice(0, 12));

/** ` at COMMIT`, or nothing where it is not known. */
export const atCommit = (commit: string | undefined): string => (commit ? ` at ${shortCommit(commit)}` : "");

/** ` (exit code 1)`, or nothing where it is not known. */
export const exitCodeText = (exitCode: number | undefined): string =>
  exitCode === undefined ? "" : ` (exit code ${exitCode})`;

/** The comment that a preview becomes: forecast first, then steps, then the differences, within GitHub's limit. */
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
    ...(options.failed && isProtected(diagnostics) ? [protectionLine(destruction !== undefined), ""] : []),
    ...(destruction === undefined ? [] : destructionLines(destruction)),
    ...appLines(digest, affinity, options.failed ?? false),
    `- **Steps:** ${summaryLine(digest, changes)}${options.failed && isCutShort(diagnostics) ? " The preview came no further." : ""}`,
    ...policyLine(options.violations ?? []),
  ].join("\n");
  const more = options.runUrl ? ` [The run](${options.runUrl}) holds all of it.` : "";
  const blocks = [
    stepsTable(changes, more),
    policyBlock(options.violations ?? []),
    diffBlock(changes),
    { lines: messageLines(diagnostics, options.failed ? "but reasons" : "all"), wrap: details("Messages", "text") },
  ];
  return within(head, blocks, options.limit ?? commentLimit, more);
}

function appLines(digest: PreviewDigest, affinity: AffinityForecast, failed: boolean): string[] {
  // Of an app that a failed preview did not come to, it knows nothing.
  const reached = changesOf(digest).some(({ type }) => type === appType);
  const unknown = "⚠️ cannot be told.";
  const cutShort = failed && isCutShort(digest.diagnostics ?? []) && !reached;
  const sessions = failed && affinity.kind === "unknown" ? unknown : sessionsLine(forecastSessions(digest, affinity));
  return [
    `- **Affinity:** ${cutShort ? unknown : affinityLine(affinity)}`,
    `- **Live sessions:** ${cutShort ? unknown : sessions}`,
  ];
}

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
  const note = left > 0 ? `\n\n${left} steps more are not shown.${more}` : "";
  return `| Step | Resource | Type | Differs |\n| --- | --- | --- | --- |\n${rows.join("\n")}${note}`;
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
  return [`- **Policy:** ${mandatory > 0 ? `❌ ${mandatory} broken` : "none broken"}, ${advisory} advised.`];
}

function policyBlock(violations: readonly Violation[]): Cuttable {
  const lines = violations.flatMap(({ level, policy, resource, message }) =>
    `[${level}] ${policy}${resource ? ` (${resource})` : ""}\n${message}\n`.split("\n"),
  );
  return { lines, wrap: details("Policy", "text") };
}

function diffBlock(changes: ResourceChange[]): Cuttable {
  return { lines: changes.flatMap(diffOf), wrap: details("Differences", "diff") };
}

/** Joins the blocks; the last lines of those that can be cut go, until the whole fits. */
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
  return bytes(text) <= limit ? text : `${head}\n\nThe steps are too many for a comment.${more}`;
}

function fitted(block: Cuttable, room: number, more: string): string {
  const whole = block.wrap(block.lines, "");
  if (bytes(whole) <= room) return whole;
  const cut = (kept: number): string =>
    block.wrap(block.lines.slice(0, kept), `${block.lines.length - kept} lines more are not shown.${more}\n\n`);
  let [low, high] = [0, block.lines.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (bytes(cut(middle)) <= room) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}

const bytes = (text: string): number => Buffer.byteLength(text);
