import { describe, expect, test } from "vitest";
import type { PreviewDigest, Properties } from "../../../src/delivery/digest/previewDigest.ts";
import { forecastAffinity } from "../../../src/delivery/forecast/affinityForecast.ts";
import { sessionsLine } from "../../../src/delivery/forecast/forecastLines.ts";
import { forecastSessions, type SessionsForecast } from "../../../src/delivery/forecast/sessionsForecast.ts";
import { app, command, digest, step } from "./digests.ts";

/** An app with these settings of its ingress. */
const served = (ingress: Properties | undefined): Properties => ({
  ...app("sticky"),
  configuration:
    ingress === undefined ? {} : { ingress: { external: true, stickySessions: { affinity: "sticky" }, ...ingress } },
});
const updated = (before: Properties, after: Properties): PreviewDigest => digest(step("update", "app", before, after));
const range = [{ name: "allow-1", action: "Allow", ipAddressRange: "10.0.0.0/8" }];

describe("what a change of the ingress does to live sessions", () => {
  const sessions = (preview: PreviewDigest) => forecastSessions(preview, forecastAffinity(preview));

  test.each<[string, Properties | undefined, Properties | undefined, SessionsForecast]>([
    ["no ingress any more: the address goes", {}, undefined, { kind: "address goes", what: "ingress", op: "delete" }],
    ["internal: the address changes", {}, { external: false }, { kind: "address changes", to: "internal" }],
    ["external: the address changes", { external: false }, {}, { kind: "address changes", to: "external" }],
    ["another port", { targetPort: 8080 }, { targetPort: 9090 }, refused("targetPort")],
    ["another transport", {}, { transport: "http2" }, refused("transport")],
    ["plain http is redirected", { allowInsecure: true }, { allowInsecure: false }, refused("allowInsecure")],
    ["client certificates are asked for", {}, { clientCertificateMode: "require" }, refused("clientCertificateMode")],
    ["ranges that may connect", {}, { ipSecurityRestrictions: range }, refused("ipSecurityRestrictions")],
    ["plain http is served as well", {}, { allowInsecure: true }, { kind: "nothing" }],
    ["client certificates are taken", {}, { clientCertificateMode: "accept" }, { kind: "nothing" }],
    ["everybody may connect", { ipSecurityRestrictions: range }, {}, { kind: "nothing" }],
    ["defaults, as Azure writes them", {}, { transport: "Auto", clientCertificateMode: "Ignore" }, { kind: "nothing" }],
  ])("%s", (_title, before, after, expected) =>
    expect(sessions(updated(served(before), served(after)))).toEqual(expected),
  );

  function refused(setting: string): SessionsForecast {
    return { kind: "nothing", refusing: [`configuration.ingress.${setting}`] };
  }

  test.each<[path: string, SessionsForecast]>([
    ["configuration.ingress.external", { kind: "address changes", to: "another" }],
    ["configuration.ingress.targetPort", refused("targetPort")],
    [
      "configuration.ingress.ipSecurityRestrictions[0].ipAddressRange",
      refused("ipSecurityRestrictions[0].ipAddressRange"),
    ],
    ["configuration.maxInactiveRevisions", { kind: "nothing" }],
  ])("hidden by a secret, the path that the provider names decides: %s", (path, expected) => {
    const preview = digest(
      step("refresh", "command", command("sticky"), command("sticky")),
      step("update", "app", app("hidden"), app("hidden"), [path]),
    );
    expect(sessions(preview)).toEqual(expected);
  });

  test("hidden by a secret, without a path: cannot be told, also where affinity can", () => {
    const preview = digest(step("update", "app", app("hidden"), app("hidden"), ["configuration"]));
    expect(forecastSessions(preview, { kind: "stays", wanted: "sticky" }).kind).toBe("unknown");
  });

  test("an app whose configuration the preview does not show cannot be told to have no sessions", () => {
    expect(sessions(updated({}, {})).kind).toBe("unknown");
  });

  test("a new revision says as well that clients may be refused", () => {
    const after = { ...served({ targetPort: 9090 }), template: app("sticky", "gateway:2").template };
    expect(sessions(updated(served({ targetPort: 8080 }), after))).toEqual({
      kind: "new revision",
      because: ["template.containers[0].image"],
      refusing: ["configuration.ingress.targetPort"],
    });
  });
});

describe("the sentence on live sessions", () => {
  const refusing = ["configuration.ingress.targetPort"];
  const refused = "⚠️ **Clients may be refused** from then on (changed: `configuration.ingress.targetPort`).";

  test.each<[SessionsForecast, string]>([
    [{ kind: "nothing" }, "nothing happens to them."],
    [{ kind: "nothing", refusing }, `the replicas stay. ${refused}`],
    [
      { kind: "new revision", because: ["template.x"], refusing },
      `⚠️ **a new revision ends them** on gateways that cannot resume sessions (changed: \`template.x\`). ${refused}`,
    ],
    [
      { kind: "address changes", to: "internal" },
      "⚠️ the address changes to an internal one: **all of them end** for clients that use the one of today.",
    ],
    [
      { kind: "address changes", to: "another" },
      "⚠️ the address changes: **all of them end** for clients that use the one of today.",
    ],
    [{ kind: "address goes", what: "ingress", op: "delete" }, "⚠️ the ingress is deleted: **all of them end**."],
  ])("%j", (forecast, sentence) => expect(sessionsLine(forecast)).toBe(sentence));
});
