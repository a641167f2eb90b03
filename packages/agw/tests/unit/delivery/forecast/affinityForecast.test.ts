import { describe, expect, test } from "vitest";
import { previewSentence } from "../../../../../../src/component/verification/previewSentence.ts";
import type { PreviewDigest } from "../../../../src/delivery/digest/previewDigest.ts";
import { type AffinityForecast, forecastAffinity } from "../../../../src/delivery/forecast/affinityForecast.ts";
import { forecastClients, type SessionsForecast } from "../../../../src/delivery/forecast/sessionsForecast.ts";
import { app, command, digest, step } from "../digests.ts";

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
      "first deployment with affinity unset: affinity is off",
      digest(step("create", "app", undefined, app("unset"))),
      { kind: "first deployment", wanted: "none" },
      "none yet",
    ],
    [
      "first deployment with a hidden configuration: the affinity command shows what is wanted",
      digest(step("create", "app", undefined, app("hidden")), step("create", "command", undefined, command("sticky"))),
      { kind: "first deployment", wanted: "sticky" },
      "none yet",
    ],
    [
      "first deployment with a hidden configuration, and nothing else that shows what is wanted",
      digest(step("create", "app", undefined, app("hidden"))),
      { kind: "unknown", why: "the preview hides the new app's configuration" },
      "none yet",
    ],
    [
      "recorded sticky, turned off outside the stack, now wanted off: adopted",
      digest(
        step("refresh", "app", app("sticky"), app("none")),
        step("update", "app", app("none"), app("none", "gateway:2"), ["template"]),
      ),
      { kind: "adopted", live: "none" },
      "new revision",
    ],
    [
      "the same, with no other change: only the refresh shows it",
      digest(step("refresh", "app", app("sticky"), app("none"))),
      { kind: "adopted", live: "none" },
      "unaffected",
    ],
    [
      "first deployment without ingress: affinity is off",
      digest(step("create", "app", undefined, { configuration: {} })),
      { kind: "first deployment", wanted: "none" },
      "none yet",
    ],
    [
      "a new image for an app without ingress: affinity stays off, no client is connected",
      digest(step("update", "app", { configuration: {} }, { configuration: {}, template: {} }, ["template"])),
      { kind: "stays", wanted: "none" },
      "none yet",
    ],
    [
      "a first ingress, with affinity: no client was connected before",
      digest(step("update", "app", { configuration: {} }, app("sticky"), ["configuration.ingress"])),
      { kind: "turns on" },
      "none yet",
    ],
    [
      "only refresh steps: affinity stays",
      digest(step("refresh", "app", app("sticky"), app("sticky"))),
      { kind: "stays", wanted: "sticky" },
      "unaffected",
    ],
    [
      "only refresh steps with a hidden configuration: the affinity command shows what stays",
      digest(
        step("refresh", "app", app("hidden"), app("hidden")),
        step("refresh", "command", command("none"), command("none")),
      ),
      { kind: "stays", wanted: "none" },
      "unaffected",
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
      "turned off by the update",
      digest(
        step("refresh", "app", app("sticky"), app("sticky")),
        step("update", "app", app("sticky"), app("none"), [affinityPath]),
      ),
      { kind: "turns off" },
      "unpinned",
    ],
    [
      "turned off by the update, without a refresh",
      digest(step("update", "app", app("sticky"), app("none"), [affinityPath])),
      { kind: "turns off" },
      "unpinned",
    ],
    [
      "turned on by the update",
      digest(
        step("refresh", "app", app("none"), app("none")),
        step("update", "app", app("none"), app("sticky"), [affinityPath]),
      ),
      { kind: "turns on" },
      "pinned",
    ],
    [
      "turned off together with a new image: both forecasts show it",
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
      "pinned",
    ],
    [
      "drift that the engine shows as an update instead of a refresh",
      digest(
        step("update", "app", app("sticky"), app("none"), [affinityPath]),
        step("update", "app", app("none"), app("sticky"), [affinityPath]),
      ),
      { kind: "drifted", live: "none", wanted: "sticky" },
      "pinned",
    ],
    [
      "affinity is unset on the live app: drift",
      digest(
        step("refresh", "app", app("sticky"), app("sticky")),
        step("update", "app", app("unset"), app("sticky"), [affinityPath]),
      ),
      { kind: "drifted", live: "none", wanted: "sticky" },
      "pinned",
    ],
    [
      "recorded none, turned on outside the stack, wanted none: drift the other way",
      digest(
        step("refresh", "app", app("none"), app("none")),
        step("update", "app", app("sticky"), app("none"), [affinityPath]),
      ),
      { kind: "drifted", live: "sticky", wanted: "none" },
      "unpinned",
    ],
    [
      "hidden configuration, affinity command unchanged, the provider reports affinity as changed: drift",
      digest(
        step("refresh", "app", app("hidden"), app("hidden")),
        step("refresh", "command", command("sticky"), command("sticky")),
        step("update", "app", app("hidden"), app("hidden"), [affinityPath]),
      ),
      { kind: "drifted", live: "none", wanted: "sticky" },
      "pinned",
    ],
    [
      "hidden configuration, affinity command changes: turned off by the update",
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
      "hidden configuration with an unknown change: unknown",
      digest(
        step("refresh", "command", command("sticky"), command("sticky")),
        step("update", "app", app("hidden"), app("hidden"), ["configuration"]),
      ),
      { kind: "unknown", why: "the preview hides the app's configuration because it contains a secret" },
      "unknown",
    ],
    [
      "the app is replaced: affinity stays, the address is lost",
      digest(step("replace", "app", app("sticky"), app("sticky"), ["location"])),
      { kind: "stays", wanted: "sticky" },
      "address lost",
    ],
    [
      "the environment is replaced, the app shown as updated: the address is lost",
      digest(
        step("replace", "environment", { location: "a" }, { location: "b" }),
        step("update", "app", app("sticky"), app("sticky")),
      ),
      { kind: "stays", wanted: "sticky" },
      "address lost",
    ],
    ["the app is deleted", digest(step("delete", "app", app("sticky"))), { kind: "removed" }, "address lost"],
  ];

