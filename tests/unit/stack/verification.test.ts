import { describe, expect, test } from "vitest";
import { compare, liveApp, previewSentence, type WantedApp } from "../../../src/stack/verification.ts";

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
});
