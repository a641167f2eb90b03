import { describe, expect, test } from "vitest";
import type { PreviewDigest, Properties } from "../../../../src/delivery/digest/previewDigest.ts";
import { forecastAffinity } from "../../../../src/delivery/forecast/affinityForecast.ts";
import { forecastSessions, type SessionsForecast } from "../../../../src/delivery/forecast/sessionsForecast.ts";
import { app, command, digest, step } from "../digests.ts";

/** An app with these ingress settings. */
const served = (ingress: Properties | undefined): Properties => ({
  ...app("sticky"),
  configuration:
    ingress === undefined ? {} : { ingress: { external: true, stickySessions: { affinity: "sticky" }, ...ingress } },
});
const updated = (before: Properties, after: Properties): PreviewDigest => digest(step("update", "app", before, after));
const range = [{ name: "allow-1", action: "Allow", ipAddressRange: "10.0.0.0/8" }];

describe("what a change to the ingress does to live sessions", () => {
  const sessions = (preview: PreviewDigest) => forecastSessions(preview, forecastAffinity(preview));

  test.each<[string, Properties | undefined, Properties | undefined, SessionsForecast]>([
    ["ingress removed: the address is lost", {}, undefined, { kind: "address lost", what: "ingress", op: "delete" }],
    [
      "from external to internal: the address changes",
      {},
      { external: false },
      { kind: "address changes", to: "internal" },
    ],
    [
      "from internal to external: the address changes",
      { external: false },
      {},
      { kind: "address changes", to: "external" },
    ],
    ["another port", { targetPort: 8080 }, { targetPort: 9090 }, refused("targetPort")],
    ["another transport", {}, { transport: "http2" }, refused("transport")],
    ["plain http no longer allowed", { allowInsecure: true }, { allowInsecure: false }, refused("allowInsecure")],
    ["client certificates required", {}, { clientCertificateMode: "require" }, refused("clientCertificateMode")],
    ["address ranges restricted", {}, { ipSecurityRestrictions: range }, refused("ipSecurityRestrictions")],
    ["plain http allowed", {}, { allowInsecure: true }, { kind: "unaffected" }],
    ["client certificates accepted", {}, { clientCertificateMode: "accept" }, { kind: "unaffected" }],
    ["address ranges no longer restricted", { ipSecurityRestrictions: range }, {}, { kind: "unaffected" }],
    [
      "defaults in Azure's spelling",
      {},
      { transport: "Auto", clientCertificateMode: "Ignore" },
      { kind: "unaffected" },
    ],
  ])("%s", (_title, before, after, expected) =>
    expect(sessions(updated(served(before), served(after)))).toEqual(expected),
  );

  function refused(setting: string): SessionsForecast {
    return { kind: "unaffected", refusing: [`configuration.ingress.${setting}`] };
  }

  test.each<[path: string, SessionsForecast]>([
    ["configuration.ingress.external", { kind: "address changes", to: "another" }],
    ["configuration.ingress.targetPort", refused("targetPort")],
    [
      "configuration.ingress.ipSecurityRestrictions[0].ipAddressRange",
      refused("ipSecurityRestrictions[0].ipAddressRange"),
    ],
    ["configuration.maxInactiveRevisions", { kind: "unaffected" }],
  ])("a hidden configuration is judged by the path that the provider reports: %s", (path, expected) => {
    const preview = digest(
      step("refresh", "command", command("sticky"), command("sticky")),
      step("update", "app", app("hidden"), app("hidden"), [path]),
    );
    expect(sessions(preview)).toEqual(expected);
  });

  test("a hidden configuration without a path is unknown, even if affinity is known", () => {
    const preview = digest(step("update", "app", app("hidden"), app("hidden"), ["configuration"]));
    expect(forecastSessions(preview, { kind: "stays", wanted: "sticky" }).kind).toBe("unknown");
  });

  test("a preview that doesn't show the app's configuration is unknown", () => {
    expect(sessions(updated({}, {})).kind).toBe("unknown");
  });

  test("a new revision can also refuse clients", () => {
    const after = { ...served({ targetPort: 9090 }), template: app("sticky", "gateway:2").template };
    expect(sessions(updated(served({ targetPort: 8080 }), after))).toEqual({
      kind: "new revision",
      because: ["template.containers[0].image"],
      refusing: ["configuration.ingress.targetPort"],
    });
  });
});
