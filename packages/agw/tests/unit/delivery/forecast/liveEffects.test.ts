import { describe, expect, test } from "vitest";
import type { PreviewDigest, Properties } from "../../../../src/delivery/digest/previewDigest.ts";
import { forecastAffinity } from "../../../../src/delivery/forecast/affinityForecast.ts";
import type { CutOff } from "../../../../src/delivery/forecast/liveEffects.ts";
import { type ClientsForecast, forecastClients } from "../../../../src/delivery/forecast/sessionsForecast.ts";
import { app, command, digest, step } from "../digests.ts";

const clients = (preview: PreviewDigest): ClientsForecast => forecastClients(preview, forecastAffinity(preview));
const updated = (before: Properties, after: Properties, paths?: string[]): PreviewDigest =>
  digest(step("update", "app", before, after, paths));

/** An app with these ingress settings. */
const served = (ingress: Properties | undefined, more: Properties = {}): Properties => ({
  ...app("sticky"),
  configuration:
    ingress === undefined
      ? more
      : { ingress: { external: true, stickySessions: { affinity: "sticky" }, ...ingress }, ...more },
});
const sessionsGoOn = { kind: "unaffected", elsewhere: true } as const;
const nothing: ClientsForecast = { sessions: { kind: "unaffected", elsewhere: false }, cuts: [], unknown: [] };
const cut = (how: CutOff["how"], paths: string[], names: string[] = []): ClientsForecast => ({
  sessions: sessionsGoOn,
  cuts: [{ how, names, paths }],
  unknown: [],
});

describe("a change of the app's ingress", () => {
  const range = [{ name: "allow-1", action: "Allow", ipAddressRange: "10.0.0.0/8" }];
  const refused = (...settings: string[]) =>
    cut(
      "refused",
      settings.map((setting) => `configuration.ingress.${setting}`),
    );
  const domain = (name: string, more: Properties = {}) => ({ name, bindingType: "SniEnabled", ...more });
  const madeUp = {
    name: "gateway-app",
    type: "azure-native:app:ContainerApp",
    op: "update" as const,
    path: "configuration.ingress.madeUp",
  };
  const port = (targetPort: number) => ({ external: false, targetPort });

  test.each<[string, Properties, Properties, ClientsForecast]>([
    ["another port", { targetPort: 8080 }, { targetPort: 9090 }, refused("targetPort")],
    ["another exposed port", {}, { exposedPort: 5000 }, refused("exposedPort")],
    ["another transport", {}, { transport: "http2" }, refused("transport")],
    ["plain http no longer allowed", { allowInsecure: true }, { allowInsecure: false }, refused("allowInsecure")],
    ["plain http allowed", {}, { allowInsecure: true }, nothing],
    ["client certificates required", {}, { clientCertificateMode: "require" }, refused("clientCertificateMode")],
    ["client certificates accepted", {}, { clientCertificateMode: "accept" }, nothing],
    [
      "address ranges restricted",
      {},
      { ipSecurityRestrictions: range },
      refused(
        "ipSecurityRestrictions[0].name",
        "ipSecurityRestrictions[0].action",
        "ipSecurityRestrictions[0].ipAddressRange",
      ),
    ],
    ["address ranges no longer restricted", { ipSecurityRestrictions: range }, {}, nothing],
    ["defaults in Azure's spelling", {}, { transport: "Auto", clientCertificateMode: "Ignore" }, nothing],
    ["a policy for browsers", {}, { corsPolicy: { maxAge: 1 } }, refused("corsPolicy.maxAge")],
    [
      "one of two more ports taken away",
      { additionalPortMappings: [port(1), port(2)] },
      { additionalPortMappings: [port(1)] },
      refused("additionalPortMappings[1].external", "additionalPortMappings[1].targetPort"),
    ],
    ["one more port", { additionalPortMappings: [port(1)] }, { additionalPortMappings: [port(2), port(1)] }, nothing],
    ["a custom domain added", { customDomains: [domain("a")] }, { customDomains: [domain("b"), domain("a")] }, nothing],
    [
      "the first of two custom domains taken away",
      { customDomains: [domain("a"), domain("b")] },
      { customDomains: [domain("b")] },
      cut(
        "domain",
        [
          "configuration.ingress.customDomains[0].name",
          "configuration.ingress.customDomains[1].name",
          "configuration.ingress.customDomains[1].bindingType",
        ],
        ["a"],
      ),
    ],
    [
      "another certificate of a custom domain",
      { customDomains: [domain("a", { certificateId: "1" })] },
      { customDomains: [domain("a", { certificateId: "2" })] },
      cut("binding", ["configuration.ingress.customDomains[0].certificateId"], ["a"]),
    ],
    [
      "traffic to another revision",
      { traffic: [{ latestRevision: true, weight: 100 }] },
      { traffic: [{ revisionName: "app--1", weight: 100 }] },
      {
        ...nothing,
        sessions: {
          kind: "moves",
          because: ["configuration.ingress.traffic[0].latestRevision", "configuration.ingress.traffic[0].revisionName"],
        },
      },
    ],
    [
      "from external to internal: the address changes",
      {},
      { external: false },
      { ...nothing, sessions: { kind: "address changes", to: "internal" } },
    ],
    [
      "from internal to external: the address changes",
      { external: false },
      {},
      { ...nothing, sessions: { kind: "address changes", to: "external" } },
    ],
    [
      "a setting that the table doesn't know",
      {},
      { madeUp: 1 },
      { sessions: { kind: "unknown", because: [madeUp] }, cuts: [], unknown: [madeUp] },
    ],
  ])("%s", (_title, before, after, expected) =>
    expect(clients(updated(served(before), served(after)))).toEqual(expected),
  );

  test("ingress removed: the address is lost, and other changes of the ingress don't count", () => {
    const sessions = { kind: "address lost", what: "ingress", op: "delete" };
    expect(clients(updated(served({ targetPort: 1 }), served(undefined)))).toEqual({ ...nothing, sessions });
  });

  test("a first ingress: no client was connected before", () => {
    const after = served({ targetPort: 9090 });
    expect(clients(updated(served(undefined), after))).toEqual({ ...nothing, sessions: { kind: "none yet" } });
  });
});

