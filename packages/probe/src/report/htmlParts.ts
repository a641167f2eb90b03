import type { Percentiles } from "../evidence/latency.ts";
import { escapeHtml as esc } from "./escapeHtml.ts";
import type { ProbeReport } from "./report.ts";
import { cookieSentence, runSize } from "./reportSentences.ts";

/** The most replicas to list. */
const mostReplicas = 100;
/** Incidents shown without unfolding. */
const inView = 15;

/** Escapes a name and lets lines break only after its hyphens. */
export const breakable = (name: string): string => esc(name).replaceAll("-", "-<wbr>");

export function replicaTable({ replicas, replicasBy }: ProbeReport): string {
  if (replicas.length === 0) {
    const text = "Nothing in the responses tells replicas apart. A tool named whoami or a response header would.";
    return `<section class="card"><h2>Replicas</h2><p class="soft">${text}</p></section>`;
  }
  const most = Math.max(...replicas.map(({ sessions }) => sessions), 1);
  const rows = replicas.slice(0, mostReplicas).map(({ name, sessions, calls }, i) => {
    const share = ((sessions / most) * 100).toFixed(1);
    const bar = `<div><i class="r${i % 10}" style="width:${share}%"></i></div>`;
    return `<tr><td class="name"><i class="swatch r${i % 10}"></i>${breakable(name)}</td><td class="meter">${bar}</td><td class="n">${count(sessions)}</td><td class="n">${count(calls)}</td></tr>`;
  });
  const by = replicasBy === "cookie" ? ' <span class="soft">named by cookie value</span>' : "";
  return `<section class="card"><h2>Replicas${by}</h2><div class="scroll"><table class="replicas"><thead><tr><th>name</th><th class="meter"></th><th class="n">sessions</th><th class="n">calls</th></tr></thead><tbody>${rows.join("")}</tbody></table></div></section>`;
}

export function latencyCard({ latency }: ProbeReport): string {
  const ladders = [ladder("Open a session", latency.open), ladder("Call", latency.call)].join("");
  const body =
    ladders === ""
      ? '<p class="soft">No request was answered.</p>'
      : `<table class="ladder"><colgroup><col class="key"><col><col class="value"></colgroup>${ladders}</table>`;
  return `<section class="card"><h2>Latency</h2>${body}</section>`;
}

function ladder(name: string, values: Percentiles | null): string {
  if (values === null) return "";
  const rows = (["p50", "p90", "p99", "max"] as const).map((key) => {
    const share = values.max === 0 ? 0 : (values[key] / values.max) * 100;
    return `<tr><td>${key}</td><td class="meter"><div><i class="r0" style="width:${share.toFixed(1)}%"></i></div></td><td class="n">${values[key]} ms</td></tr>`;
  });
  return `<thead><tr><th colspan="2">${name}</th><th class="n">${count(values.count)} answered</th></tr></thead><tbody>${rows.join("")}</tbody>`;
}

export function failures({ incidents, counts }: ProbeReport): string {
  const total = counts.lost + counts.moved + counts.failed;
  if (total === 0) return '<section class="card"><h2>Incidents</h2><p class="soft">None.</p></section>';
  const kinds = Object.entries({ ...counts.signs, ...counts.failures }).map(
    ([sign, times]) => `<span>${esc(sign)}: ${count(times ?? 0)}</span>`,
  );
  const [first, rest] = [incidents.slice(0, inView), incidents.slice(inView)];
  const upTo =
    incidents.length < total
      ? `the other ${rest.length} of the first ${incidents.length} (${count(total)} in all)`
      : `the other ${rest.length}`;
  const more = rest.length === 0 ? "" : `<details><summary>Show ${upTo}</summary>${incidentTable(rest)}</details>`;
  return `<section class="card"><h2>Incidents</h2><div id="incidents">${incidentTable(first)}</div>${more}<div class="legend">${kinds.join("")}</div></section>`;
}

function incidentTable(incidents: ProbeReport["incidents"]): string {
  const rows = incidents.map(({ at, session, id, kind, detail }) => {
    const who = `${session}${id === null ? "" : ` <span class="id soft">${esc(id)}</span>`}`;
    return `<tr><td class="n">${at.toFixed(2)} s</td><td>${who}</td><td class="kind ${kind}">${kind}</td><td>${breakable(detail)}</td></tr>`;
  });
  return `<div class="scroll"><table class="incidents"><thead><tr><th class="n">at</th><th>session</th><th></th><th>detail</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

export function details({ target, run, cookies, officialClient, streams, notes }: ProbeReport): string {
  const rows: [string, string][] = [
    ["server", [target.server, target.protocolVersion].filter((text) => text !== null).join(", protocol ")],
    [
      "run",
      `${target.call === null ? "no session opened" : runSize({ run, target })}, ${run.inFlight} in flight at most, ${run.seconds.toFixed(1)} s${run.interrupted ? ", interrupted" : ""}`,
    ],
    ...cookies.map((cookie): [string, string] => ["cookie", cookieSentence(cookie)]),
    ...(officialClient === null ? [] : [["official client", clientText(officialClient)] as [string, string]]),
    ...(streams === null
      ? []
      : [
          [
            "GET streams",
            `${streams.held} held, ${streams.dropped} of them closed by the gateway, ${streams.lost} lost, ${streams.refused} refused`,
          ] as [string, string],
        ]),
    ...notes.map((note): [string, string] => ["note", note]),
  ];
  const body = rows
    .filter(([, text]) => text !== "")
    .map(([name, text]) => `<tr><td class="soft">${name}</td><td>${esc(text)}</td></tr>`);
  return `<section class="card"><h2>Details</h2><table><tbody>${body.join("")}</tbody></table></section>`;
}

function clientText({ client, ok, sessions, error }: NonNullable<ProbeReport["officialClient"]>): string {
  const name = client === "sdk" ? "@modelcontextprotocol/sdk" : "@modelcontextprotocol/client";
  return `${name}: ${ok} of ${sessions} sessions completed${error === null ? "" : `; first error: ${error}`}`;
}

/** `10,000` */
export const count = (value: number): string => value.toLocaleString("en");
