import { describe, expect, test } from "vitest";
import { previewMarkdown } from "../../../src/delivery/comment/previewComment.ts";
import { type PreviewStep, type Properties, unknownValue } from "../../../src/delivery/digest/previewDigest.ts";
import { forecastAffinity } from "../../../src/delivery/forecast/affinityForecast.ts";
import { type Destruction, forecastDestruction } from "../../../src/delivery/forecast/destructionForecast.ts";
import { destructionLines } from "../../../src/delivery/forecast/forecastLines.ts";
import { forecastSessions } from "../../../src/delivery/forecast/sessionsForecast.ts";
import { app, digest, step } from "./digests.ts";

type What = "group" | "workspace" | "environment" | "app";

const named: Record<What, Properties> = {
  group: { resourceGroupName: "rg", location: "eastus2" },
  workspace: { workspaceName: "logs", resourceGroupName: "rg", location: "eastus2" },
  environment: { environmentName: "env", resourceGroupName: "rg" },
  app: { ...app("sticky"), containerAppName: "app", environmentId: "/env" },
};

const destroyed = (what: What): PreviewStep => step("delete", what, named[what]);
const stays = (what: What): PreviewStep => step("refresh", what, named[what], named[what]);

/** A replacement because of these properties; without any, because of another resource. */
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
  ["another location", moved({ location: "b" }, { location: "b" }), all, ["location"], "changes", "name is held"],
  [
    "another location, known of the group only",
    moved({ location: "b" }, { location: unknownValue }),
    all,
    ["location"],
    "changes",
    "name is held",
  ],
  [
    "the same location, written otherwise",
    moved({ location: "East US 2" }, { location: "East US 2" }),
    all,
    ["location"],
    "changes",
    "return",
  ],
  ["another group", moved({ resourceGroupName: "b" }), all, ["resourceGroupName"], "changes", "go"],
  [
    "another location and name of the workspace",
    moved({ location: "b" }, { location: "b", workspaceName: "b" }),
    all,
    ["location"],
    "changes",
    "go",
  ],
  [
    "another environment",
    [replaced("environment", { environmentName: "b" }), replaced("app", {}, { environmentId: unknownValue })],
    ["environment", "app"],
    ["environmentName"],
    "changes",
    "stay",
  ],
  [
    "another name of the app",
    [replaced("app", { containerAppName: "b" })],
    ["app"],
    ["containerAppName"],
    "changes",
    "stay",
  ],
  [
    "the app moves to another environment",
    [replaced("app", { environmentId: "/b" })],
    ["app"],
    ["environmentId"],
    "changes",
    "stay",
  ],
  ["the app is rebuilt at its address", [replaced("app", { location: "b" })], ["app"], ["location"], "returns", "stay"],
  [
    "the app is rebuilt, and its ingress becomes internal",
    [replaced("app", { location: "b" }, { configuration: { ingress: { external: false } } })],
    ["app"],
    ["location"],
    "changes",
    "stay",
  ],
  [
    "the app is rebuilt without ingress",
    [replaced("app", { location: "b" }, { configuration: {} })],
    ["app"],
    ["location"],
    "goes",
    "stay",
  ],
  [
    "another workspace",
    [replaced("workspace", { workspaceName: "b" })],
    ["workspace"],
    ["workspaceName"],
    "stays",
    "go",
  ],
  ["the workspace goes", [destroyed("workspace"), stays("app")], ["workspace"], [], "stays", "go"],
  [
    "the group goes, and all in it",
    [destroyed("group"), stays("workspace"), stays("app")],
    ["resource group"],
    [],
    "goes",
    "go",
  ],
  [
    "the group goes; the stack has no workspace",
    [destroyed("group"), stays("app")],
    ["resource group"],
    [],
    "goes",
    "stay",
  ],
  ["the environment goes under the app", [destroyed("environment"), stays("app")], ["environment"], [], "goes", "stay"],
  ["the app goes", [destroyed("app")], ["app"], [], "goes", "stay"],
];

