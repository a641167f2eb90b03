import { judge, type Readiness, type ReadRollout, type RevisionState, type Sighting, see } from "./readiness.ts";

/** What the wait needs from outside, replaceable in tests. */
export interface ReadinessIo<App extends ReadRollout> {
  /** The live app, or the error if it could not be read. */
  readApp(): Promise<App | Error>;
  /** The state of a revision; undefined if it cannot be read. */
  readRevision(name: string): Promise<RevisionState | undefined>;
  /** Reports progress from time to time. */
  tell(waitingFor: Extract<Readiness, { kind: "starting" }>, seconds: number): void;
  pause(seconds: number): Promise<void>;
  /** Seconds, on any monotonic clock. */
  now(): number;
}

/** The last read of the app and its verdict, or the error if the app became unreadable. */
export type Outcome<App> =
  | { readonly kind: "judged"; readonly app: App; readonly readiness: Exclude<Readiness, { kind: "starting" }> }
  | { readonly kind: "unreadable"; readonly error: Error };

/** Seconds until the first read of the revision, between reads, and between reads while its state is bad. */
const readTimes = { first: 2, every: 10, whileBad: 3 } as const;
/** Seconds until the first progress report, and between reports. */
const reportTimes = { first: 5, every: 15 } as const;
/** Consecutive failed reads of the app that the wait tolerates. */
const tolerated = 4;

/** Waits until the app's latest revision is ready or has failed for good, at most `limit` seconds. */
export async function awaitReadiness<App extends ReadRollout>(
  first: App,
  limit: number,
  io: ReadinessIo<App>,
): Promise<Outcome<App>> {
  const began = io.now();
  let app = first;
  let sighting: Sighting | undefined;
  let nextRead: number = readTimes.first;
  let nextReport: number = reportTimes.first;
  let failures = 0;
  for (;;) {
    const waited = io.now() - began;
    const readiness = judge(app, sighting, waited, limit);
    if (readiness.kind !== "starting") return { kind: "judged", app, readiness };
    if (waited >= nextReport) {
      io.tell(readiness, Math.round(waited));
      nextReport = waited + reportTimes.every;
    }
    if (waited >= nextRead && readiness.revision !== "") {
      const state = await io.readRevision(readiness.revision);
      sighting = state === undefined ? undefined : see(sighting, readiness.revision, state, io.now() - began);
      nextRead = io.now() - began + (sighting?.bad === undefined ? readTimes.every : readTimes.whileBad);
    } else {
      // Short pauses at first, for revisions that start within a second.
      await io.pause(Math.min(2, Math.max(0.25, waited / 4), limit - waited));
    }
    const read = await io.readApp();
    failures = read instanceof Error ? failures + 1 : 0;
    if (!(read instanceof Error)) app = read;
    else if (failures > tolerated) return { kind: "unreadable", error: read };
  }
}
