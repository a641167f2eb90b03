import { isNotFound } from "../live/isNotFound.ts";
import type { LiveApp, WantedApp } from "./liveApp.ts";

// Written by the program, and read by whoever reads a preview: its document has the live affinity nowhere else. Both are here,
// so that neither changes without the other. Jobs that install nothing load this file: it imports no package.

/** What a preview says: neutral, since it changes nothing. */
export function previewSentence(wanted: WantedApp, live: LiveApp | Error): string {
  const after = `after this update: ${wanted.affinity}`;
  if (!(live instanceof Error)) return `Session affinity, live: ${live.affinity}; ${after}.`;
  if (isNotFound(live)) return `Session affinity, live: not deployed yet; ${after}.`;
  return `Session affinity, live: could not be read (${live.message.split("\n")[0]}); ${after}.`;
}

/** What {@link previewSentence} says; `live` is in words if there is no live app, or it could not be read. */
export interface SaidAffinity {
  readonly live: string;
  readonly wanted: "sticky" | "none";
}

/** Reads a message that {@link previewSentence} wrote; undefined if it is another one. */
export function readPreviewSentence(message: string): SaidAffinity | undefined {
  const [, live, wanted] = /Session affinity, live: (.+); after this update: (sticky|none)\.\s*$/.exec(message) ?? [];
  return live === undefined ? undefined : { live, wanted: wanted === "sticky" ? "sticky" : "none" };
}