describe("what an update destroys of a stack that lives", () => {
  test.each(rows)("%s", (_title, steps, kinds, because, address, logs) => {
    const found = forecastDestruction(digest(...steps));
    expect(found?.lost.map(({ kind }) => kind)).toEqual(kinds);
    expect(found?.lost.flatMap((one) => one.because.map(({ path }) => path))).toEqual(because);
    expect(found).toMatchObject({ address, logs });
  });

  test("each by its name in Azure, with the values that the preview shows of what asks for it", () => {
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

  test("by the id, or the logical name, if its inputs do not name it", () => {
    const bare = step("delete", "environment", {});
    const withId = {
      ...bare,
      oldState: { type: "azure-native:app:ManagedEnvironment", id: "/a/b/live-env", inputs: {} },
    };
    expect(forecastDestruction(digest(withId))?.lost[0]?.name).toBe("live-env");
    expect(forecastDestruction(digest(bare))?.lost[0]?.name).toBe("gateway-environment");
  });

  test("Pulumi's list of reasons counts if the provider gives no paths", () => {
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
      "an app that was deleted outside, and is made again",
      [step("delete", "app", named.app), step("create", "app", undefined, named.app)],
    ],
    ["a replaced command", [step("replace", "command", {}, {})]],
    ["a destroy that was asked for", [destroyed("app"), destroyed("group"), step("delete", "stack", {})]],
  ])("nothing is announced of %s", (_title, steps) => {
    expect(forecastDestruction(digest(...steps))).toBeUndefined();
  });

  test("sessions end and affinity goes with a group that is deleted, whatever the steps say of the app", () => {
    const preview = digest(destroyed("group"), stays("app"));
    const affinity = forecastAffinity(preview);
    expect(affinity).toEqual({ kind: "removed" });
    expect(forecastSessions(preview, affinity)).toEqual({ kind: "address goes", what: "resource group", op: "delete" });
  });

  test("sessions do not notice that the workspace is replaced", () => {
    const preview = digest(replaced("workspace", { workspaceName: "b" }), stays("app"));
    expect(forecastSessions(preview, forecastAffinity(preview))).toEqual({ kind: "nothing" });
  });
});

describe("what is said of it", () => {
  const said = (destruction: Partial<Destruction>): string =>
    destructionLines({ lost: [lost("app")], address: "changes", logs: "stay", ...destruction }).join("\n");
  const lost = (kind: Destruction["lost"][number]["kind"], rebuilt = true, because: Properties = {}) => ({
    kind,
    name: "x",
    rebuilt,
    because: Object.entries(because).map(([path, after]) => ({ path, before: "a", after })),
  });

  test("it comes before everything else in the comment", () => {
    const text = previewMarkdown(digest(...moved({ location: "b" }, { location: "b" })), { stack: "prod" });
    expect(
      text
        .split("\n")
        .filter((line) => line.startsWith("- **"))
        .map((line) => line.split(":")[0]),
    ).toEqual(["- **Destroys and rebuilds", "- **Affinity", "- **Live sessions", "- **Steps"]);
  });

  test.each<[string, Partial<Destruction>]>([
    ["the app `x`.", {}],
    ["the app `x`, because `name` changes from `a` to `b`.", { lost: [lost("app", true, { name: "b" })] }],
    [
      "because `p` changes from `a` and `q` changes from `a` to `1`.",
      { lost: [lost("app", true, { p: undefined, q: 1 })] },
    ],
    ["- **Destroys:** ⚠️ the resource group `x` with everything in it.", { lost: [lost("resource group", false)] }],
    ["the environment `x` and the app `x` (not rebuilt).", { lost: [lost("environment"), lost("app", false)] }],
    ["**Address:** changes.", {}],
    ["**the update then fails**", { logs: "name is held" }],
    ["`pulumi config set deploymentStamp b`", {}],
    ["export the logs", { lost: [lost("workspace")] }],
    ["`x`, the app `x` and 2 more.", { lost: Array.from({ length: 12 }, () => lost("app")) }],
  ])("%s", (text, destruction) => expect(said(destruction)).toContain(text));

  test("names and values of the run stand in code", () => {
    const hostile = { ...lost("app", true, { "@octocat": "`#1` <b>" }), name: "[a](b)" };
    const outside = said({ lost: [hostile] }).replaceAll(/(`+)[^`].*?\1/g, "");
    expect(outside).not.toMatch(/@octocat|#1|<b>|\[a\]/);
  });
});