describe("a change of the app", () => {
  test.each<[string, Properties, Properties, ClientsForecast]>([
    ["tags", { tags: { a: "1" } }, { tags: { a: "2", "b.c": "3" } }, nothing],
    [
      "an identity taken away",
      { identity: { type: "SystemAssigned, UserAssigned", userAssignedIdentities: ["/A"] } },
      { identity: { type: "UserAssigned", userAssignedIdentities: ["/a"] } },
      cut("identity", ["identity.type", "identity.userAssignedIdentities[0]"]),
    ],
    [
      "an identity added",
      { identity: { type: "UserAssigned", userAssignedIdentities: { "/a": {} } } },
      { identity: { type: "SystemAssigned,UserAssigned", userAssignedIdentities: ["/a", "/b"] } },
      nothing,
    ],
    ["the region in Azure's spelling", { location: "East US 2" }, { location: "eastus2" }, nothing],
    [
      "another workload profile",
      { workloadProfileName: "a" },
      { workloadProfileName: "b" },
      { ...nothing, sessions: { kind: "moves", because: ["workloadProfileName"] } },
    ],
  ])("%s", (_title, before, after, expected) =>
    expect(clients(updated({ ...served({}), ...before }, { ...served({}), ...after }))).toEqual(expected),
  );

  test("the sign-in to a registry is removed or changed", () => {
    const registries = [
      { server: "a.example", identity: "system" },
      { server: "b.example", username: "u" },
    ];
    const after = [{ server: "b.example", username: "v" }];
    const { cuts } = clients(updated(served({}, { registries }), served({}, { registries: after })));
    expect(cuts).toMatchObject([{ how: "pull", names: ["a.example", "b.example"] }]);
    expect(clients(updated(served({}), served({}, { registries })))).toEqual(nothing);
  });

  test("a new revision, another port and an unknown property are reported separately", () => {
    const after = served({ targetPort: 9090 }, { dapr: { appId: "x" } });
    const preview = updated(served({ targetPort: 8080 }), { ...after, template: app("sticky", "gateway:2").template });
    expect(clients(preview)).toMatchObject({
      sessions: { kind: "new revision", because: ["template.containers[0].image"] },
      cuts: [{ how: "refused", paths: ["configuration.ingress.targetPort"] }],
      unknown: [{ path: "configuration.dapr.appId" }],
    });
  });
});

