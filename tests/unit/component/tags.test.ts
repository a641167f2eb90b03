import { describe, expect, test } from "vitest";
import { isRecorded, recordNames } from "../../../src/component/live/ownNames.ts";
import { appOwnTags, declaredTags, keepForeignTags, retryTags } from "../../../src/component/live/tags.ts";
import { type AgentGatewayArgs, resolveArgs } from "../../../src/config/args.ts";

const args = (more: Partial<AgentGatewayArgs> = {}) =>
  resolveArgs({
    environment: "dev",
    containerAppName: "app",
    environmentName: "env",
    workspaceName: "logs",
    resourceGroupName: "rg",
    image: "example/image:1",
    ...more,
  });

describe("tags that others have set on a live resource", () => {
  test("are kept, but declared tags win", () => {
    const declared = declaredTags(args({ tags: { owner: "platform" } }));
    const live = { ...declared, owner: "somebody", policy: "set by Azure Policy" };
    expect(keepForeignTags(declared, live)).toEqual({ ...declared, policy: "set by Azure Policy" });
  });
  test("are not added if there are none", () => {
    const declared = declaredTags(args());
    expect(declared).toEqual({ environment: "dev" });
    expect(keepForeignTags(declared, undefined)).toEqual(declared);
  });
  test("exclude tags that the stack declared before and no longer declares, which are dropped", () => {
    const before = declaredTags(args({ tags: { owner: "platform", cost: "42" } }));
    const now = declaredTags(args({ tags: { owner: "platform" } }));
    expect(keepForeignTags(now, { ...before, policy: "p" })).toEqual({ ...now, policy: "p" });
    expect(keepForeignTags(declaredTags(args()), before)).toEqual({ environment: "dev" });
  });
  test("are compared without regard to case, as in Azure", () => {
    const declared = declaredTags(args({ tags: { Owner: "platform" } }));
    expect(keepForeignTags(declared, { owner: "x", Environment: "y" })).toEqual(declared);
  });
  test("exclude the program's own tags", () => {
    const before = { ...declaredTags(args()), ...appOwnTags(args({ acknowledgeNoAffinity: true }), ["a"]) };
    expect(keepForeignTags(declaredTags(args()), before)).toEqual({ environment: "dev" });
  });
});

describe("an app whose last operation failed is written again", () => {
  const failed = { provisioningState: "Failed", systemData: { lastModifiedAt: "2026-11-27T12:00:00Z" } };
  test.each([
    ["failed", failed, { "agentgateway-retry": "2026-11-27T12:00:00Z" }],
    ["cancelled, without a time", { provisioningState: "Canceled" }, { "agentgateway-retry": "unknown" }],
    ["succeeded", { ...failed, provisioningState: "Succeeded" }, {}],
    ["missing", undefined, {}],
  ])("%s", (_what, live, tags) => {
    expect(retryTags(live)).toEqual(tags);
  });
  test("because of a tag that stays, so that the next update changes nothing", () => {
    const written = { ...declaredTags(args()), ...retryTags(failed) };
    expect(
      keepForeignTags({ ...declaredTags(args()), ...retryTags({ provisioningState: "Succeeded" }) }, written),
    ).toEqual(written);
  });
});

describe("names recorded in a tag", () => {
  const names = Array.from({ length: 60 }, (_, index) => `name-${index}`);
  test("fit into a tag's 256 characters: only the first 51 names are recorded", () => {
    const tag = recordNames(names);
    expect(tag.length).toBeLessThanOrEqual(256);
    expect(names.filter((name) => isRecorded(tag, name))).toHaveLength(51);
  });
  test("do not depend on order or case; without a tag nothing is recorded", () => {
    expect(recordNames(["b", "a"])).toBe(recordNames(["a", "b"]));
    expect(isRecorded(recordNames(["Owner"]), "owner")).toBe(true);
    expect(isRecorded(undefined, "owner")).toBe(false);
    expect(isRecorded(recordNames(["a"]), "b")).toBe(false);
  });
});
