import { describe, expect, test } from "vitest";
import { liveApp, mismatches, type WantedApp } from "../../../src/component/verification/liveApp.ts";
import { previewSentence, readPreviewSentence } from "../../../src/component/verification/previewSentence.ts";
import type { Cause } from "../../../src/component/verification/readiness.ts";
import { readTargetsSentence, targetsSentence } from "../../../src/component/verification/targetsSentence.ts";
import {
  mismatchSentence,
  notServing,
  previewWarning,
  unreadableSentence,
  waitingSentence,
} from "../../../src/component/verification/verificationSentences.ts";
import type { TargetKind } from "../../../src/config/gateway/targetKinds.ts";

const wanted: WantedApp = { affinity: "sticky", activeRevisionsMode: "Single", transport: "auto" };

describe("reads the live app", () => {
  test("with Azure's casing", () => {
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
  test("affinity that was never set as none", () => {
    expect(
      liveApp({
        configuration: { activeRevisionsMode: "Single", ingress: { transport: "Http", stickySessions: null } },
      }).affinity,
    ).toBe("none");
  });
  test("an empty answer with Azure's defaults, and an app with several revisions", () => {
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

describe("compares the live app with the requested one", () => {
  test("without regard to case", () => {
    expect(mismatches(wanted, { affinity: "sticky", activeRevisionsMode: "single", transport: "Auto" })).toEqual([]);
  });
  test("and finds every property that differs", () => {
    expect(mismatches(wanted, { affinity: "none", activeRevisionsMode: "Multiple", transport: "tcp" })).toEqual([
      { property: "affinity", live: "none", wanted: "sticky" },
      { property: "activeRevisionsMode", live: "Multiple", wanted: "Single" },
      { property: "transport", live: "tcp", wanted: "auto" },
    ]);
  });
});

test("a mismatch: every property with its live and expected value, and the command that corrects it", () => {
  const live = { affinity: "none", activeRevisionsMode: "Multiple", transport: "auto" };
  expect(mismatchSentence("app", mismatches(wanted, live))).toBe(
    "Container app 'app' doesn't match what this stack declares: affinity is none, expected sticky; revision mode is Multiple, expected Single. " +
      "Something outside this stack probably changed it. To correct it, run: pulumi up --refresh",
  );
});

test("an app that cannot be read: the first line of the error, and the role that is enough", () => {
  expect(unreadableSentence("app", new Error("AuthorizationFailed: no\nstack"))).toBe(
    "Session affinity of container app 'app' could not be verified, because reading the app failed: AuthorizationFailed: no. " +
      "If access was denied, give this account the Reader role. Then run: pulumi up --refresh",
  );
});

describe("a preview says what is live and what is requested", () => {
  test("for a live app", () => {
    expect(previewSentence(wanted, { ...wanted, affinity: "none" })).toBe(
      "Session affinity, live: none; after this update: sticky.",
    );
  });
  test("for an app that is not deployed yet", () => {
    expect(previewSentence(wanted, new Error('Code="ResourceNotFound"'))).toBe(
      "Session affinity, live: not deployed yet; after this update: sticky.",
    );
  });
  test("for an unreadable app, with the first line of the error", () => {
    expect(previewSentence(wanted, new Error("AuthorizationFailed: no\nstack"))).toBe(
      "Session affinity, live: could not be read (AuthorizationFailed: no); after this update: sticky.",
    );
  });
  test.each([
    ["sticky", "none"],
    ["none", "sticky"],
  ] as const)("in a sentence that is parsed back into data: live %s, wanted %s", (live, affinity) => {
    const message = previewSentence({ ...wanted, affinity }, { ...wanted, affinity: live });
    expect(readPreviewSentence(`${message}\n`)).toEqual({ live, wanted: affinity });
  });
  test("in a sentence that is parsed back into a phrase if there is no live affinity", () => {
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
const rollBack = "Fix the cause, then run: pulumi up. Or deploy the earlier commit to roll back";
const restart = `If the cause was outside the program and is fixed: az containerapp revision restart ${which} --revision app--2, then pulumi up`;

describe("an app that does not serve what was deployed: what was found, what serves, and what to do", () => {
  test("a failed revision, with the last log line of a replica", () => {
    const cause = { kind: "revision", state: "Failed", reason: "1/1 Container crashing: app" } as const;
    expect(notServing(app, found(cause), { kind: "line", text: "no such file" }).split("\n")).toEqual([
      "Container app 'app' does not serve what was deployed: revision 'app--2' is Failed (1/1 Container crashing: app).",
      "Last log line of a replica: no such file",
      "Revision 'app--1' keeps serving.",
      rollBack,
      restart,
    ]);
  });

  test("an overdue revision; nothing to roll back to if no revision is serving", () => {
    const cause = { kind: "overdue", seconds: 300, state: "Activating", reason: "" } as const;
    expect(notServing(app, found(cause, ""), { kind: "withheld" }).split("\n")).toEqual([
      "Container app 'app' does not serve what was deployed: revision 'app--2' is still Activating after 300 s.",
      "The last log line of a replica contains a secret, so it is not shown.",
      "No revision is serving.",
      "Fix the cause, then run: pulumi up",
      restart,
      "If it only needs more time: pulumi config set readySeconds SECONDS",
    ]);
    const unknown = notServing(app, found({ ...cause, state: "" }), undefined);
    expect(unknown).toContain("revision 'app--2' is not ready after 300 s.");
    const none = notServing(app, found({ ...cause, state: "" }, "", ""), undefined);
    expect(none).toContain("it has no revision after 300 s.");
  });

  test("a failed operation: Azure's reason, or the command that shows it", () => {
    const cause = { kind: "operation", state: "Failed", reason: "no\nsuch image" } as const;
    expect(notServing(app, found(cause), undefined).split("\n")).toEqual([
      "Container app 'app' does not serve what was deployed: its last operation ended in state Failed (no such image).",
      "Revision 'app--1' keeps serving.",
      rollBack,
    ]);
    expect(notServing(app, found({ ...cause, reason: "" }), undefined)).toContain(
      `To see Azure's reason: az monitor activity-log list --resource-id ${id} --status Failed`,
    );
  });

  test("a stopped app", () => {
    expect(notServing(app, found({ kind: "stopped", state: "Stopped" }), undefined).split("\n")).toEqual([
      "Container app 'app' does not serve what was deployed: it is Stopped.",
      `Start it: az resource invoke-action --action start --ids ${id} --api-version 2025-07-01, then pulumi up`,
    ]);
  });
});

const starting = { kind: "starting", revision: "app--2", serving: "app--1", state: "" } as const;

test("a preview's warning: what was found, what serves, and what pulumi up will do", () => {
  expect(previewWarning("app", { kind: "ready" })).toBeUndefined();
  expect(previewWarning("app", starting)).toBe(
    "Container app 'app': revision 'app--2' is not ready; revision 'app--1' is serving. pulumi up waits, and fails if the latest revision does not become ready.",
  );
  expect(previewWarning("app", { ...starting, serving: starting.revision })).toContain(
    "another operation is running; ",
  );
  expect(previewWarning("app", { ...starting, revision: "", serving: "" })).toContain("it has no revision yet; ");
  expect(previewWarning("app", found({ kind: "stopped", state: "Stopped" }))).toContain(
    "fail until the app is started",
  );
  expect(previewWarning("app", found({ kind: "operation", state: "Failed", reason: "no image" }, "", ""))).toBe(
    "Container app 'app': its last operation ended in state Failed (no image); no revision is serving. pulumi up will write the app again.",
  );
});

test("the progress of the wait: what is awaited, its state, and the time", () => {
  expect(waitingSentence(starting, 20, 300)).toBe("Waiting for revision 'app--2' to become ready (20 of 300 s)");
  expect(waitingSentence({ ...starting, state: "Activating" }, 20, 300)).toContain("ready (Activating, 20 of 300 s)");
  expect(waitingSentence({ ...starting, revision: "", serving: "" }, 20, 300)).toContain("the app's first revision (");
  const busy = { ...starting, serving: starting.revision, state: "InProgress" };
  expect(waitingSentence(busy, 20, 300)).toBe("Waiting for another operation to finish (InProgress, 20 of 300 s)");
});

describe("the sentence about the gateway's targets", () => {
  test.each<[TargetKind[], string]>([
    [["http", "stdio"], "MCP targets of the gateway's file: http, stdio."],
    [[], "MCP targets of the gateway's file: none."],
  ])("%j", (kinds, sentence) => {
    expect(targetsSentence(kinds)).toBe(sentence);
    expect(readTargetsSentence(`${sentence}\n`)).toEqual(kinds);
  });

  test("is recognized among other messages", () => expect(readTargetsSentence("MCP targets: http.")).toBeUndefined());
});
