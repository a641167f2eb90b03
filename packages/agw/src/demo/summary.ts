import { escapeHtml, type ProbeReport } from "mcp-affinity-probe";

/** How a step of the demo went. */
export interface PlayedStep {
  readonly title: string;
  readonly state: "done" | "failed" | "interrupted" | "not reached";
  readonly detail: string;
  readonly seconds: number;
}

/** Said wherever the demo's results are shown, because it is easily overlooked. */
export const replicaNote =
  "The replicas here are a plain MCP server with its sessions in memory, not AgentGateway: what is proven is the stack and the affinity, not the gateway.";

export function renderSummary(outcomes: readonly PlayedStep[]): string {
  const width = Math.max(...outcomes.map(({ title }) => title.length));
  const mark = { done: "ok", failed: "FAILED", interrupted: "stopped", "not reached": "-" };
  const line = ({ title, state, detail, seconds }: PlayedStep): string => {
    const time = state === "not reached" ? "" : `${seconds.toFixed(1)}s`;
    return `  ${title.padEnd(width)}  ${mark[state].padEnd(7)}  ${time.padStart(6)}  ${detail.split("\n")[0]}`.trimEnd();
  };
  const total = outcomes.reduce((sum, { seconds }) => sum + seconds, 0);
  return [...outcomes.map(line), "", `  ${"Total".padEnd(width)}           ${`${total.toFixed(1)}s`.padStart(6)}`].join(
    "\n",
  );
}

/** The probe's report with the demo's steps in front of its last part; it opens offline, in light and dark. */
export function renderDemoHtml(
  report: ProbeReport,
  outcomes: readonly PlayedStep[],
  render: (r: ProbeReport) => string,
): string {
  const rows = outcomes.map(
    ({ title, state, detail, seconds }) =>
      `<tr><td>${escapeHtml(title)}</td><td>${escapeHtml(state)}</td><td class="n">${seconds.toFixed(1)} s</td><td>${escapeHtml(detail)}</td></tr>`,
  );
  const head = "<tr><th>step</th><th></th><th>time</th><th>what was seen</th></tr>";
  const card = `<section class="card"><h2>The demo, step by step</h2><div class="scroll"><table>${head}${rows.join("")}</table></div><p class="soft">${escapeHtml(replicaNote)}</p></section>`;
  return render(report).replace("<footer>", () => `${card}<footer>`);
}
