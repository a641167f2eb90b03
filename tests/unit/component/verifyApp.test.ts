import { describe, expect, test } from "vitest";
import { mismatches, type ReadApp, type WantedApp } from "../../../src/component/verification/liveApp.ts";
import {
  mismatchSentence,
  notServing,
  unreadableSentence,
} from "../../../src/component/verification/verificationSentences.ts";
import { type VerificationIo, verifyApp } from "../../../src/component/verification/verifyApp.ts";

const wanted: WantedApp = { affinity: "sticky", activeRevisionsMode: "Single", transport: "auto" };
const app = { containerAppName: "app", resourceGroupName: "rg", subscriptionId: "s" };
const configuration = {
  activeRevisionsMode: "Single",
  ingress: { fqdn: "app.example.test", transport: "Auto", stickySessions: { affinity: "sticky" } },
};
const serving: ReadApp = {
  configuration,
  provisioningState: "Succeeded",
  latestRevisionName: "app--1",
  latestReadyRevisionName: "app--1",
};
const off = { ...configuration, ingress: { transport: "Auto", stickySessions: null } };
const starting = { ...serving, latestRevisionName: "app--2" };

const mismatch = mismatchSentence("app", mismatches(wanted, { ...wanted, affinity: "none" }));
const failedOperation = (reason: string, names = { revision: "app--1", serving: "app--1" }) =>
  notServing(app, { kind: "notReady", ...names, cause: { kind: "operation", state: "Failed", reason } }, undefined);

/** Reads return these in order, then the last one forever. The clock runs only during pauses. */
async function verify(...reads: (ReadApp | Error)[]) {
  let clock = 0;
  const asked: string[] = [];
  const io: VerificationIo = {
    readApp: async () => (reads.length > 1 ? reads.shift() : reads[0]) ?? serving,
    readRevision: async () => ({ provisioningState: "Failed", runningState: "Failed", details: "crash" }),
    readLastLine: async (revision) => {
      asked.push(revision);
      return { kind: "line", text: "the end" };
    },
    tell: () => {},
    pause: async (seconds) => {
      clock += seconds;
    },
    now: () => clock,
  };
  return { ...(await verifyApp(app, wanted, 300, io)), asked, seconds: clock };
}

describe("verification", () => {
  test("accepts an app that is as requested, at once or when its revision is ready", async () => {
    const read = { fqdn: "app.example.test", latestRevision: "app--1" };
    const content = { seen: wanted, ...read, problem: undefined, asked: [] };
    expect(await verify(serving)).toMatchObject({ ...content, seconds: 0 });
    expect(await verify(starting, starting, serving)).toMatchObject(content);
  });

  test("reports a failed revision with its last log line", async () => {
    const { problem, asked, seen } = await verify(starting);
    const cause = { kind: "revision", state: "Failed", reason: "crash" } as const;
    expect(problem).toBe(
      notServing(
        app,
        { kind: "notReady", revision: "app--2", serving: "app--1", cause },
        { kind: "line", text: "the end" },
      ),
    );
    expect([asked, seen]).toEqual([["app--2"], wanted]);
  });

  test("reports a mismatch without waiting, and without mentioning a revision that is only starting", async () => {
    const { problem, seconds, seen } = await verify({ ...starting, configuration: off });
    expect(problem).toBe(mismatch);
    expect([seconds, seen.affinity]).toEqual([0, "none"]);
  });

  test("notices affinity that is turned off during the wait", async () => {
    const { problem } = await verify(starting, { ...serving, configuration: off });
    expect(problem).toBe(mismatch);
  });

  test("reports both a mismatch and a failed operation", async () => {
    const { problem } = await verify({ ...serving, configuration: off, provisioningState: "Failed" });
    expect(problem).toBe(`${mismatch}\n${failedOperation("")}`);
  });

  test("reports no mismatch for an app whose creation failed", async () => {
    const ingress = { transport: undefined, stickySessions: null };
    const failed = { provisioningState: "Failed", deploymentErrors: "no image" };
    const { problem, asked } = await verify({ configuration: { ...configuration, ingress }, ...failed });
    expect(problem).toBe(failedOperation("no image", { revision: "", serving: "" }));
    expect(asked).toEqual([]);
  });

  test("reports an app that cannot be read, at first or later", async () => {
    const unread = {
      seen: { affinity: "unknown" },
      problem: unreadableSentence("app", new Error("reset")),
    };
    expect(await verify(new Error("reset"))).toMatchObject(unread);
    expect(await verify(starting, new Error("reset"))).toMatchObject(unread);
  });
});
