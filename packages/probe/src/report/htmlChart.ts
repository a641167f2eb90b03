import { escapeHtml as esc } from "./escapeHtml.ts";
import type { ProbeReport, SessionReport } from "./report.ts";

/**
 * Each drawing comes in two sizes, and the style sheet shows the one that fits. Scaled down to a phone's width, the
 * wide one would have text 4 pixels high.
 */
export type DrawingSize = "wide" | "narrow";

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  /** The most points in time to show, about one for every 8 units of width. */
  readonly bins: number;
  /** The approximate number of labels on the time axis. */
  readonly times: number;
}

const frames: Readonly<Record<DrawingSize, Frame>> = {
  wide: { width: 960, height: 240, left: 56, bins: 120, times: 6 },
  narrow: { width: 330, height: 220, left: 52, bins: 40, times: 3 },
};
const bottom = 24;

/** A layer of the chart: the sessions of one replica, or those that are lost, failed or on an unknown replica. */
interface Layer {
  readonly name: string;
  /** The CSS class that sets the color. */
  readonly style: string;
  readonly counts: readonly number[];
}

/**
 * Draws the sessions by the replica that answered them last, over time, as stacked areas. A stopped replica, a
 * scale-out and lost sessions each show as a step, no matter how many sessions there are.
 */
export function replicaChart(report: ProbeReport, size: DrawingSize): string {
  const frame = frames[size];
  const { width, height, left } = frame;
  const end = lastMoment(report.sessions);
  if (end <= 0) return "";
  const bins = Math.min(frame.bins, Math.max(2, report.sessions.length * 2));
  const moments = Array.from({ length: bins }, (_, i) => (end * i) / (bins - 1));
  const layers = layersOf(report, moments).filter(({ counts }) => counts.some((count) => count > 0));
  const top = report.sessions.length;
  const x = (i: number): number => left + ((width - left - 8) * i) / (bins - 1);
  const y = (count: number): number => height - bottom - ((height - bottom - 10) * count) / top;
  let base = moments.map(() => 0);
  const areas = layers.map(({ name, style, counts }) => {
    const upper = counts.map((count, i) => count + (base[i] ?? 0));
    const path = area(base, upper, x, y);
    base = upper;
    return `<path class="${style}" d="${path}"><title>${esc(name)}</title></path>`;
  });
  const label = `Sessions by replica over ${end.toFixed(1)} seconds`;
  return [
    `<svg class="chart ${size}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">`,
    ...axes(top, end, y, frame),
    ...areas,
    "</svg>",
  ].join("\n");
}

function axes(top: number, end: number, y: (count: number) => number, frame: Frame): string[] {
  const { width, height, left } = frame;
  const lines = ticks(top, 4)
    .filter(Number.isInteger)
    .map((count) => {
      const at = y(count).toFixed(1);
      const text = count.toLocaleString("en");
      return `<line class="grid" x1="${left}" x2="${width - 8}" y1="${at}" y2="${at}"/><text x="${left - 8}" y="${at}" dy="0.32em" text-anchor="end">${text}</text>`;
    });
  const times = ticks(end, frame.times).map((second, i) => {
    const at = left + ((width - left - 8) * second) / end;
    return `<text x="${at.toFixed(1)}" y="${height - 6}" text-anchor="${i === 0 ? "start" : "middle"}">${Number(second.toPrecision(3))} s</text>`;
  });
  return [...lines, ...times];
}

/** Round numbers from 0 to at most `greatest`, about `wanted` of them. */
export function ticks(greatest: number, wanted: number): number[] {
  const rough = greatest / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(greatest / step + 1e-9) + 1 }, (_, i) => i * step);
}

/** A closed path between two step lines, each of which keeps its value until the next moment. */
function area(
  lower: readonly number[],
  upper: readonly number[],
  x: (i: number) => number,
  y: (count: number) => number,
): string {
  const point = (count: number, i: number): string => `${x(i).toFixed(1)} ${y(count).toFixed(1)}`;
  const there = upper.map((count, i) => (i === 0 ? point(count, i) : `H${x(i).toFixed(1)}V${y(count).toFixed(1)}`));
  const back = lower.map((count, i) => point(count, i)).reverse();
  const steps = back.map((_, i) => {
    const at = lower.length - 1 - i;
    return i === 0 ? `L${point(lower[at] ?? 0, at)}` : `V${y(lower[at] ?? 0).toFixed(1)}`;
  });
  const walked = steps.map((step, i) => {
    const at = lower.length - 1 - i;
    return i === 0 ? step : `H${x(at + 1).toFixed(1)}${step}H${x(at).toFixed(1)}`;
  });
  return `M${there.join("")}${walked.join("")}Z`;
}

function layersOf({ sessions, replicas }: ProbeReport, moments: readonly number[]): Layer[] {
  const zeros = (): number[] => moments.map(() => 0);
  const byReplica = replicas.map(zeros);
  const [unknown, lost, failed] = [zeros(), zeros(), zeros()];
  for (const session of sessions) {
    const known = session.way.filter(([, replica]) => replica >= 0);
    moments.forEach((moment, i) => {
      const state = stateAt(session, known, moment);
      const counts =
        state === "lost" ? lost : state === "failed" ? failed : state === -1 ? unknown : byReplica[state ?? -2];
      if (counts !== undefined) counts[i] = (counts[i] ?? 0) + 1;
    });
  }
  return [
    ...replicas.map(({ name }, i) => ({ name, style: `r${i % 10}`, counts: byReplica[i] ?? [] })),
    { name: "unknown replica", style: "unknown", counts: unknown },
    { name: "failed", style: "failed", counts: failed },
    { name: "lost", style: "lost", counts: lost },
  ];
}

/** The state of a session at a moment: the index of its replica, -1 if unknown, or undefined if not open yet. */
function stateAt(
  { openedAt, endedAt, fate }: SessionReport,
  known: SessionReport["way"],
  moment: number,
): number | "lost" | "failed" | undefined {
  if (endedAt !== null && moment >= endedAt) return fate === "lost" ? "lost" : "failed";
  if (openedAt === null || moment < openedAt) return undefined;
  return (known.findLast(([at]) => at <= moment) ?? known[0])?.[1] ?? -1;
}

/** When the last call ended, in seconds since the run began. */
export function lastMoment(sessions: readonly SessionReport[]): number {
  let last = 0;
  for (const { way, endedAt, openedAt } of sessions) {
    last = Math.max(last, way.at(-1)?.[0] ?? 0, endedAt ?? 0, openedAt ?? 0);
  }
  return last;
}
