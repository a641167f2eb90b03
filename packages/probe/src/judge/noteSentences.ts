import type { Evidence } from "../evidence/evidence.ts";
import type { RunRecord } from "../evidence/runRecord.ts";
import { counted, countsOf } from "./phrases.ts";

/** Observations that don't change the verdict but are worth knowing. */
export function notesOn(record: RunRecord, evidence: Evidence): string[] {
  const { preflight, interrupted, settings } = record;
  const { main } = evidence;
  const notes: string[] = [];
  if (interrupted) notes.push("The run was interrupted; the counts cover only what was done until then.");
  if (preflight.kind === "reached" && preflight.sessions !== "sessionless" && preflight.speaksSessionless) {
    notes.push(
      "The gateway also speaks protocol 2026-07-28, which has no sessions: clients of that version don't need affinity.",
    );
  }
  if (settings.url.protocol === "http:" && hasSecureCookie(record)) {
    notes.push(
      "A cookie is marked Secure but the URL is plain http: many clients, including Python's, don't return it.",
    );
  }
  if (main.callsFailed > 0)
    notes.push(`${main.callsFailed} of ${main.calls} calls failed (${countsOf(main.failures)}).`);
  const others = [...streamNotes(evidence), clientNote(record), expiryNote(record, evidence), skewNote(evidence)];
  return [...notes, ...others.filter((note) => note !== undefined)];
}

const hasSecureCookie = ({ cookies }: RunRecord): boolean => [...cookies.set.values()].some(({ secure }) => secure);

function streamNotes({ streams }: Evidence): string[] {
  if (streams === undefined) return [];
  const { refused, dropped, held } = streams;
  return [
    ...(refused > 0 ? [`${counted(refused, "GET stream")} couldn't be opened.`] : []),
    ...(dropped > 0 ? [`The gateway closed ${dropped} of ${counted(held, "GET stream")} during the run.`] : []),
  ];
}

function clientNote({ official }: RunRecord): string | undefined {
  if (official === undefined || official.ok === official.sessions) return undefined;
  const { ok, sessions, error } = official;
  // Without an error, an interruption left sessions out.
  return `The official client completed ${ok} of ${sessions} sessions${error === null ? "." : `. First error: ${error}`}`;
}

/** A cookie can expire before a session ends, and the run may be too short to show it. */
function expiryNote({ cookies }: RunRecord, { cookie }: Evidence): string | undefined {
  const lifetime = cookie.kind === "none" ? undefined : cookies.set.get(cookie.name)?.lifetime;
  if (cookie.kind === "none" || lifetime === undefined || lifetime <= 0) return undefined;
  return `The cookie ${cookie.name} expires ${Math.round(lifetime)} s after it is set. Longer sessions hold only if the gateway renews it.`;
}

/** The known cost of affinity: sessions stay where they are even when replicas are added. */
function skewNote({ main }: Evidence): string | undefined {
  const opened = [...main.replicas.values()].map(({ opened }) => opened);
  const most = Math.max(...opened);
  if (opened.length < 2 || main.sessions < 20 || most * opened.length < 2 * main.sessions) return undefined;
  return `The load is uneven: one of ${opened.length} replicas has ${most} of ${main.sessions} sessions.`;
}
