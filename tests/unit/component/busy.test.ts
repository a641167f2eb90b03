import { describe, expect, test } from "vitest";
import { busyLimits, isBusy, nextPause } from "../../../src/component/safeguards/busy.ts";

describe("a write that is refused because another operation runs", () => {
  test.each([
    ['Status=409 Code="ContainerAppOperationInProgress" Message="Cannot modify"', true],
    ["ERROR CODE: ManagedEnvironmentOperationInProgress", true],
    ['Status=409 Code="Conflict" Message="already exists"', false],
    ['Status=403 Code="AuthorizationFailed" Message="no"', false],
    ["", false],
  ])("%s: %s", (message, busy) => {
    expect(isBusy(message)).toBe(busy);
  });

  const limits = busyLimits({});
  test("is retried with pauses that double up to 15 s, for at most 10 minutes", () => {
    expect([1, 2, 3, 4, 5, 9].map((failures) => nextPause(failures, 0, limits))).toEqual([2, 4, 8, 15, 15, 15]);
    expect(nextPause(40, 584, limits)).toBe(15);
    expect(nextPause(40, 585, limits)).toBeUndefined();
  });
  test("has the limits of the affinity step", () => {
    expect(busyLimits({ AFFINITY_LIMIT_SECONDS: "5", AFFINITY_RETRY_SECONDS: "1" })).toEqual({
      limitSeconds: 5,
      firstPauseSeconds: 1,
    });
    expect(busyLimits({ AFFINITY_LIMIT_SECONDS: "many", AFFINITY_RETRY_SECONDS: "-1" })).toEqual(limits);
  });
});
