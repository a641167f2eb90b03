import { describe, expect, test } from "vitest";
import { compare, liveApp, type WantedApp } from "../../../src/component/verification/liveApp.ts";
import { previewSentence, readPreviewSentence } from "../../../src/component/verification/previewSentence.ts";
import type { Cause } from "../../../src/component/verification/readiness.ts";
import { notServing, previewWarning, waitingSentence } from "../../../src/component/verification/readinessWords.ts";

const wanted: WantedApp = { affinity: "sticky", activeRevisionsMode: "Single", transport: "auto" };

describe("what is read of the live app", () => {
  test("Azure's own casing", () => {
    const configuration = {
      activeRevisionsMode: "Single",
      ingress: { transport: "Auto", stickySessions: { affinity: "Sticky" } },
    };
    expect(liveApp({ configuration })).toEqual({
      affinity: "sticky",
      activeRevisionsMode: "Single",
      transport: "auto",
    });
  });
  test("affinity that was never set is none", () => {
    expect(
      liveApp({
        configuration: { activeRevisionsMode: "Single", ingress: { transport: "Http", stickySessions: null } },
      }).affinity,
    ).toBe("none");
  });
  test("an app in which nothing is said, and one of several revisions", () => {
    expect(liveApp({})).toEqual({ affinity: "none", activeRevisionsMode: "Single", transport: "none" });
    expect(liveApp({ configuration: { activeRevisionsMode: "Multiple" } }).activeRevisionsMode).toBe("Multiple");
  });
  test("an app without ingress", () => {
    expect(liveApp({ configuration: { activeRevisionsMode: "Single", ingress: null } })).toEqual({
      affinity: "none",
      activeRevisionsMode: "Single",
      transport: "none",
    });
  });
});

describe("the comparison", () => {
  test("as wanted, whatever the casing", () => {
    expect(
      compare("app", wanted, { affinity: "sticky", activeRevisionsMode: "single", transport: "Auto" }),
    ).toBeUndefined();
  });
  test("names all that is wrong, what was wanted, and the way out", () => {
    expect(compare("app", wanted, { affinity: "none", activeRevisionsMode: "Multiple", transport: "tcp" })).toBe(
      "Session affinity of container app 'app' could not be verified: affinity is none, wanted sticky; revision mode is Multiple, wanted Single; " +
        "transport is tcp, wanted auto. Something outside this stack has changed it. Put it back with: pulumi up --refresh",
    );
  });
});

test("an app that could not be read: why, and who may read it", () => {
  expect(compare("app", wanted, new Error("AuthorizationFailed: no\nstack"))).toBe(
    "Session affinity of container app 'app' could not be verified: the app could not be read (AuthorizationFailed: no). Wanted sticky. " +
      "See that this account may read it (the Reader role is enough), then: pulumi up --refresh",
  );
});

describe("a preview: says, in neutral words, what is live and what it will be", () => {
  test("live", () => {
    expect(previewSentence(wanted, { ...wanted, affinity: "none" })).toBe(
      "Session affinity, live: none; after this update: sticky.",
    );
  });
  test("not deployed yet", () => {
    expect(previewSentence(wanted, new Error('Code="ResourceNotFound"'))).toBe(
      "Session affinity, live: not deployed yet; after this update: sticky.",
    );
  });
  test("not readable: the first line of why, and no failure", () => {
    expect(previewSentence(wanted, new Error("AuthorizationFailed: no\nstack"))).toBe(
      "Session affinity, live: could not be read (AuthorizationFailed: no); after this update: sticky.",
    );
  });
  test.each([
    ["sticky", "none"],
    ["none", "sticky"],
  ] as const)("what it says is read back as data: live %s, wanted %s", (live, affinity) => {
    const message = previewSentence({ ...wanted, affinity }, { ...wanted, affinity: live });
    expect(readPreviewSentence(`${message}\n`)).toEqual({ live, wanted: affinity });
  });
  test("what it says of an app that is not there, or cannot be read, is read back as its words", () => {
    const read = (error: string) => readPreviewSentence(previewSentence(wanted, new Error(error)));
    expect(read("ResourceNotFound")).toEqual({ live: "not deployed yet", wanted: "sticky" });
    expect(read("AuthorizationFailed: no")).toEqual({
      live: "could not be read (AuthorizationFailed: no)",
      wanted: "sticky",
    });
    expect(readPreviewSentence("Session affinity is fine.")).toBeUndefined();
  });
});