describe("the forecast from a preview (doesn't prove that the update does what the preview says)", () => {
  test.each(rows)("%s", (_title, preview, affinity, sessions) => {
    const forecast = forecastAffinity(preview);
    expect(forecast).toEqual(affinity);
    expect(forecastClients(preview, forecast).sessions.kind).toBe(sessions);
  });

  test.each<[Parameters<typeof step>, SessionsForecast]>([
    [["delete", "app", app("sticky")], { kind: "address lost", what: "app", op: "delete" }],
    [["replace", "app", app("sticky"), app("sticky")], { kind: "address lost", what: "app", op: "replace" }],
    [["delete", "environment", {}], { kind: "address lost", what: "environment", op: "delete" }],
    [["replace", "environment", {}, {}], { kind: "address lost", what: "environment", op: "replace" }],
    [["replace", "command", command("sticky"), command("sticky")], { kind: "unaffected", elsewhere: false }],
  ])("sessions end with the app or its environment, and with no other resource: %j", (given, sessions) => {
    const preview = digest(step("refresh", "app", app("sticky"), app("sticky")), step(...given));
    expect(forecastClients(preview, forecastAffinity(preview)).sessions).toEqual(sessions);
  });

  test("a new revision lists the parts of the template that change", () => {
    const preview = digest(step("update", "app", app("sticky"), app("sticky", "gateway:2"), ["template"]));
    expect(forecastClients(preview, forecastAffinity(preview)).sessions).toEqual({
      kind: "new revision",
      because: ["template.containers[0].image"],
      targets: { kind: "unknown" },
    });
  });

  test.each([
    ["none", "sticky", { kind: "drifted", live: "none", wanted: "sticky" }],
    ["sticky", "sticky", { kind: "stays", wanted: "sticky" }],
  ] as const)(
    "hidden configuration that changes: the verification's message about the live app decides (%s, %s)",
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

  test("a preview without a container app gives an unknown forecast", () => {
    expect(forecastAffinity({ steps: [] }).kind).toBe("unknown");
  });
});
