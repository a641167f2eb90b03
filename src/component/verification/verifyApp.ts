import type { AppName } from "../az/appOptions.ts";
import { awaitReadiness, type ReadinessIo } from "./awaitReadiness.ts";
import { compare, type LiveApp, liveApp, type ReadApp, unreadable, type WantedApp } from "./liveApp.ts";
import type { LastLine } from "./logLine.ts";
import { notServing } from "./readinessWords.ts";

/** What verification needs of the world. */
export interface VerificationIo extends ReadinessIo<ReadApp> {
  /** The last line that a replica of the revision wrote; undefined if there is none, or it cannot be read. */
  readLastLine(revision: string): Promise<LastLine | undefined>;
}

/** What was seen, and what is wrong with it in words; undefined if nothing is. */
export interface Verified {
  readonly seen: LiveApp;
  /** Host name of the ingress, and the latest revision; empty if the app has none, or could not be read. */
  readonly fqdn: string;
  readonly latestRevision: string;
  readonly problem: string | undefined;
}

/** Reads the app, waits until it serves what was deployed, and says what is not as wanted. */
export async function verifyApp(
  app: AppName,
  wanted: WantedApp,
  readySeconds: number,
  io: VerificationIo,
): Promise<Verified> {
  const { containerAppName: name } = app;
  const first = await io.readApp();
  if (first instanceof Error) return unread(compare(name, wanted, first));
  // A mismatch fails the update in any case: then nothing is waited for.
  const differs = wasCreated(first) && compare(name, wanted, liveApp(first)) !== undefined;
  const outcome = await awaitReadiness(first, differs ? 0 : readySeconds, io);
  if (outcome.kind === "unreadable") return unread(compare(name, wanted, outcome.error));
  const { app: last, readiness } = outcome;
  const seen = liveApp(last);
  const problems = wasCreated(last) ? [compare(name, wanted, seen)] : [];
  if (readiness.kind === "notReady" && !(differs && readiness.cause.kind === "overdue")) {
    const { cause, revision } = readiness;
    const hasLog = (cause.kind === "revision" || cause.kind === "overdue") && revision !== "";
    problems.push(notServing(app, readiness, hasLog ? await io.readLastLine(revision) : undefined));
  }
  const fqdn = last.configuration?.ingress?.fqdn ?? "";
  const latestRevision = last.latestRevisionName ?? "";
  return {
    seen,
    fqdn,
    latestRevision,
    problem: problems.filter((problem) => problem !== undefined).join("\n") || undefined,
  };
}

const unread = (problem: string | undefined): Verified => ({ seen: unreadable, fqdn: "", latestRevision: "", problem });

/** Of an app whose creation failed Azure shows neither transport nor affinity: that is no drift. */
const wasCreated = ({ latestRevisionName }: ReadApp): boolean => Boolean(latestRevisionName);