const app = { containerAppName: "app", resourceGroupName: "rg", subscriptionId: "s" };
const which = "--name app --resource-group rg --subscription s";
const id = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.App/containerApps/app";
const found = (cause: Cause, serving = "app--1", revision = "app--2") =>
  ({ kind: "notReady", revision, serving, cause }) as const;
const rollBack = "Fix the cause, then: pulumi up. Or roll back: deploy the earlier commit";
const gone = (command: string) => `If the cause was outside the program and is gone: ${command}, then pulumi up`;

describe("an app that does not serve what was deployed: what was seen and wanted, what serves, and the way out", () => {
  test("a revision that failed, with the replica's last log line", () => {
    const cause = { kind: "revision", state: "Failed", reason: "1/1 Container crashing: app" } as const;
    expect(notServing(app, found(cause), { kind: "line", text: "no such file" }).split("\n")).toEqual([
      "Container app 'app' does not serve what was deployed: revision 'app--2' is Failed, wanted ready: 1/1 Container crashing: app.",
      "Last log line of its replica: no such file",
      "Revision 'app--1' keeps serving.",
      rollBack,
      gone(`az containerapp revision restart ${which} --revision app--2`),
    ]);
  });

  test("one that has had its time; without a revision that serves there is nothing to roll back to", () => {
    const cause = { kind: "overdue", seconds: 300, state: "Activating", reason: "" } as const;
    expect(notServing(app, found(cause, ""), { kind: "withheld" }).split("\n")).toEqual([
      "Container app 'app' does not serve what was deployed: revision 'app--2' is not ready after 300 s, but Activating.",
      "The last log line of its replica holds a secret and is not shown.",
      "No revision serves.",
      "Fix the cause, then: pulumi up",
      gone(`az containerapp revision restart ${which} --revision app--2`),
      "If it needs longer: pulumi config set readySeconds SECONDS",
    ]);
    const none = notServing(app, found({ ...cause, state: "" }, "", ""), undefined);
    expect(none).toContain("it has no revision after 300 s.");
  });

  test("an operation that failed: Azure's reason, or where it is", () => {
    const cause = { kind: "operation", state: "Failed", reason: "no\nsuch image" } as const;
    expect(notServing(app, found(cause), undefined).split("\n")).toEqual([
      "Container app 'app' does not serve what was deployed: its last operation is Failed, wanted Succeeded: no such image.",
      "Revision 'app--1' keeps serving.",
      rollBack,
    ]);
    expect(notServing(app, found({ ...cause, reason: "" }), undefined)).toContain(
      `For Azure's reason: az monitor activity-log list --resource-id ${id} --status Failed`,
    );
  });

  test("an app that was stopped", () => {
    expect(notServing(app, found({ kind: "stopped", state: "Stopped" }), undefined).split("\n")).toEqual([
      "Container app 'app' does not serve what was deployed: it is Stopped, wanted Running.",
      `Start it: az resource invoke-action --action start --ids ${id} --api-version 2025-07-01, then pulumi up`,
    ]);
  });

  test("what a preview and the wait say", () => {
    const starting = { kind: "starting", revision: "app--2", serving: "app--1", state: "" } as const;
    expect(previewWarning("app", { kind: "ready" })).toBeUndefined();
    expect(previewWarning("app", starting)).toBe(
      "Container app 'app': revision 'app--2' is not ready; revision 'app--1' serves. pulumi up waits, and fails if the latest revision does not become ready.",
    );
    expect(previewWarning("app", { ...starting, serving: starting.revision })).toContain(
      "another operation is running; ",
    );
    expect(previewWarning("app", found({ kind: "stopped", state: "Stopped" }))).toContain("Unless this changes");
    expect(previewWarning("app", found({ kind: "operation", state: "Failed", reason: "no image" }, "", ""))).toBe(
      "Container app 'app': its last operation is Failed, wanted Succeeded: no image; no revision serves. pulumi up writes the app again.",
    );
    expect(waitingSentence(starting, 20, 300)).toBe("Waiting for revision 'app--2' to become ready (20 of 300 s)");
    expect(waitingSentence({ ...starting, state: "Activating" }, 20, 300)).toContain("ready, now Activating (");
    expect(waitingSentence({ ...starting, revision: "" }, 20, 300)).toContain("the app's first revision");
  });
});
