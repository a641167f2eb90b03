import type { Check } from "../../doctor/checklist.ts";
import { labelOf } from "../../doctor/checkResult.ts";
import { codeSpan, fencedBlock } from "../digest/escapeMarkdown.ts";
import type { PreviewDigest } from "../digest/previewDigest.ts";
import { commentLimit, previewMarkdown } from "./previewComment.ts";

/** What the scheduled run saw of one stack. */
export interface StackWatch {
  readonly stack: string;
  /**
   * Exit code of `pulumi preview --refresh --expect-no-changes`: 0 clean, 7 changes, anything else failed; undefined where
   * the run ended before it.
   */
  readonly previewExit: number | undefined;
  readonly preview?: PreviewDigest;
  /** Lines of `agw doctor`; undefined where it did not run. */
  readonly doctor?: readonly Check[];
}

export type StackState = "clean" | "drifted" | "unknown";

/**
 * A stack whose app is ill has drifted even where the preview is clean: Pulumi does not see the cookie. So it is clean
 * only where the doctor saw the app as well.
 */
export function stateOf(watch: StackWatch): StackState {
  const ill = watch.doctor?.some((line) => line.status === "not ok") ?? false;
  if (watch.previewExit === 7 || ill) return "drifted";
  const seen = watch.doctor?.some(({ id, status }) => id === "app-exists" && status === "ok") ?? false;
  return watch.previewExit === 0 && seen ? "clean" : "unknown";
}

/** The issue as it stands now, as far as it is open. */
export interface OpenIssue {
  readonly number: number;
  readonly body: string;
}

export type DriftAction =
  | { readonly kind: "open"; readonly title: string; readonly body: string }
  | { readonly kind: "update"; readonly number: number; readonly title: string; readonly body: string }
  | { readonly kind: "close"; readonly number: number; readonly comment: string }
  | { readonly kind: "leave"; readonly why: string };

/** The hidden first line by which the one drift issue is found again. */
export const driftMarker = "<!-- agw-drift -->";

/** Decides what becomes of the one drift issue. It is closed only where every stack was seen and is clean. */
export function decideDrift(watches: readonly StackWatch[], open: OpenIssue | undefined): DriftAction {
  const drifted = watches.filter((watch) => stateOf(watch) === "drifted").map(({ stack }) => stack);
  const unknown = watches.filter((watch) => stateOf(watch) === "unknown").map(({ stack }) => stack);
  if (drifted.length > 0) {
    const [title, body] = [`Drift: ${drifted.join(", ")}`, driftMarkdown(watches)];
    if (open === undefined) return { kind: "open", title, body };
    return open.body.replaceAll("\r\n", "\n").trim() === body.trim()
      ? { kind: "leave", why: `issue ${open.number} already says so` }
      : { kind: "update", number: open.number, title, body };
  }
  if (watches.length === 0 || unknown.length > 0) {
    return { kind: "leave", why: `could not tell: ${unknown.join(", ") || "no stack was looked at"}` };
  }
  return open === undefined
    ? { kind: "leave", why: "no drift, and no open issue" }
    : {
        kind: "close",
        number: open.number,
        comment: `Mended: ${watches.map(({ stack }) => codeSpan(stack)).join(", ")}.`,
      };
}

/** Body of the drift issue: what drifted, stack by stack, and how to mend it. */
export function driftMarkdown(watches: readonly StackWatch[]): string {
  const shown = watches.filter((watch) => stateOf(watch) !== "clean");
  const intro = [
    driftMarker,
    "What runs is not what this repository says. `pulumi up --refresh` on the stack puts it back; if the change was",
    "right, write it into the stack's file instead. This issue is kept up to date, and closed when nothing differs.",
  ].join("\n");
  const share = Math.floor((commentLimit - Buffer.byteLength(intro)) / Math.max(1, shown.length)) - 2;
  return [intro, ...shown.map((watch) => stackSection(watch, share))].join("\n\n");
}

function stackSection(watch: StackWatch, limit: number): string {
  const ill = watch.doctor?.filter((line) => line.status === "not ok") ?? [];
  const advice = (fix: string | undefined): string[] => (fix ? [`  ${labelOf(fix)}: ${fix}`] : []);
  const lines = ill.flatMap(({ check, found, fix }) => [`${check}: ${found}`, ...advice(fix)]);
  const doctor = ill.length === 0 ? "" : `\n\n\`agw doctor\`:\n\n${fencedBlock(clipped(lines, limit / 4), "text")}`;
  const room = limit - Buffer.byteLength(doctor);
  if (watch.preview === undefined || stateOf(watch) === "unknown") {
    return `### Stack ${codeSpan(watch.stack)}\n\n${unseen(watch)}; see the run.${doctor}`;
  }
  return `${previewMarkdown(watch.preview, { stack: watch.stack, limit: room, unmarked: true })}${doctor}`;
}

function unseen({ previewExit, preview }: StackWatch): string {
  if (previewExit === undefined) return "It could not be looked at";
  if (previewExit !== 0 && previewExit !== 7) return `The preview failed (exit code ${previewExit})`;
  return preview === undefined ? "Its preview cannot be read" : "The doctor did not see the app";
}

function clipped(lines: readonly string[], limit: number): string {
  const text = lines.join("\n");
  return text.length <= limit ? text : `${text.slice(0, limit)}…`;
}
