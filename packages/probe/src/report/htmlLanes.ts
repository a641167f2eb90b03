import { escapeHtml as esc } from "./escapeHtml.ts";
import { type DrawingSize, lastMoment, ticks } from "./htmlChart.ts";
import type { ProbeReport, SessionReport } from "./report.ts";

/** Lanes shown without unfolding. With more sessions, those that didn't hold come first. */
const lanesAtOnce = 50;
/** Up to this many sessions, all lanes are drawn; beyond it, only the first ones, so that the file stays small. */
const mostLanes = 200;
const row = 16;
const frames = {
  wide: { width: 960, left: 150, times: 6 },
  narrow: { width: 330, left: 108, times: 3 },
} as const satisfies Record<DrawingSize, object>;

/** The sessions to draw: those shown at once, and those to unfold. */
export function drawnSessions({ sessions }: ProbeReport): readonly [SessionReport[], SessionReport[]] {
  if (lastMoment(sessions) <= 0) return [[], []];
  if (sessions.length <= lanesAtOnce) return [[...sessions], []];
  const sorted = [...sessions].sort((a, b) => weight[a.fate] - weight[b.fate] || a.session - b.session);
  return [sorted.slice(0, lanesAtOnce), sessions.length <= mostLanes ? sorted.slice(lanesAtOnce) : []];
}

const weight: Readonly<Record<SessionReport["fate"], number>> = { lost: 0, moved: 1, failed: 2, held: 3 };

/** Draws one lane per session, colored by the replica that answered, with a cross when it was lost or failed. */
export function sessionLanes(report: ProbeReport, chosen: readonly SessionReport[], size: DrawingSize): string {
  const { width, left, times } = frames[size];
  const end = lastMoment(report.sessions);
  const bottom = chosen.length * row + 4;
  const height = bottom + 20;
  const x = (second: number): number => left + ((width - left - 12) * second) / end;
  const lanes = chosen.map((session, i) => lane(session, i * row + 2, { x, end, left }, report));
  return [
    `<svg class="chart lanes ${size}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${chosen.length} sessions over time, by replica">`,
    ...ticks(end, times).map((second) => {
      const at = x(second).toFixed(1);
      const text = `${Number(second.toPrecision(3))} s`;
      return `<line class="grid" x1="${at}" x2="${at}" y1="0" y2="${bottom}"/><text x="${at}" y="${height - 5}" text-anchor="middle">${text}</text>`;
    }),
    ...lanes,
    "</svg>",
  ].join("\n");
}

function lane(
  session: SessionReport,
  y: number,
  { x, end, left }: { x(second: number): number; readonly end: number; readonly left: number },
  { replicas }: ProbeReport,
): string {
  const { id, fate, openedAt, endedAt } = session;
  const name = `${session.session}${id === null ? "" : ` ${id}`}`;
  const bars = segments(session, endedAt ?? end).map(({ from, to, replica }) => {
    const style = replica < 0 ? "unknown" : `r${replica % 10}`;
    const title = esc(`${name}: ${replicas[replica]?.name ?? "unknown replica"}`);
    const length = Math.max(2, x(to) - x(from));
    return `<rect class="${style}" x="${x(from).toFixed(1)}" y="${y + 2}" width="${length.toFixed(1)}" height="${row - 5}" rx="2"><title>${title}</title></rect>`;
  });
  const at = endedAt === null ? undefined : x(endedAt);
  const mark =
    at === undefined
      ? []
      : [`<path class="cross" d="M${at - 4} ${y + 2}l8 10m0 -10l-8 10"><title>${fate}</title></path>`];
  const label = `<text x="${left - 10}" y="${y + row / 2}" dy="0.32em" text-anchor="end"${fate === "held" ? "" : ' class="bad"'}>${esc(name)}</text>`;
  return openedAt === null && bars.length === 0 ? label + mark.join("") : label + bars.join("") + mark.join("");
}

interface Segment {
  readonly from: number;
  to: number;
  readonly replica: number;
}

/** Splits a lane by replica. Time before the first call is attributed to that call's replica, and a call on an unknown replica to the previous one. */
function segments({ openedAt, way }: SessionReport, end: number): Segment[] {
  if (openedAt === null) return [];
  const known = way.filter(([, replica]) => replica >= 0);
  const list: Segment[] = [{ from: openedAt, to: end, replica: known[0]?.[1] ?? -1 }];
  for (const [at, replica] of known) {
    const last = list.at(-1);
    if (last === undefined || last.replica === replica) continue;
    last.to = at;
    list.push({ from: at, to: end, replica });
  }
  return list;
}
