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

/** What reads answer, by the seconds that have passed. */
interface World {
  readonly app?: (now: number) => ReadRollout | Error;
  readonly revision?: (now: number) => RevisionState | undefined;
  /** Seconds that a look at the revision takes. */
  readonly lookSeconds?: number;
}

/** Waits in a world whose clock runs only during a pause or a look. */
async function wait(world: World, limit = 300) {
  let clock = 0;
  const told: number[] = [];
  const looks: number[] = [];
  let reads = 0;
  const outcome: Outcome<ReadRollout> = await awaitReadiness(starting, limit, {
    readApp: async () => {
      reads += 1;
      return world.app?.(clock) ?? starting;
    },
    readRevision: async () => {
      looks.push(clock);
      clock += world.lookSeconds ?? 1;
      return world.revision?.(clock);
    },
    tell: (_waiting, seconds) => void told.push(seconds),
    pause: async (seconds) => {
      expect(seconds).toBeGreaterThan(0);
      clock += seconds;
    },
    // Any clock will do.
    now: () => clock + 1000,
  });
  return { outcome, told, looks, reads, seconds: clock };
}

describe("waiting for the latest revision", () => {
  test("one that is ready within a second costs hardly more, and az is not asked", async () => {
    const { outcome, looks, seconds, told } = await wait({ app: (now) => (now >= 0.9 ? ready : starting) });
    expect(outcome).toMatchObject({ kind: "judged", readiness: { kind: "ready" } });
    expect(seconds).toBeLessThan(1.5);
    expect([looks, told]).toEqual([[], []]);
  });

  test("one that has failed for good is not waited for to the end", async () => {
    const { outcome, seconds } = await wait({ revision: () => revision("Failed") });
    expect(outcome).toMatchObject({ readiness: { cause: { kind: "revision", state: "Failed" } } });
    expect(seconds).toBeLessThan(10);
  });

  test("one that recovers is ready", async () => {
    const { outcome } = await wait({
      revision: (now) => revision(now < 5 ? "Failed" : "Activating"),
      app: (now) => (now >= 30 ? ready : starting),
    });
    expect(outcome).toMatchObject({ readiness: { kind: "ready" } });
  });

  test("one that never becomes ready has its time and no more; it is told of and looked at now and then", async () => {
    const { outcome, seconds, told, looks, reads } = await wait({ revision: () => revision("Activating") });
    expect(outcome).toMatchObject({ readiness: { cause: { kind: "overdue", seconds: 300, state: "Activating" } } });
    expect(seconds).toBeGreaterThanOrEqual(300);
    expect(seconds).toBeLessThan(305);
    expect(told.length).toBeGreaterThan(15);
    expect(told.length).toBeLessThanOrEqual(21);
    expect(looks.length).toBeLessThanOrEqual(30);
    expect(reads).toBeLessThan(200);
  });

  test("without the Azure CLI, or with one that hangs, only the time decides", async () => {
    const none = await wait({ revision: () => undefined }, 20);
    expect(none.outcome).toMatchObject({ readiness: { cause: { kind: "overdue", state: "" } } });
    const hanging = await wait({ revision: () => undefined, lookSeconds: 30 }, 20);
    expect(hanging.outcome).toMatchObject({ readiness: { cause: { kind: "overdue" } } });
    expect(hanging.seconds).toBeLessThan(35);
  });

  test("single reads of the app may fail, five in a row may not", async () => {
    const flaky = await wait({ app: (now) => (now < 1 ? new Error("reset") : ready) });
    expect(flaky.outcome).toMatchObject({ readiness: { kind: "ready" } });
    const gone = await wait({ app: () => new Error("AuthorizationFailed") });
    expect(gone.outcome).toMatchObject({ kind: "unreadable", error: { message: "AuthorizationFailed" } });
    expect(gone.reads).toBe(5);
  });

  test("without any time it judges the first read, and waits for nothing", async () => {
    const { outcome, reads, seconds } = await wait({}, 0);
    expect(outcome).toMatchObject({ readiness: { kind: "notReady" } });
    expect([reads, seconds]).toEqual([0, 0]);
  });
});
