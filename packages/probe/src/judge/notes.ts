import type { Evidence } from "../evidence/evidence.ts";
import type { RunRecord } from "../evidence/runRecord.ts";
import { countsOf } from "./phrases.ts";

/** Observations that do not change the verdict, but that its reader will want to know. Pure. */
export function notesOn(record: RunRecord, evidence: Evidence): string[] {
  const { preflight, official, interrupted, settings } = record;
  const { main, streams } = evidence;
  const notes: string[] = [];
  if (interrupted) notes.push("The run was interrupted: the counts are of what was done until then.");
  if (preflight.kind === "reached" && preflight.sessions !== "sessionless" && preflight.speaksSessionless) {
    notes.push("The gateway also speaks protocol 2026-07-28, which has no sessions: such clients need no affinity.");
  }
  if (settings.url.protocol === "http:" && hasSecureCookie(record)) {
    notes.push(
      "A cookie is marked Secure and the URL is plain http: many clients, Python's among them, do not return it.",
    );
  }
  if (main.callsFailed > 0)
    notes.push(`${main.callsFailed} of ${main.calls} calls failed (${countsOf(main.failures)}).`);
  if (streams !== undefined && streams.refused > 0) notes.push(`${streams.refused} GET streams were not offered.`);
  if (streams !== undefined && streams.dropped > 0) {
    notes.push(`${streams.dropped} of ${streams.held} GET streams were ended by the gateway during the run.`);
  }
  if (official !== undefined && official.ok < official.sessions) {
    notes.push(`The official client completed ${official.ok} of ${official.sessions} sessions: ${official.error}`);
  }
  const ending = endingOf(record, evidence);
  if (ending !== undefined) notes.push(ending);
  const skew = skewOf(evidence);
  if (skew !== undefined) notes.push(skew);
  return notes;
}

const hasSecureCookie = ({ cookies }: RunRecord): boolean => [...cookies.set.values()].some(({ secure }) => secure);

/** A cookie that ends may end before a session does, and the run may have been too short to meet that. */
function endingOf({ cookies }: RunRecord, { cookie }: Evidence): string | undefined {
  const lifetime = cookie.kind === "none" ? undefined : cookies.set.get(cookie.name)?.lifetime;
  if (cookie.kind === "none" || lifetime === undefined || lifetime <= 0) return undefined;
  return `The cookie ${cookie.name} ends ${Math.round(lifetime)} s after it was set: what goes on for longer is held only where the gateway sets it anew.`;
}

/** Affinity's known price: sessions stay where they are, also when replicas are added. */
function skewOf({ main }: Evidence): string | undefined {
  const opened = [...main.replicas.values()].map(({ opened }) => opened);
  const most = Math.max(...opened);
  if (opened.length < 2 || main.sessions < 20 || most * opened.length < 2 * main.sessions) return undefined;
  return `The load is uneven: one of ${opened.length} replicas has ${most} of ${main.sessions} sessions.`;
}
