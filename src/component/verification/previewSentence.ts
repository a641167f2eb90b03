import { isNotFound } from "../live/isNotFound.ts";
import type { LiveApp, WantedApp } from "./liveApp.ts";

/** What a preview says: neutral, since it changes nothing. */
export function previewSentence(wanted: WantedApp, live: LiveApp | Error): string {
  const after = `after this update: ${wanted.affinity}`;
  if (!(live instanceof Error)) return `Session affinity, live: ${live.affinity}; ${after}.`;
  if (isNotFound(live)) return `Session affinity, live: not deployed yet; ${after}.`;
  return `Session affinity, live: could not be read (${live.message.split("\n")[0]}); ${after}.`;
}
