import { describe, expect, test } from "vitest";
import type { Properties } from "../../../../src/delivery/digest/previewDigest.ts";
import type { AffinityForecast } from "../../../../src/delivery/forecast/affinityForecast.ts";
import {
  affinitySentence,
  destructionLines,
  protectionSentences,
} from "../../../../src/delivery/forecast/commentSentences.ts";
import type { Destruction } from "../../../../src/delivery/forecast/destructionForecast.ts";

describe("the sentence about affinity", () => {
  test.each<[AffinityForecast, string]>([
    [{ kind: "first deployment", wanted: "sticky" }, "on from the first request (first deployment)."],
    [{ kind: "first deployment", wanted: "none" }, "off (first deployment)."],
    [{ kind: "stays", wanted: "sticky" }, "stays on."],
    [{ kind: "stays", wanted: "none" }, "stays off."],
    [{ kind: "turns on" }, "**turns on**."],
    [{ kind: "turns off" }, "⚠️ **turns off**."],
    [
      { kind: "drifted", live: "none", wanted: "sticky" },
      "⚠️ **drifted**: the live app has `none`; the next update sets it back to `sticky`.",
    ],
    [
      { kind: "adopted", live: "none" },
      "already `none`: it was changed outside this stack, which now declares the same value.",
    ],
    [{ kind: "removed" }, "⚠️ removed with the app."],
    [{ kind: "unknown", why: "it is hidden" }, "⚠️ unknown: it is hidden."],
  ])("%j", (forecast, sentence) => expect(affinitySentence(forecast)).toBe(sentence));
});

describe("the lines about what an update destroys", () => {
  const lines = (destruction: Partial<Destruction>): string =>
    destructionLines({ lost: [lost("app")], address: "changes", logs: "kept", ...destruction }).join("\n");
  const lost = (kind: Destruction["lost"][number]["kind"], rebuilt = true, because: Properties = {}) => ({
    kind,
    name: "x",
    rebuilt,
    because: Object.entries(because).map(([path, after]) => ({ path, before: "a", after })),
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
    ["**Address:** changes. Clients need the new `url`.", {}],
    ["**The update then fails**", { logs: "name reserved" }],
    ["`pulumi config set deploymentStamp b`", {}],
    ["export the logs", { lost: [lost("workspace")] }],
    ["`x`, the app `x` and 2 more.", { lost: Array.from({ length: 12 }, () => lost("app")) }],
  ])("contain: %s", (text, destruction) => expect(lines(destruction)).toContain(text));

  test("show names and values of the run only in code", () => {
    const hostile = { ...lost("app", true, { "@octocat": "`#1` <b>" }), name: "[a](b)" };
    const outside = lines({ lost: [hostile] }).replaceAll(/(`+)[^`].*?\1/g, "");
    expect(outside).not.toMatch(/@octocat|#1|<b>|\[a\]/);
  });

  test("give the safe way when deletion protection stops the change, unless it is given already", () => {
    expect(protectionSentences(false)).toContain("deploymentStamp b");
    expect(protectionSentences(true)).not.toContain("deploymentStamp b");
    expect(protectionSentences(true)).toContain("set `deletionProtection` to false and deploy that on its own");
  });
});
