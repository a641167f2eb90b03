import { evidenceOf } from "../evidence/evidence.ts";
import { type Fate, fatesOf, type LossCause } from "../evidence/fate.ts";
import type { History } from "../evidence/history.ts";
import { identify } from "../evidence/identify.ts";
import type { Identity } from "../evidence/identity.ts";
import { percentiles } from "../evidence/latency.ts";
import type { RunRecord } from "../evidence/runRecord.ts";
import { homesOf } from "../evidence/service.ts";
import { type GroupTally, tally } from "../evidence/tally.ts";
import { judge } from "../judge/judge.ts";
import { notesOn } from "../judge/noteSentences.ts";
import { sentencesFor } from "../judge/verdictSentences.ts";
import {
  cookieReports,
  type GroupReport,
  type Incident,
  type ProbeReport,
  type ReplicaReport,
  round,
  sessionReports,
} from "./report.ts";

/** The most incidents in a report; more would say nothing new. */
const incidentLimit = 200;

/** Turns the record of a run into a report. */
export function summarize(record: RunRecord): ProbeReport {
  const { preflight, settings, main, control } = record;
  const identity = identify({ main, control, told: settings.replicaHeader !== undefined });
  const fates = fatesOf(main, identity);
  const mainTally = tally(main, fates, identity);
  const controlTally = control === undefined ? undefined : tally(control, fatesOf(control, identity), identity);
  const evidence = evidenceOf(record, mainTally, controlTally, identity);
  const judgement = judge(evidence);
  const sentences = sentencesFor(judgement, evidence, preflight.kind === "failed" ? preflight : undefined);
  const replicas = replicaReports(mainTally);
  return {
    schema: 1,
    ...judgement,
    ...sentences,
    notes: notesOn(record, evidence),
    target: targetReport(record),
    run: runReport(record),
    counts: groupReport(mainTally),
    control: controlTally === undefined ? null : groupReport(controlTally),
    replicasBy: identity.by,
    replicas,
    cookies: cookieReports(record.cookies.set, identity.cookie),
    streams: record.streams ?? null,
    officialClient: record.official ?? null,
    latency: { open: latencyOf(main, "open"), call: latencyOf(main, "call") },
    incidents: incidentsOf(main, fates, identity),
    sessions: sessionReports(main, fates, identity, replicas),
  };
}

function targetReport({ settings, preflight }: RunRecord): ProbeReport["target"] {
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

function runReport({ settings, startedAt, seconds, interrupted, control }: RunRecord): ProbeReport["run"] {
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

const lostHow: Readonly<Record<LossCause, string>> = {
  "at-once": "at its first call",
  misrouted: "reached another replica",
  forgotten: "its replica no longer knew it",
  "replica-gone": "its replica had stopped",
  restarted: "its replica had restarted",
  unknown: "cause unknown",
};

function detailOf(fate: Exclude<Fate, { kind: "held" }>, home: string | undefined): string {
  switch (fate.kind) {
    case "moved":
      return `from ${fate.from} to ${fate.to}`;
    case "lost":
      return `${fate.detail} (${lostHow[fate.why]}${home === undefined ? "" : `; was on ${home}`})`;
    case "failed":
      return fate.detail;
  }
}
