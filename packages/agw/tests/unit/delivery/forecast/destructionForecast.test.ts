import { describe, expect, test } from "vitest";
import { type PreviewStep, type Properties, unknownValue } from "../../../../src/delivery/digest/previewDigest.ts";
import { forecastAffinity } from "../../../../src/delivery/forecast/affinityForecast.ts";
import { type Destruction, forecastDestruction } from "../../../../src/delivery/forecast/destructionForecast.ts";
import { forecastClients } from "../../../../src/delivery/forecast/sessionsForecast.ts";
import { app, digest, step } from "../digests.ts";

type What = "group" | "workspace" | "environment" | "app";

const named: Record<What, Properties> = {
  group: { resourceGroupName: "rg", location: "eastus2" },
  workspace: { workspaceName: "logs", resourceGroupName: "rg", location: "eastus2" },
  environment: { environmentName: "env", resourceGroupName: "rg" },
  app: { ...app("sticky"), containerAppName: "app", environmentId: "/env" },
};

const destroyed = (what: What): PreviewStep => step("delete", what, named[what]);
const stays = (what: What): PreviewStep => step("refresh", what, named[what], named[what]);

/** A replacement caused by these properties; without any, by another resource. */
function replaced(what: What, because: Properties = {}, after: Properties = {}): PreviewStep {
  const kinds = Object.fromEntries(Object.keys(because).map((path) => [path, { kind: "update-replace" }]));
  const plain = step("replace", what, named[what], { ...named[what], ...after, ...because });
  return { ...plain, detailedDiff: Object.keys(because).length === 0 ? null : kinds };
}

const inNewGroup = { resourceGroupName: unknownValue };
const moved = (because: Properties, workspace: Properties = {}): PreviewStep[] => [
  replaced("group", because),
  replaced("workspace", {}, { ...inNewGroup, ...workspace }),
  replaced("environment", {}, inNewGroup),
  replaced("app", {}, { environmentId: unknownValue }),
];
const all = ["resource group", "workspace", "environment", "app"];

const rows: [string, PreviewStep[], string[], string[], Destruction["address"], Destruction["logs"]][] = [
  ["another location", moved({ location: "b" }, { location: "b" }), all, ["location"], "changes", "name reserved"],
  [
    "another location, known only for the resource group",
    moved({ location: "b" }, { location: unknownValue }),
    all,
    ["location"],
    "changes",
    "name reserved",
  ],
  [
    "the same location, spelled differently",
    moved({ location: "East US 2" }, { location: "East US 2" }),
    all,
    ["location"],
    "changes",
    "recovered",
  ],
  ["another resource group", moved({ resourceGroupName: "b" }), all, ["resourceGroupName"], "changes", "deleted"],
  [
    "another location, and another name for the workspace",
    moved({ location: "b" }, { location: "b", workspaceName: "b" }),
    all,
    ["location"],
    "changes",
    "deleted",
  ],
  [
    "another environment",
    [replaced("environment", { environmentName: "b" }), replaced("app", {}, { environmentId: unknownValue })],
    ["environment", "app"],
    ["environmentName"],
    "changes",
    "kept",
  ],
  [
    "another name for the app",
    [replaced("app", { containerAppName: "b" })],
    ["app"],
    ["containerAppName"],
    "changes",
    "kept",
  ],
  [
    "the app moves to another environment",
    [replaced("app", { environmentId: "/b" })],
    ["app"],
    ["environmentId"],
    "changes",
    "kept",
  ],
  ["the app is rebuilt at its address", [replaced("app", { location: "b" })], ["app"], ["location"], "returns", "kept"],
  [
    "the app is rebuilt and its ingress becomes internal",
    [replaced("app", { location: "b" }, { configuration: { ingress: { external: false } } })],
    ["app"],
    ["location"],
    "changes",
    "kept",
  ],
  [
    "the app is rebuilt without ingress",
    [replaced("app", { location: "b" }, { configuration: {} })],
    ["app"],
    ["location"],
    "removed",
    "kept",
  ],
  [
    "another workspace",
    [replaced("workspace", { workspaceName: "b" })],
    ["workspace"],
    ["workspaceName"],
    "stays",
    "deleted",
  ],
  ["the workspace is deleted", [destroyed("workspace"), stays("app")], ["workspace"], [], "stays", "deleted"],
  [
    "the resource group is deleted with everything in it",
    [destroyed("group"), stays("workspace"), stays("app")],
    ["resource group"],
    [],
    "removed",
    "deleted",
  ],
  [
    "the resource group is deleted; the stack has no workspace",
    [destroyed("group"), stays("app")],
    ["resource group"],
    [],
    "removed",
    "kept",
  ],
  [
    "the environment is deleted under the app",
    [destroyed("environment"), stays("app")],
    ["environment"],
    [],
    "removed",
    "kept",
  ],
  ["the app is deleted", [destroyed("app")], ["app"], [], "removed", "kept"],
];

