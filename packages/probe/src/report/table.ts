import { verdicts } from "../judge/verdict.ts";
import type { GroupReport, ProbeReport } from "./report.ts";
import { cookieSentence, runSize } from "./reportSentences.ts";

/** Emphasizes a text. The default leaves it as it is. */
export type Emphasis = (kind: "good" | "bad" | "unsure" | "dim", text: string) => string;

const plain: Emphasis = (_kind, text) => text;

/** Renders the report for a terminal. Sentences are not wrapped. */
export function renderTable(report: ProbeReport, emphasis: Emphasis = plain): string {
  const { target, run, counts, control, latency } = report;
  const reached = target.sessions !== "unknown";
  return [
    `${emphasis(verdicts[report.verdict].tone, report.verdict.toUpperCase())}  ${emphasis("dim", report.cause)}`,
    report.reason,
    ...report.advice.map((line) => `  - ${line}`),
    "",
    `${emphasis("dim", "gateway")}   ${target.url}${target.server === null ? "" : ` (${target.server}, protocol ${target.protocolVersion})`}`,
    ...(reached
      ? [
          `${emphasis("dim", "run")}       ${run.seconds.toFixed(1)} s, ${runSize(report)}${run.interrupted ? ", interrupted" : ""}`,
          "",
          ...groupTable(counts, control, emphasis),
          ...replicaTable(report, emphasis),
          ...(latency.call === null
            ? []
            : [
                "",
                `${emphasis("dim", "calls")}     p50 ${latency.call.p50} ms, p90 ${latency.call.p90} ms, p99 ${latency.call.p99} ms, max ${latency.call.max} ms`,
              ]),
          ...cookieLines(report, emphasis),
          ...incidentLines(report, emphasis),
        ]
      : []),
    ...report.notes.map((note) => `${emphasis("dim", "note")}      ${note}`),
  ].join("\n");
}

const columns = ["sessions", "held", "moved", "lost", "failed", "calls", "callsFailed"] as const;

function groupTable(main: GroupReport, control: GroupReport | null, emphasis: Emphasis): string[] {
  const head = ["", "sessions", "held", "moved", "lost", "failed", "calls", "calls failed"];
  const row = (name: string, group: GroupReport) => [name, ...columns.map((column) => String(group[column]))];
  const rows = [head, row("with cookies", main), ...(control === null ? [] : [row("without cookies", control)])];
  return aligned(rows).map((line, i) => (i === 0 ? emphasis("dim", line) : line));
}

function replicaTable({ replicas, replicasBy }: ProbeReport, emphasis: Emphasis): string[] {
  if (replicas.length === 0) return [];
  const head = [replicasBy === "cookie" ? "replica (cookie value)" : "replica", "sessions", "calls"];
  const rows = replicas.slice(0, 20).map(({ name, sessions, calls }) => [name, String(sessions), String(calls)]);
  const more = replicas.length > 20 ? [emphasis("dim", `… and ${replicas.length - 20} more`)] : [];
  return ["", ...aligned([head, ...rows]).map((line, i) => (i === 0 ? emphasis("dim", line) : line)), ...more];
}

function cookieLines({ cookies }: ProbeReport, emphasis: Emphasis): string[] {
  return cookies.map((cookie) => `${emphasis("dim", "cookie")}    ${cookieSentence(cookie)}`);
}

function incidentLines({ incidents, counts }: ProbeReport, emphasis: Emphasis): string[] {
  if (incidents.length === 0) return [];
  const rows = incidents
    .slice(0, 10)
    .map(({ at, session, id, kind, detail }) => [`${at.toFixed(1)} s`, `session ${session}`, id ?? "", kind, detail]);
  const more = counts.moved + counts.lost + counts.failed - rows.length;
  return ["", ...aligned(rows, "text"), ...(more > 0 ? [emphasis("dim", `… and ${more} more`)] : [])];
}

/** Aligns columns: all to the left for text; for numbers, all but the first to the right. */
function aligned(rows: readonly (readonly string[])[], align: "numbers" | "text" = "numbers"): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return align === "text" || column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
