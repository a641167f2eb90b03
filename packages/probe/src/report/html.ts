import { verdicts } from "../judge/verdict.ts";
import { escapeHtml as esc } from "./escapeHtml.ts";
import { replicaChart } from "./htmlChart.ts";
import { drawnSessions, sessionLanes } from "./htmlLanes.ts";
import { breakable, count, details, failures, latencyCard, replicaTable } from "./htmlParts.ts";
import { style } from "./htmlStyle.ts";
import type { GroupReport, ProbeReport, SessionReport } from "./report.ts";

/**
 * Renders the report as one HTML file without scripts or external resources, in the reader's light or dark scheme.
 * Everything from the gateway is escaped, and the content security policy allows only the inline style.
 */
export function renderHtml(report: ProbeReport): string {
  const title = `${report.verdict}: ${report.target.url}`;
  const reached = report.target.sessions !== "unknown";
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${esc(title)}</title>`,
    `<style>${style}</style>`,
    "</head>",
    "<body><main>",
    head(report),
    ...(reached ? [tiles(report), comparison(report), ways(report), ...lower(report)] : []),
    details(report),
    `<footer>agw probe, ${esc(report.run.startedAt.replace("T", " ").slice(0, 19))} UTC</footer>`,
    "</main></body>",
    "</html>",
    "",
  ].join("\n");
}

function head({ verdict, cause, reason, advice, target }: ProbeReport): string {
  const { tone } = verdicts[verdict];
  const list = advice.length === 0 ? "" : `<ul>${advice.map((line) => `<li>${esc(line)}</li>`).join("")}</ul>`;
  return `<section class="card head">
<span class="badge ${tone === "bad" ? "bad-badge" : tone}" id="verdict">${esc(verdict)}</span> <span class="soft">${esc(cause)}</span>
<h1>${esc(reason)}</h1>
<p class="url soft">${esc(target.url)}</p>
${list}
</section>`;
}

function tiles({ counts, replicas, latency, replicasBy }: ProbeReport): string {
  const tile = (id: string, value: string, label: string, alarm = false): string =>
    `<div class="tile${alarm ? " alarm" : ""}"><b id="${id}">${value}</b><span>${label}</span></div>`;
  const known = replicasBy === "unseen" ? "?" : count(replicas.length);
  return `<section class="tiles">
${tile("held", count(counts.held), `held of ${count(counts.sessions)}`)}
${tile("lost", count(counts.lost), "lost", counts.lost > 0)}
${tile("moved", count(counts.moved), "moved", counts.moved > 0)}
${tile("failed", count(counts.failed), "failed for other reasons", counts.failed > 0)}
${tile("replicas", known, "replicas seen")}
${tile("calls", count(counts.calls), "calls")}
${latency.call === null ? "" : tile("p50", milliseconds(latency.call.p50), "median call")}
</section>`;
}

function comparison({ counts, control }: ProbeReport): string {
  const rows = [group("With cookies", counts), ...(control === null ? [] : [group("Without cookies", control)])];
  const none = control === null ? '<p class="soft">There was no control group without cookies.</p>' : "";
  const legend = fates.map((fate) => `<span><i class="${fate}"></i>${fate}</span>`).join("");
  return `<section class="card"><h2>With and without cookies</h2>${rows.join("\n")}${none}<div class="legend">${legend}</div></section>`;
}

const fates = ["held", "moved", "lost", "failed"] as const;

function group(name: string, counts: GroupReport): string {
  const parts = fates.filter((fate) => counts[fate] > 0);
  const bar = parts.map((fate) => `<i class="${fate}" style="flex:${counts[fate]}"></i>`).join("");
  const words = parts.map((fate) => `${count(counts[fate])} ${fate}`).join(", ");
  return `<div>${name}: <span class="soft">${words} of ${count(counts.sessions)}</span><div class="bar">${bar}</div></div>`;
}

const sizes = ["wide", "narrow"] as const;

function ways(report: ProbeReport): string {
  const charts = sizes.map((size) => replicaChart(report, size)).join("\n");
  const lanes = (some: readonly SessionReport[]): string =>
    sizes.map((size) => sessionLanes(report, some, size)).join("\n");
  const [first, rest] = drawnSessions(report);
  if (first.length === 0) return "";
  const shown = first.length + rest.length;
  const more =
    rest.length === 0 ? "" : `<details><summary>The other ${rest.length} sessions</summary>${lanes(rest)}</details>`;
  const { sessions, counts } = report;
  const title =
    shown === sessions.length
      ? "Every session"
      : counts.held === counts.sessions
        ? `The first ${shown} of ${count(sessions.length)} sessions`
        : `${shown} of ${count(sessions.length)} sessions, starting with those that didn't hold`;
  return `<section class="card"><h2>Sessions by replica over time</h2>${charts}<div class="legend">${chartLegend(report)}</div></section>
<section class="card"><h2>${title}</h2>${lanes(first)}${laneLegend(report)}${more}</section>`;
}

/** The chart's legend. Lost and failed sessions stay in the chart, so their areas only grow. */
function chartLegend({ replicas, sessions, counts }: ProbeReport): string {
  const entry = (style: string, text: string): string => `<span><i class="${style}"></i>${text}</span>`;
  const nameless = sessions.some(({ openedAt, way }) => openedAt !== null && way.every(([, replica]) => replica < 0));
  return [
    ...replicas.slice(0, 24).map(({ name }, i) => entry(`r${i % 10}`, breakable(name))),
    ...(replicas.length > 24 ? [`<span>and ${count(replicas.length - 24)} more</span>`] : []),
    ...(nameless ? [entry("unknown", "unknown replica")] : []),
    ...(counts.lost > 0 ? [entry("lost", "lost so far")] : []),
    ...(counts.failed > 0 ? [entry("failed", "failed so far")] : []),
  ].join("");
}

function laneLegend({ counts: { lost, failed } }: ProbeReport): string {
  if (lost + failed === 0) return "";
  const what = lost === 0 ? "failed" : failed === 0 ? "was lost" : "was lost or failed";
  return `<div class="legend"><span>Colors as above; ✕ marks when a session ${what}</span></div>`;
}

function lower(report: ProbeReport): string[] {
  return [`<div class="columns">${replicaTable(report)}${latencyCard(report)}</div>`, failures(report)];
}

const milliseconds = (value: number): string => `${value < 100 ? value : Math.round(value).toLocaleString("en")} ms`;
