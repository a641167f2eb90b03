import { describe, expect, test } from "vitest";
import { previewSentence } from "../../../../../src/component/verification/previewSentence.ts";
import type { PreviewDigest } from "../../../src/delivery/digest/previewDigest.ts";
import { type AffinityForecast, forecastAffinity } from "../../../src/delivery/forecast/affinityForecast.ts";
import { affinityLine, sessionsLine } from "../../../src/delivery/forecast/forecastLines.ts";
import { forecastSessions, type SessionsForecast } from "../../../src/delivery/forecast/sessionsForecast.ts";
import { app, command, digest, step } from "./digests.ts";

const affinityPath = "configuration.ingress.stickySessions.affinity";

const rows: [title: string, preview: PreviewDigest, affinity: AffinityForecast, sessions: SessionsForecast["kind"]][] =
  [
    [
      "first deployment, affinity on",
      digest(step("create", "app", undefined, app("sticky"))),
      { kind: "first deployment", wanted: "sticky" },
      "none yet",
    ],
    [
      "first deployment without sticky sessions is affinity off",
      digest(step("create", "app", undefined, app("unset"))),
      { kind: "first deployment", wanted: "none" },
      "none yet",
    ],
    [
      "first deployment with a hidden configuration: the command says what is wanted",
      digest(step("create", "app", undefined, app("hidden")), step("create", "command", undefined, command("sticky"))),
      { kind: "first deployment", wanted: "sticky" },
      "none yet",
    ],
    [
      "first deployment with a hidden configuration, and nothing that says what is wanted",
      digest(step("create", "app", undefined, app("hidden"))),
      { kind: "unknown", why: "the preview hides the new app's configuration" },
      "none yet",
    ],
    [
      "recorded sticky, turned off outside, and now asked to be off: adopted",
      digest(
        step("refresh", "app", app("sticky"), app("none")),
        step("update", "app", app("none"), app("none", "gateway:2"), ["template"]),
      ),
      { kind: "adopted", live: "none" },
      "new revision",
    ],
    [
      "the same, where nothing else differs: only the refresh shows it",
      digest(step("refresh", "app", app("sticky"), app("none"))),
      { kind: "adopted", live: "none" },
      "nothing",
    ],
    [
      "first deployment without ingress is affinity off",
      digest(step("create", "app", undefined, { configuration: {} })),
      { kind: "first deployment", wanted: "none" },
      "none yet",
    ],
    [
      "a new image of an app without ingress: affinity stays off, nobody is connected",
      digest(step("update", "app", { configuration: {} }, { configuration: {}, template: {} }, ["template"])),
      { kind: "stays", wanted: "none" },
      "none yet",
    ],
    [
      "a first ingress, with affinity: nobody was there before",
      digest(step("update", "app", { configuration: {} }, app("sticky"), ["configuration.ingress"])),
      { kind: "turns on" },
      "none yet",
    ],
    [
      "only refresh steps: affinity stays",
      digest(step("refresh", "app", app("sticky"), app("sticky"))),
      { kind: "stays", wanted: "sticky" },
      "nothing",
    ],
    [
      "only refresh steps with a hidden configuration: the command says what stays",
      digest(
        step("refresh", "app", app("hidden"), app("hidden")),
        step("refresh", "command", command("none"), command("none")),
      ),
      { kind: "stays", wanted: "none" },
      "nothing",
    ],
    [
      "a new image: affinity stays, a new revision ends sessions",
      digest(
        step("refresh", "app", app("sticky"), app("sticky")),
        step("update", "app", app("sticky"), app("sticky", "gateway:2"), ["template"]),
      ),
      { kind: "stays", wanted: "sticky" },
      "new revision",
    ],
    [
      "asked to turn off",
      digest(
        step("refresh", "app", app("sticky"), app("sticky")),
        step("update", "app", app("sticky"), app("none"), [affinityPath]),
      ),
      { kind: "turns off" },
      "unpinned",
    ],
    [
      "asked to turn off, without refresh",
      digest(step("update", "app", app("sticky"), app("none"), [affinityPath])),
      { kind: "turns off" },
      "unpinned",
    ],
    [
      "asked to turn on",
      digest(
        step("refresh", "app", app("none"), app("none")),
        step("update", "app", app("none"), app("sticky"), [affinityPath]),
      ),
      { kind: "turns on" },
      "pinned anew",
    ],
    [
      "asked to turn off with a new image: both lines say so",
      digest(step("update", "app", app("sticky"), app("none", "gateway:2"), [affinityPath, "template"])),
      { kind: "turns off" },
      "new revision",
    ],
    [
      "recorded sticky, live none, wanted sticky: drift",
      digest(
        step("refresh", "app", app("sticky"), app("sticky")),
        step("update", "app", app("none"), app("sticky"), [affinityPath]),
      ),
      { kind: "drifted", live: "none", wanted: "sticky" },
      "pinned anew",
    ],
    [
      "drift that the engine shows as an update in the place of the refresh",
      digest(
        step("update", "app", app("sticky"), app("none"), [affinityPath]),
        step("update", "app", app("none"), app("sticky"), [affinityPath]),
      ),
      { kind: "drifted", live: "none", wanted: "sticky" },
      "pinned anew",
    ],
    [
      "live has no sticky sessions at all: drift",
      digest(
        step("refresh", "app", app("sticky"), app("sticky")),
        step("update", "app", app("unset"), app("sticky"), [affinityPath]),
      ),
      { kind: "drifted", live: "none", wanted: "sticky" },
      "pinned anew",
    ],
    [
      "recorded none, turned on outside, wanted none: drift the other way",
      digest(
        step("refresh", "app", app("none"), app("none")),
        step("update", "app", app("sticky"), app("none"), [affinityPath]),
      ),
      { kind: "drifted", live: "sticky", wanted: "none" },
      "unpinned",
    ],
    [
      "hidden configuration, command unchanged, the provider names the affinity's path: drift",
      digest(
        step("refresh", "app", app("hidden"), app("hidden")),
        step("refresh", "command", command("sticky"), command("sticky")),
        step("update", "app", app("hidden"), app("hidden"), [affinityPath]),
      ),
      { kind: "drifted", live: "none", wanted: "sticky" },
      "pinned anew",
    ],
    [
      "hidden configuration, command changes: asked to turn off",
      digest(
        step("refresh", "command", command("sticky"), command("sticky")),
        step("update", "app", app("hidden"), app("hidden"), [affinityPath]),
        step("update", "command", command("sticky"), command("none"), ["environment.AFFINITY"]),
      ),
      { kind: "turns off" },
      "unpinned",
    ],
    [
      "hidden configuration, only the template differs: affinity stays",
      digest(
        step("refresh", "command", command("sticky"), command("sticky")),
        step("update", "app", app("hidden"), app("hidden", "gateway:2"), ["template"]),
      ),
      { kind: "stays", wanted: "sticky" },
      "new revision",
    ],
    [
      "hidden configuration that differs somewhere: cannot be told",
      digest(
        step("refresh", "command", command("sticky"), command("sticky")),
        step("update", "app", app("hidden"), app("hidden"), ["configuration"]),
      ),
      { kind: "unknown", why: "the app's configuration changes, and a secret in it makes the preview hide all of it" },
      "unknown",
    ],
    [
      "the app is replaced: affinity stays, the address goes",
      digest(step("replace", "app", app("sticky"), app("sticky"), ["location"])),
      { kind: "stays", wanted: "sticky" },
      "address goes",
    ],
    [
      "the environment is replaced, the app is shown as updated: the address goes",
      digest(
        step("replace", "environment", { location: "a" }, { location: "b" }),
        step("update", "app", app("sticky"), app("sticky")),
      ),
      { kind: "stays", wanted: "sticky" },
      "address goes",
    ],
    ["the app is deleted", digest(step("delete", "app", app("sticky"))), { kind: "removed" }, "address goes"],
  ];