describe("a hidden configuration is judged by the paths that the provider reports", () => {
  const hidden = (paths: string[], kind = "update") => {
    const change = step("update", "app", app("hidden"), app("hidden"));
    const detailedDiff = Object.fromEntries(paths.map((path) => [path, { kind }]));
    return clients(
      digest(step("refresh", "command", command("sticky"), command("sticky")), { ...change, detailedDiff }),
    );
  };
  const secret = "configuration.secrets[1]";

  test.each<[path: string, kind: string, ClientsForecast]>([
    ["configuration.ingress.external", "update", { ...nothing, sessions: { kind: "address changes", to: "another" } }],
    ["configuration.ingress.targetPort", "update", cut("refused", ["configuration.ingress.targetPort"])],
    [
      "configuration.ingress.customDomains[0].name",
      "delete",
      cut("domain", ["configuration.ingress.customDomains[0].name"]),
    ],
    ["configuration.registries[0].server", "delete", cut("pull", ["configuration.registries[0].server"])],
    ["configuration.maxInactiveRevisions", "update", nothing],
    // A new value of a secret alone restarts nothing.
    [`${secret}.value`, "update", nothing],
    [secret, "add", nothing],
    [secret, "delete", cut("secret", [secret])],
    [`${secret}.name`, "update", cut("secret", [`${secret}.name`])],
    ["configuration.secrets", "update", cut("secret", ["configuration.secrets"])],
  ])("%s (%s)", (path, kind, expected) => expect(hidden([path], kind)).toEqual(expected));

  test.each(["configuration", "configuration.ingress"])("%s alone is unknown, even if affinity is known", (path) => {
    const preview = digest(step("update", "app", app("hidden"), app("hidden"), [path]));
    const { sessions } = forecastClients(preview, { kind: "stays", wanted: "sticky" });
    expect(sessions).toMatchObject({ kind: "unknown", because: [{ path }] });
  });
});

describe("a change of another resource", () => {
  const unknownOf = (preview: PreviewDigest) =>
    clients(preview).unknown.map(({ op, type, path }) => [op, type, path].filter(Boolean).join(" "));

  test.each<[string, Parameters<typeof step>, ClientsForecast]>([
    ["logs go elsewhere", ["update", "diagnostics", { workspaceId: "a" }, { workspaceId: "b" }], nothing],
    ["logs are kept longer", ["update", "workspace", { retentionInDays: 30 }, { retentionInDays: 60 }], nothing],
    [
      "the environment's network",
      ["update", "environment", {}, { peerAuthentication: { mtls: { enabled: true } } }],
      cut("network", ["peerAuthentication.mtls.enabled"]),
    ],
    ["the affinity command runs again", ["update", "command", { stdin: "a" }, { stdin: "b" }], nothing],
    ["the affinity command is removed", ["delete", "command", { stdin: "a" }], nothing],
    ["the stack's outputs", ["update", "stack", {}, {}], nothing],
  ])("%s", (_title, given, expected) =>
    expect(clients(digest(step("refresh", "app", app("sticky"), app("sticky")), step(...given)))).toEqual(expected),
  );

  test("is unknown if the tables don't know its type or operation", () => {
    const authConfig = "azure-native:app:ContainerAppsAuthConfig";
    const foreign = (op: string) => ({ op, urn: `urn:pulumi:prod::p::${authConfig}::auth` });
    const live = step("refresh", "app", app("sticky"), app("sticky"));
    for (const op of ["create", "update", "replace", "delete", "import", "discard"])
      expect(unknownOf(digest(live, foreign(op)))).toEqual([`${op === "discard" ? "other" : op} ${authConfig}`]);
    const another = { ...foreign("create"), urn: "urn:pulumi:prod::p::command:local:Command::x" };
    expect(unknownOf(digest(live, another))).toEqual(["create command:local:Command"]);
    expect(unknownOf(digest(live, step("update", "group", {}, {})))).toEqual([
      "update azure-native:resources:ResourceGroup",
    ]);
    expect(unknownOf(digest(live, step("discard", "environment", {}, {})))).toEqual([
      "other azure-native:app:ManagedEnvironment",
    ]);
    // Nobody is connected yet.
    expect(unknownOf(digest(step("create", "app", undefined, app("sticky")), foreign("create")))).toEqual([]);
  });

  test("an app that is only imported keeps its sessions", () => {
    const preview = digest(step("import", "app", undefined, app("sticky")));
    expect(forecastClients(preview, { kind: "stays", wanted: "sticky" })).toEqual(nothing);
  });
});
