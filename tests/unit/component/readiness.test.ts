import { describe, expect, test } from "vitest";
import { judge, type ReadRollout, type RevisionState, see } from "../../../src/component/verification/readiness.ts";

const ready: ReadRollout = {
  provisioningState: "Succeeded",
  runningStatus: "Running",
  latestRevisionName: "app--2",
  latestReadyRevisionName: "app--2",
};
const starting = { ...ready, latestReadyRevisionName: "app--1" };
const state = (runningState: string, provisioningState = "Provisioned", details = ""): RevisionState => ({
  ...{ runningState, provisioningState, details },
});
const seen = (runningState: string, at: number, provisioningState?: string) =>
  see(undefined, "app--2", state(runningState, provisioningState, "why"), at);

describe("whether an app serves what was deployed", () => {
  test.each([
    ["the latest revision is the latest ready one", ready],
    ["no replica is running, but Azure calls it ready", { ...ready, runningStatus: "Ready" }],
    ["the answer has no provisioning state", { ...ready, provisioningState: undefined }],
  ])("yes: %s", (_what, app) => {
    expect(judge(app, undefined, 0, 300)).toEqual({ kind: "ready" });
  });

  test.each([
    ["the latest revision is not the ready one", starting, "", "app--1"],
    ["there is no ready one yet", { ...ready, latestReadyRevisionName: "" }, "", ""],
    ["another operation is running", { ...ready, provisioningState: "InProgress" }, "InProgress", "app--2"],
  ])("not yet: %s", (_what, app, now, serving) => {
    expect(judge(app, undefined, 0, 300)).toEqual({ kind: "starting", revision: "app--2", serving, state: now });
  });

  test("without a revision: starting, then overdue", () => {
    const none = { provisioningState: "Succeeded", latestRevisionName: "", latestReadyRevisionName: null };
    expect(judge(none, undefined, 299, 300)).toMatchObject({ kind: "starting", revision: "" });
    expect(judge(none, undefined, 300, 300)).toMatchObject({ cause: { kind: "overdue", seconds: 300 } });
  });

  test.each(["Failed", "Canceled"])(
    "no, at once: the last operation is %s, whatever the state of the revisions",
    (ended) => {
      const app = { ...ready, provisioningState: ended, deploymentErrors: "no image" };
      const cause = { kind: "operation", state: ended, reason: "no image" };
      expect(judge(app, undefined, 0, 300)).toEqual({ kind: "notReady", revision: "app--2", serving: "app--2", cause });
      const creation = { provisioningState: ended, latestRevisionName: null };
      expect(judge(creation, undefined, 0, 300)).toMatchObject({ revision: "", serving: "", cause: { reason: "" } });
    },
  );

  test("no, at once: the app was stopped", () => {
    const stopped = { kind: "notReady", cause: { kind: "stopped", state: "Stopped" } };
    expect(judge({ ...ready, runningStatus: "Stopped" }, undefined, 0, 300)).toMatchObject(stopped);
  });

  test.each(["Activating", "Processing", "Provisioning", "Running", "Unknown", ""])(
    "not yet: the revision is '%s'",
    (running) => {
      expect(judge(starting, seen(running, 2), 299, 300)).toMatchObject({ kind: "starting", state: running });
    },
  );

  test.each([
    ["Failed", "Failed", 3],
    ["Activating", "Failed", 3],
    ["ActivationFailed", "Provisioned", 3],
    ["Degraded", "Provisioned", 60],
  ])("a revision that is %s and %s counts as failed after reads %i s apart", (running, provisioning, lasting) => {
    const first = seen(running, 10, provisioning);
    const again = (after: number) => see(first, "app--2", first.state, 10 + after);
    expect(judge(starting, first, 200, 300).kind).toBe("starting");
    expect(judge(starting, again(lasting - 1), 200, 300).kind).toBe("starting");
    expect(judge(starting, again(lasting), 200, 300)).toMatchObject({
      ...{ kind: "notReady", revision: "app--2", serving: "app--1" },
      cause: { kind: "revision", state: running, reason: "why" },
    });
  });

  test("a bad state counts from the first of consecutive reads of one revision", () => {
    const first = seen("Failed", 10);
    expect(see(first, "app--2", state("Failed"), 12).badSince).toBe(10);
    const better = see(first, "app--2", state("Activating"), 12);
    expect(see(better, "app--2", state("Failed"), 14).badSince).toBe(14);
    expect(see(seen("Degraded", 10), "app--2", state("Failed"), 12).badSince).toBe(12);
    expect(see(first, "app--3", state("Failed"), 12).badSince).toBe(12);
    // Reads of another revision do not count.
    const next = { ...starting, latestRevisionName: "app--3" };
    expect(judge(next, first, 60, 300)).toMatchObject({ kind: "starting", state: "" });
  });

  test("no: overdue, with the last state of the revision", () => {
    expect(judge(starting, seen("Activating", 290), 300, 300)).toMatchObject({
      cause: { kind: "overdue", seconds: 300, state: "Activating", reason: "why" },
    });
  });
});
