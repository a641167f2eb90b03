import { describe, expect, test } from "vitest";
import { awaitReadiness, type Outcome } from "../../../src/component/verification/awaitReadiness.ts";
import type { ReadRollout, RevisionState } from "../../../src/component/verification/readiness.ts";

const starting: ReadRollout = {
  provisioningState: "Succeeded",
  latestRevisionName: "app--2",
  latestReadyRevisionName: "app--1",
};
const ready = { ...starting, latestReadyRevisionName: "app--2" };
const revision = (runningState: string): RevisionState => ({
  ...{ runningState, provisioningState: "Provisioned", details: "" },
});

/** Answers of the reads, as functions of the seconds passed. */
interface World {
  readonly app?: (now: number) => ReadRollout | Error;
  readonly revision?: (now: number) => RevisionState | undefined;
  /** Seconds that a read of the revision takes. */
  readonly readSeconds?: number;
}

/** Waits with a clock that runs only during pauses and reads of the revision. */
async function wait(world: World, limit = 300) {
  let clock = 0;
  const told: number[] = [];
  const revisionReads: number[] = [];
  let reads = 0;
  const outcome: Outcome<ReadRollout> = await awaitReadiness(starting, limit, {
    readApp: async () => {
      reads += 1;
      return world.app?.(clock) ?? starting;
    },
    readRevision: async () => {
      revisionReads.push(clock);
      clock += world.readSeconds ?? 1;
      return world.revision?.(clock);
    },
    tell: (_waiting, seconds) => void told.push(seconds),
    pause: async (seconds) => {
      expect(seconds).toBeGreaterThan(0);
      clock += seconds;
    },
    // The clock can start at any value.
    now: () => clock + 1000,
  });
  return { outcome, told, revisionReads, reads, seconds: clock };
}

describe("waiting for the latest revision", () => {
  test("returns soon after a revision that is ready within a second, without calling az", async () => {
    const { outcome, revisionReads, seconds, told } = await wait({ app: (now) => (now >= 0.9 ? ready : starting) });
    expect(outcome).toMatchObject({ kind: "judged", readiness: { kind: "ready" } });
    expect(seconds).toBeLessThan(1.5);
    expect([revisionReads, told]).toEqual([[], []]);
  });

  test("stops early if the revision has failed for good", async () => {
    const { outcome, seconds } = await wait({ revision: () => revision("Failed") });
    expect(outcome).toMatchObject({ readiness: { cause: { kind: "revision", state: "Failed" } } });
    expect(seconds).toBeLessThan(10);
  });

  test("accepts a revision that recovers", async () => {
    const { outcome } = await wait({
      revision: (now) => revision(now < 5 ? "Failed" : "Activating"),
      app: (now) => (now >= 30 ? ready : starting),
    });
    expect(outcome).toMatchObject({ readiness: { kind: "ready" } });
  });

  test("gives up at the limit, and until then reports progress and reads the revision from time to time", async () => {
    const { outcome, seconds, told, revisionReads, reads } = await wait({ revision: () => revision("Activating") });
    expect(outcome).toMatchObject({ readiness: { cause: { kind: "overdue", seconds: 300, state: "Activating" } } });
    expect(seconds).toBeGreaterThanOrEqual(300);
    expect(seconds).toBeLessThan(305);
    expect(told.length).toBeGreaterThan(15);
    expect(told.length).toBeLessThanOrEqual(21);
    expect(revisionReads.length).toBeLessThanOrEqual(30);
    expect(reads).toBeLessThan(200);
  });

  test("without the Azure CLI, or with one that hangs, waits until the limit", async () => {
    const none = await wait({ revision: () => undefined }, 20);
    expect(none.outcome).toMatchObject({ readiness: { cause: { kind: "overdue", state: "" } } });
    const hanging = await wait({ revision: () => undefined, readSeconds: 30 }, 20);
    expect(hanging.outcome).toMatchObject({ readiness: { cause: { kind: "overdue" } } });
    expect(hanging.seconds).toBeLessThan(35);
  });

  test("tolerates failed reads of the app, but not five in a row", async () => {
    const flaky = await wait({ app: (now) => (now < 1 ? new Error("reset") : ready) });
    expect(flaky.outcome).toMatchObject({ readiness: { kind: "ready" } });
    const gone = await wait({ app: () => new Error("AuthorizationFailed") });
    expect(gone.outcome).toMatchObject({ kind: "unreadable", error: { message: "AuthorizationFailed" } });
    expect(gone.reads).toBe(5);
  });

  test("with a limit of 0, judges the first read without waiting", async () => {
    const { outcome, reads, seconds } = await wait({}, 0);
    expect(outcome).toMatchObject({ readiness: { kind: "notReady" } });
    expect([reads, seconds]).toEqual([0, 0]);
  });
});
