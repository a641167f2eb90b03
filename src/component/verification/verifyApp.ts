import type { AppName } from "../az/appOptions.ts";
import { awaitReadiness, type ReadinessIo } from "./awaitReadiness.ts";
import { type LiveApp, liveApp, mismatches, type ReadApp, unreadable, type WantedApp } from "./liveApp.ts";
import type { LastLine } from "./logLine.ts";
import { mismatchSentence, notServing, unreadableSentence } from "./verificationSentences.ts";

/** What verification needs from outside, replaceable in tests. */
export interface VerificationIo extends ReadinessIo<ReadApp> {
  /** The last log line of a replica of the revision; undefined if there is none, or it cannot be read. */
  readLastLine(revision: string): Promise<LastLine | undefined>;
}

/** The result of a verification. */
export interface Verified {
  readonly seen: LiveApp;
  /** Host name of the ingress and latest revision; empty if the app has none, or could not be read. */
  readonly fqdn: string;
  readonly latestRevision: string;
  /** The message about everything that is wrong; undefined if nothing is. */
  readonly problem: string | undefined;
}

/** Reads the app, waits until it serves what was deployed, and reports what is wrong. */
export async function verifyApp(
  app: AppName,
  wanted: WantedApp,
  readySeconds: number,
  io: VerificationIo,
): Promise<Verified> {
  const { containerAppName: name } = app;
  const first = await io.readApp();
  if (first instanceof Error) return unread(name, first);
  // A mismatch fails the update anyway, so don't wait.
  const differs = differences(wanted, first).length > 0;
  const outcome = await awaitReadiness(first, differs ? 0 : readySeconds, io);
  if (outcome.kind === "unreadable") return unread(name, outcome.error);
  const { app: last, readiness } = outcome;
  const found = differences(wanted, last);
  const problems = found.length > 0 ? [mismatchSentence(name, found)] : [];
  if (readiness.kind === "notReady" && !(differs && readiness.cause.kind === "overdue")) {
    const { cause, revision } = readiness;
    const hasLog = (cause.kind === "revision" || cause.kind === "overdue") && revision !== "";
    problems.push(notServing(app, readiness, hasLog ? await io.readLastLine(revision) : undefined));
  }
  return {
    seen: liveApp(last),
    fqdn: last.configuration?.ingress?.fqdn ?? "",
    latestRevision: last.latestRevisionName ?? "",
    problem: problems.join("\n") || undefined,
  };
}

const unread = (name: string, error: Error): Verified => ({
  seen: unreadable,
  fqdn: "",
  latestRevision: "",
  problem: unreadableSentence(name, error),
});

/** An app whose creation failed has neither transport nor affinity. That is no mismatch. */
const differences = (wanted: WantedApp, app: ReadApp) =>
  app.latestRevisionName ? mismatches(wanted, liveApp(app)) : [];
