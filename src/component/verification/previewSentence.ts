import { isNotFound } from "../live/isNotFound.ts";
import type { LiveApp, WantedApp } from "./liveApp.ts";

// The program writes this sentence, and tools read it from a preview's JSON, which shows the live affinity nowhere
// else. Writer and reader are in one file so that they change together. Jobs without installed packages load it: it
// must not import any.

/** What a preview says about affinity. */
export function previewSentence(wanted: WantedApp, live: LiveApp | Error): string {
  const after = `after this update: ${wanted.affinity}`;
  if (!(live instanceof Error)) return `Session affinity, live: ${live.affinity}; ${after}.`;
  if (isNotFound(live)) return `Session affinity, live: not deployed yet; ${after}.`;
  return `Session affinity, live: could not be read (${live.message.split("\n")[0]}); ${after}.`;
}

/** The content of a {@link previewSentence}. `live` is a phrase if there is no live app, or it could not be read. */
export interface SaidAffinity {
  readonly live: string;
  readonly wanted: "sticky" | "none";
}

/** Parses a message of {@link previewSentence}; returns undefined for any other message. */
export function readPreviewSentence(message: string): SaidAffinity | undefined {
  const [, live, wanted] = /Session affinity, live: (.+); after this update: (sticky|none)\.\s*$/.exec(message) ?? [];
  return live === undefined ? undefined : { live, wanted: wanted === "sticky" ? "sticky" : "none" };
}
