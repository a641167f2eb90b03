import type { CookiesSeen } from "../evidence/cookiesSeen.ts";
import { type Fate, fatesOf } from "../evidence/fate.ts";
import type { History } from "../evidence/history.ts";
import { identify } from "../evidence/identify.ts";
import type { CookieFinding, Identity } from "../evidence/identity.ts";
import { percentiles } from "../evidence/latency.ts";
import { homesOf } from "../evidence/service.ts";
import type { Gathered } from "../judge/gathered.ts";
import { notesOn } from "../judge/notes.ts";
import { type GroupTally, tally } from "../judge/tally.ts";
import { type Evidence, judge } from "../judge/verdict.ts";
import { wordsFor } from "../judge/words.ts";
import {
  cookieReports,
  type GroupReport,
  type Incident,
  type ProbeReport,
  type ReplicaReport,
  round,
  sessionReports,
} from "./report.ts";

/** Incidents that a report lists; more of them say nothing new. */
const incidentLimit = 200;

/** Makes the report of what a run gathered. Pure. */
export function summarize(gathered: Gathered): ProbeReport {
  const { preflight, settings, main, control } = gathered;
  const identity = identify({ main, control, told: settings.replicaHeader !== undefined });
  const fates = fatesOf(main, identity);
  const mainTally = tally(main, fates, identity);
  const controlTally = control === undefined ? undefined : tally(control, fatesOf(control, identity), identity);
  const evidence = evidenceOf(gathered, mainTally, controlTally, identity);
  const verdict = judge(evidence);
  const words = wordsFor(verdict, evidence, preflight.kind === "failed" ? preflight.detail : "");
  const replicas = replicaReports(mainTally);
  return {
    schema: 1,
    ...verdict,
    ...words,
    notes: notesOn(gathered, evidence),
    target: targetReport(gathered),
    run: runReport(gathered),
    counts: groupReport(mainTally),
    control: controlTally === undefined ? null : groupReport(controlTally),
    replicasBy: identity.by,
    replicas,
    cookies: cookieReports(gathered.cookies.set, identity.cookie),
    streams: gathered.streams ?? null,
    officialClient: gathered.official ?? null,
    latency: { open: latencyOf(main, "open"), call: latencyOf(main, "call") },
    incidents: incidentsOf(main, fates, identity),
    sessions: sessionReports(main, fates, identity, replicas),
  };
}

function evidenceOf(
  { preflight, cookies, streams, official, interrupted }: Gathered,
  main: GroupTally,
  control: GroupTally | undefined,
  { by, cookie }: Identity,
): Evidence {
  return {
    unopened: preflight.kind === "failed" ? preflight.reason : undefined,
    sessions: preflight.kind === "reached" ? preflight.sessions : "ids",
    main,
    control,
    cookie,
    notReturned: notReturned(cookies, cookie),
    replicasBy: by,
    streams,
    clientOk: official === undefined ? undefined : official.ok === official.sessions,
    interrupted,
  };
}

function notReturned({ set, withheld }: CookiesSeen, cookie: CookieFinding): Evidence["notReturned"] {
  if (cookie.kind !== "affinity") return undefined;
  const [why, seen] = [withheld.get(cookie.name), set.get(cookie.name)];
  if (why === undefined || seen === undefined) return undefined;
  return { why, domain: seen.domain ?? "", path: seen.path ?? "", lifetime: seen.lifetime ?? 0 };
}

function targetReport({ settings, preflight }: Gathered): ProbeReport["target"] {
  const { url, transport } = settings;
  if (preflight.kind === "failed") {
    const unknown = { sessions: "unknown", protocolVersion: null, server: null, call: null } as const;
    return { url: url.href, transport, speaksSessionless: null, ...unknown };
  }
  const { sessions, protocolVersion, server, call, speaksSessionless = null } = preflight;
  const called = call.kind === "list" ? "tools/list" : call.name;
  return {
    url: url.href,
    transport,
    sessions,
    protocolVersion: protocolVersion ?? null,
    speaksSessionless,
    server: server ?? null,
    call: called,
  };
}

function runReport({ settings, startedAt, seconds, interrupted, control }: Gathered): ProbeReport["run"] {
  const { sessions, calls, inFlight } = settings;
  const controlSessions = control?.length ?? 0;
  return {
    startedAt: startedAt.toISOString(),
    seconds: round(seconds),
    interrupted,
    sessions,
    calls,
    inFlight,
    controlSessions,
  };
}

function groupReport({
  replicas: _,
  allLose: __,
  movedWithNewCookie: ___,
  trials: ____,
  trialsBeforeLoss: _____,
  elsewhere: ______,
  lostBy,
  ...counts
}: GroupTally): GroupReport {
  return { ...counts, lostBy: Object.fromEntries(Object.entries(lostBy).filter(([, count]) => count > 0)) };
}

function replicaReports({ replicas }: GroupTally): ReplicaReport[] {
  return [...replicas]
    .map(([name, { opened, calls }]) => ({ name, sessions: opened, calls }))
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

function latencyOf(histories: readonly History[], phase: "open" | "call") {
  const values: number[] = [];
  for (const { steps } of histories) {
    for (const step of steps)
      if (step.phase === phase && step.result.kind === "answered") values.push(step.milliseconds);
  }
  return percentiles(values);
}

function incidentsOf(histories: readonly History[], fates: readonly Fate[], identity: Identity): Incident[] {
  const homes = homesOf(histories, identity);
  const incidents = histories.flatMap((history, i): Incident[] => {
    const fate = fates[i];
    if (fate === undefined || fate.kind === "held") return [];
    const step = fate.kind === "failed" ? history.steps.at(-1) : fate.step;
    const at = round((step?.at ?? 0) / 1_000);
    const detail = detailOf(fate, homes[i]);
    return [{ session: history.ordinal, id: history.id ?? null, at, kind: fate.kind, detail }];
  });
  return incidents.sort((a, b) => a.at - b.at).slice(0, incidentLimit);
}

function detailOf(fate: Exclude<Fate, { kind: "held" }>, home: string | undefined): string {
  switch (fate.kind) {
    case "moved":
      return `from ${fate.from} to ${fate.to}`;
    case "lost":
      return `${fate.detail} (${fate.why}${home === undefined ? "" : `, was on ${home}`})`;
    case "failed":
      return fate.detail;
  }
}
