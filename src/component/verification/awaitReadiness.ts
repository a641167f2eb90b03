import { judge, type Readiness, type ReadRollout, type RevisionState, type Sighting, see } from "./readiness.ts";

/** What the wait needs of the world. */
export interface ReadinessIo<App extends ReadRollout> {
  /** The app as it is now, or why it could not be read. */
  readApp(): Promise<App | Error>;
  /** The state of a revision; undefined if it cannot be read. */
  readRevision(name: string): Promise<RevisionState | undefined>;
  /** Told now and then what is waited for. */
  tell(waitingFor: Extract<Readiness, { kind: "starting" }>, seconds: number): void;
  pause(seconds: number): Promise<void>;
  /** Seconds, of any clock that does not go back. */
  now(): number;
}

/** The last read of the app and what it means, or why the app could not be read any more. */
export type Outcome<App> =
  | { readonly kind: "judged"; readonly app: App; readonly readiness: Exclude<Readiness, { kind: "starting" }> }
  | { readonly kind: "unreadable"; readonly error: Error };

/** Seconds after which the revision is looked at first, between two looks, and between two while it reads as bad. */
const look = { first: 2, every: 10, whileBad: 3 } as const;
/** Seconds after which the wait is told of first, and between two tellings. */
const telling = { first: 5, every: 15 } as const;
/** Reads of the app in a row that may fail while it is waited for. */
const tolerated = 4;

/** Waits until the app's latest revision is ready, has failed for good, or has had its time. */
export async function awaitReadiness<App extends ReadRollout>(
  first: App,
  limit: number,
  io: ReadinessIo<App>,
): Promise<Outcome<App>> {
  const began = io.now();
  let app = first;
  let sighting: Sighting | undefined;
  let nextLook: number = look.first;
  let nextTelling: number = telling.first;
  let failures = 0;
  for (;;) {
    const waited = io.now() - began;
    const readiness = judge(app, sighting, waited, limit);
    if (readiness.kind !== "starting") return { kind: "judged", app, readiness };
    if (waited >= nextTelling) {
      io.tell(readiness, Math.round(waited));
      nextTelling = waited + telling.every;
    }
    if (waited >= nextLook && readiness.revision !== "") {
      const state = await io.readRevision(readiness.revision);
      sighting = state === undefined ? undefined : see(sighting, readiness.revision, state, io.now() - began);
      nextLook = io.now() - began + (sighting?.bad === undefined ? look.every : look.whileBad);
    } else {
      // Eager at first, so that a revision that starts in a second costs no two.
      await io.pause(Math.min(2, Math.max(0.25, waited / 4), limit - waited));
    }
    const read = await io.readApp();
    failures = read instanceof Error ? failures + 1 : 0;
    if (!(read instanceof Error)) app = read;
    else if (failures > tolerated) return { kind: "unreadable", error: read };
  }
}
