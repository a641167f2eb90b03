import type { Check } from "../../doctor/checklist.ts";
import { codeSpan, fencedBlock } from "../digest/escapeMarkdown.ts";
import type { PreviewDigest } from "../digest/previewDigest.ts";
import { commentLimit, previewMarkdown } from "./previewComment.ts";

/** What the drift workflow found out about one stack. */
export interface StackWatch {
  readonly stack: string;
  /**
   * Exit code of `pulumi preview --refresh --expect-no-changes`: 0 no changes, 7 changes, anything else a failure;
   * undefined if the job ended before the preview did.
   */
  readonly previewExit: number | undefined;
  readonly preview?: PreviewDigest;
  /** The checks of `agw doctor`; undefined if it left no report. */
  readonly doctor?: readonly Check[];
}

export type StackState = "clean" | "drifted" | "unknown";

/**
 * Returns the state of a stack. A failed doctor check counts as drift even if the preview is clean, because Pulumi doesn't
 * see the cookie. For the same reason, a stack is clean only if the doctor saw its app.
 */
export function stateOf(watch: StackWatch): StackState {
  const unhealthy = watch.doctor?.some((line) => line.status === "not ok") ?? false;
  if (watch.previewExit === 7 || unhealthy) return "drifted";
  const seen = watch.doctor?.some(({ id, status }) => id === "app-exists" && status === "ok") ?? false;
  return watch.previewExit === 0 && seen ? "clean" : "unknown";
}

/** The drift issue that is currently open. */
export interface OpenIssue {
  readonly number: number;
  readonly body: string;
}

export type DriftAction =
  | { readonly kind: "open"; readonly title: string; readonly body: string }
  | { readonly kind: "update"; readonly number: number; readonly title: string; readonly body: string }
  | { readonly kind: "close"; readonly number: number; readonly comment: string }
  | { readonly kind: "leave"; readonly why: string };

/** The hidden first line that identifies the drift issue. */
export const driftMarker = "<!-- agw-drift -->";

/** Decides what to do with the one drift issue. Closes it only if every stack was checked and is clean. */
export function decideDrift(watches: readonly StackWatch[], open: OpenIssue | undefined): DriftAction {
  const drifted = watches.filter((watch) => stateOf(watch) === "drifted").map(({ stack }) => stack);
  const unknown = watches.filter((watch) => stateOf(watch) === "unknown").map(({ stack }) => stack);
  if (drifted.length > 0) {
    const [title, body] = [`Drift: ${drifted.join(", ")}`, driftMarkdown(watches)];
    if (open === undefined) return { kind: "open", title, body };
    return open.body.replaceAll("\r\n", "\n").trim() === body.trim()
      ? { kind: "leave", why: `issue ${open.number} is up to date` }
      : { kind: "update", number: open.number, title, body };
  }
  if (watches.length === 0 || unknown.length > 0) {
    return { kind: "leave", why: unknown.length > 0 ? `could not check: ${unknown.join(", ")}` : "nothing to check" };
  }
  return open === undefined
    ? { kind: "leave", why: "no drift and no open issue" }
    : {
        kind: "close",
        number: open.number,
        comment: `No drift in ${watches.map(({ stack }) => codeSpan(stack)).join(", ")}.`,
      };
}

/** Renders the drift issue: what drifted in each stack, and how to correct it. */
export function driftMarkdown(watches: readonly StackWatch[]): string {
  const shown = watches.filter((watch) => stateOf(watch) !== "clean");
  const intro = [
    driftMarker,
    "The live resources differ from this repository, or `agw doctor` found a problem.",
    "",
    "- To correct drift, run `pulumi up --refresh --stack STACK`.",
    "- To keep a change made outside this repository, put it into `Pulumi.STACK.yaml` or the program.",
    "",
    "The drift workflow updates this issue, and closes it when it finds every stack clean.",
  ].join("\n");
  const share = Math.floor((commentLimit - Buffer.byteLength(intro)) / Math.max(1, shown.length)) - 2;
  return [intro, ...shown.map((watch) => stackSection(watch, share))].join("\n\n");
}

function stackSection(watch: StackWatch, limit: number): string {
  const failed = watch.doctor?.filter((line) => line.status === "not ok") ?? [];
  const lines = failed.flatMap((line) => [`${line.check}: ${line.found}`, ...(line.try ? [`  try: ${line.try}`] : [])]);
  const doctor = failed.length === 0 ? "" : `\n\n\`agw doctor\`:\n\n${fencedBlock(clipped(lines, limit / 4), "text")}`;
  const room = limit - Buffer.byteLength(doctor);
  if (watch.preview === undefined || stateOf(watch) === "unknown") {
    return `### Stack ${codeSpan(watch.stack)}\n\n${whyUnknown(watch)}; see the workflow run.${doctor}`;
  }
  return `${previewMarkdown(watch.preview, { stack: watch.stack, limit: room, unmarked: true })}${doctor}`;
}

function whyUnknown({ previewExit, preview }: StackWatch): string {
  if (previewExit === undefined) return "The job ended before the preview did";
  if (previewExit !== 0 && previewExit !== 7) return `The preview failed (exit code ${previewExit})`;
  return preview === undefined ? "The output of the preview can't be read" : "`agw doctor` could not see the app";
}

function clipped(lines: readonly string[], limit: number): string {
  const text = lines.join("\n");
  return text.length <= limit ? text : `${text.slice(0, limit)}…`;
}