describe("forecast of a preview: does not prove that the update does what the preview says", () => {
  test.each(rows)("%s", (_title, preview, affinity, sessions) => {
    const forecast = forecastAffinity(preview);
    expect(forecast).toEqual(affinity);
    expect(forecastSessions(preview, forecast).kind).toBe(sessions);
  });

  test.each<[Parameters<typeof step>, SessionsForecast]>([
    [["delete", "app", app("sticky")], { kind: "address goes", what: "app", op: "delete" }],
    [["replace", "app", app("sticky"), app("sticky")], { kind: "address goes", what: "app", op: "replace" }],
    [["delete", "environment", {}], { kind: "address goes", what: "environment", op: "delete" }],
    [["replace", "environment", {}, {}], { kind: "address goes", what: "environment", op: "replace" }],
    [["replace", "command", command("sticky"), command("sticky")], { kind: "nothing" }],
  ])("sessions end with the app or its environment, and with nothing else: %j", (given, sessions) => {
    const preview = digest(step("refresh", "app", app("sticky"), app("sticky")), step(...given));
    expect(forecastSessions(preview, forecastAffinity(preview))).toEqual(sessions);
  });

  test("a new revision names the parts of the template that differ", () => {
    const preview = digest(step("update", "app", app("sticky"), app("sticky", "gateway:2"), ["template"]));
    expect(forecastSessions(preview, forecastAffinity(preview))).toEqual({
      kind: "new revision",
      because: ["template.containers[0].image"],
    });
  });

  test.each([
    ["none", "sticky", { kind: "drifted", live: "none", wanted: "sticky" }],
    ["sticky", "sticky", { kind: "stays", wanted: "sticky" }],
  ] as const)(
    "hidden configuration that differs: what verification said of the live app decides (%s, %s)",
    (live, wanted, expected) => {
      const preview = digest(
        step("refresh", "command", command("sticky"), command("sticky")),
        step("update", "app", app("hidden"), app("hidden"), ["configuration"]),
      );
      const message = previewSentence(
        { affinity: wanted, activeRevisionsMode: "Single", transport: "auto" },
        { affinity: live, activeRevisionsMode: "Single", transport: "auto" },
      );
      expect(forecastAffinity({ ...preview, diagnostics: [{ severity: "info", message: `${message}\n` }] })).toEqual(
        expected,
      );
    },
  );

  test.each<[AffinityForecast, string]>([
    [{ kind: "first deployment", wanted: "sticky" }, "first deployment: on from its first answer."],
    [{ kind: "first deployment", wanted: "none" }, "first deployment: off from its first answer."],
    [{ kind: "stays", wanted: "sticky" }, "stays on."],
    [{ kind: "stays", wanted: "none" }, "stays off."],
    [{ kind: "turns on" }, "**turns on**."],
    [{ kind: "turns off" }, "⚠️ **turns off**."],
    [{ kind: "adopted", live: "none" }, "was changed outside to `none`, which is what the stack now asks for as well."],
    [{ kind: "removed" }, "⚠️ the app is deleted, and its affinity with it."],
    [{ kind: "unknown", why: "it is hidden" }, "⚠️ cannot be told: it is hidden."],
  ])("%j is said in a sentence", (forecast, sentence) => expect(affinityLine(forecast)).toBe(sentence));

  test("of many differing paths the first five are named", () => {
    const line = (count: number) =>
      sessionsLine({ kind: "new revision", because: Array.from({ length: count }, (_, i) => `p${i}`) });
    expect(line(5)).toContain("(changed: `p0`, `p1`, `p2`, `p3`, `p4`).");
    expect(line(6)).toContain("(changed: `p0`, `p1`, `p2`, `p3`, `p4`, …).");
  });

  test("a preview without a Container App says that nothing can be told", () => {
    expect(forecastAffinity({ steps: [] }).kind).toBe("unknown");
  });
});
