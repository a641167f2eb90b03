import type { LiveApp, WantedApp } from "./verification.ts";

// Written by the program, and read by whoever reads a preview: its document has the live affinity nowhere else. Both are here,
// so that neither changes without the other. Jobs that install nothing load this file: it imports types alone.

/** What a preview says: neutral, since it changes nothing. */
export function previewSentence(wanted: WantedApp, live: LiveApp | Error): string {
  return `Session affinity, live: ${liveWords(live)}; after this update: ${wanted.affinity}.`;
}

function liveWords(live: LiveApp | Error): string {
  if (!(live instanceof Error)) return live.affinity;
  if (/NotFound/.test(live.message)) return "not deployed yet";
  return `could not be read (${live.message.split("\n")[0]})`;
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
