import { describe, expect, test } from "vitest";
import { compare, type ReadApp, type WantedApp } from "../../../src/component/verification/liveApp.ts";
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

/** Each read gives the next of these, and the last one for ever; the clock runs only during a pause. */
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
  test("is content with an app that is as wanted, at once or once its revision is ready", async () => {
    const read = { fqdn: "app.example.test", latestRevision: "app--1" };
    const content = { seen: wanted, ...read, problem: undefined, asked: [] };
    expect(await verify(serving)).toMatchObject({ ...content, seconds: 0 });
    expect(await verify(starting, starting, serving)).toMatchObject(content);
  });

  test("says what failed, with the last log line of the revision that it is about", async () => {
    const { problem, asked, seen } = await verify(starting);
    expect(problem).toContain(
      "revision 'app--2' is Failed, wanted ready: crash.\nLast log line of its replica: the end\n",
    );
    expect([asked, seen]).toEqual([["app--2"], wanted]);
  });

  test("a mismatch fails it without waiting, and without a word on a revision that only starts", async () => {
    const { problem, seconds, seen } = await verify({ ...starting, configuration: off });
    expect(problem).toBe(compare("app", wanted, { ...wanted, affinity: "none" }));
    expect([seconds, seen.affinity]).toEqual([0, "none"]);
  });

  test("affinity that goes while it waits is seen", async () => {
    const { problem } = await verify(starting, { ...serving, configuration: off });
    expect(problem).toContain("affinity is none, wanted sticky");
  });

  test("a mismatch and a failed operation are both said", async () => {
    const { problem } = await verify({ ...serving, configuration: off, provisioningState: "Failed" });
    expect(problem).toMatch(/affinity is none, wanted sticky[\s\S]*its last operation is Failed/);
  });

  test("of an app whose creation failed nothing is called drift", async () => {
    const ingress = { transport: undefined, stickySessions: null };
    const failed = { provisioningState: "Failed", deploymentErrors: "no image" };
    const { problem, asked } = await verify({ configuration: { ...configuration, ingress }, ...failed });
    expect(problem).toContain("its last operation is Failed, wanted Succeeded: no image.\nNo revision serves.");
    expect(problem).not.toContain("Session affinity");
    expect(asked).toEqual([]);
  });

  test("an app that cannot be read, at first or later, is said to be that", async () => {
    const unread = {
      seen: { affinity: "unknown" },
      problem: expect.stringContaining("the app could not be read (reset)"),
    };
    expect(await verify(new Error("reset"))).toMatchObject(unread);
    expect(await verify(starting, new Error("reset"))).toMatchObject(unread);
  });
});
