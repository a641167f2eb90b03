import { escapeHtml, type ProbeReport } from "mcp-affinity-probe";

/** The outcome of one step of the demo. */
export interface PlayedStep {
  readonly title: string;
  readonly state: "done" | "failed" | "interrupted" | "not reached";
  readonly detail: string;
  readonly seconds: number;
}

/** Shown with every result of the demo, because it is easily overlooked. */
export const replicaNote =
  "The replicas run a small MCP server with in-memory sessions, not AgentGateway. The demo tests the stack and its affinity, not the gateway.";

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

/** Renders the probe's HTML report with the demo's steps before its footer. It works offline, in light and dark mode. */
export function renderDemoHtml(
  report: ProbeReport,
  outcomes: readonly PlayedStep[],
  render: (r: ProbeReport) => string,
): string {
  const rows = outcomes.map(
    ({ title, state, detail, seconds }) =>
      `<tr><td>${escapeHtml(title)}</td><td>${escapeHtml(state)}</td><td class="n">${seconds.toFixed(1)} s</td><td>${escapeHtml(detail)}</td></tr>`,
  );
  const head = "<tr><th>step</th><th></th><th>time</th><th>result</th></tr>";
  const card = `<section class="card"><h2>The demo, step by step</h2><div class="scroll"><table>${head}${rows.join("")}</table></div><p class="soft">${escapeHtml(replicaNote)}</p></section>`;
  return render(report).replace("<footer>", () => `${card}<footer>`);
}