describe("what an update destroys in a deployed stack", () => {
  test.each(rows)("%s", (_title, steps, kinds, because, address, logs) => {
    const found = forecastDestruction(digest(...steps));
    expect(found?.lost.map(({ kind }) => kind)).toEqual(kinds);
    expect(found?.lost.flatMap((one) => one.because.map(({ path }) => path))).toEqual(because);
    expect(found).toMatchObject({ address, logs });
  });

  test("names each resource as Azure does, with the values of the property that causes it", () => {
    expect(forecastDestruction(digest(...moved({ location: "b" })))?.lost).toEqual([
      {
        kind: "resource group",
        name: "rg",
        rebuilt: true,
        because: [{ path: "location", before: "eastus2", after: "b" }],
      },
      { kind: "workspace", name: "logs", rebuilt: true, because: [] },
      { kind: "environment", name: "env", rebuilt: true, because: [] },
      { kind: "app", name: "app", rebuilt: true, because: [] },
    ]);
    const computed = forecastDestruction(digest(replaced("app", { environmentId: unknownValue })));
    expect(computed?.lost[0]?.because).toEqual([{ path: "environmentId", before: "/env", after: undefined }]);
  });

  test("falls back to the id, then to the logical name, if the inputs have no name", () => {
    const bare = step("delete", "environment", {});
    const withId = {
      ...bare,
      oldState: { type: "azure-native:app:ManagedEnvironment", id: "/a/b/live-env", inputs: {} },
    };
    expect(forecastDestruction(digest(withId))?.lost[0]?.name).toBe("live-env");
    expect(forecastDestruction(digest(bare))?.lost[0]?.name).toBe("gateway-environment");
  });

  test("uses Pulumi's list of reasons if the provider gives no paths", () => {
    const plain = { ...replaced("environment"), replaceReasons: ["zoneRedundant"] };
    expect(forecastDestruction(digest(plain))?.lost[0]?.because.map(({ path }) => path)).toEqual(["zoneRedundant"]);
  });

  test.each([
    [
      "a first deployment",
      [step("create", "group", undefined, named.group), step("create", "app", undefined, named.app)],
    ],
    ["an update in place", [step("update", "app", named.app, app("none"))]],
    [
      "an app that was deleted outside the stack and is recreated",
      [step("delete", "app", named.app), step("create", "app", undefined, named.app)],
    ],
    ["a replaced command", [step("replace", "command", {}, {})]],
    ["a pulumi destroy", [destroyed("app"), destroyed("group"), step("delete", "stack", {})]],
  ])("finds nothing in %s", (_title, steps) => {
    expect(forecastDestruction(digest(...steps))).toBeUndefined();
  });

  test("sessions and affinity end with a deleted resource group, even if the preview keeps the app", () => {
    const preview = digest(destroyed("group"), stays("app"));
    const affinity = forecastAffinity(preview);
    expect(affinity).toEqual({ kind: "removed" });
    expect(forecastClients(preview, affinity).sessions).toEqual({
      kind: "address lost",
      what: "resource group",
      op: "delete",
    });
  });

  test("a replaced workspace doesn't affect sessions", () => {
    const preview = digest(replaced("workspace", { workspaceName: "b" }), stays("app"));
    expect(forecastClients(preview, forecastAffinity(preview)).sessions).toEqual({
      kind: "unaffected",
      elsewhere: false,
    });
  });
});
