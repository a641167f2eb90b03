import { beforeAll, describe, expect, test } from "vitest";
import { ArmError } from "../../../src/arm/errors.ts";
import type { Json } from "../../../src/arm/json.ts";
import { createValidator, type Validator } from "../../../src/arm/validate.ts";
import type { AppBody } from "../../../src/types/containerApp/model/app.ts";
import { nextBody } from "../../../src/types/containerApp/rules/nextBody.ts";
import { refusal } from "../../../src/types/containerApp/rules/refusal.ts";
import { revisionSpec } from "../../../src/types/containerApp/writes/revisionSpec.ts";

let validator: Validator;
beforeAll(async () => {
  validator = await createValidator();
});

const environmentId = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.App/managedEnvironments/env";

interface Change {
  readonly configuration?: Json;
  readonly template?: { readonly [name: string]: Json };
  readonly properties?: { readonly [name: string]: Json };
}

function body({ configuration = {}, template = {}, properties = {} }: Change = {}): Json {
  const containers = [{ name: "gateway", image: "example.invalid/gateway:1" }];
  return {
    location: "eastus",
    properties: { environmentId, configuration, template: { containers, ...template }, ...properties },
  };
}

const accepted = (change: Change = {}): AppBody => nextBody(validator, "PUT", body(change), undefined);

function refused(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ArmError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "accepted";
}

describe("a container app's body against the published API models", () => {
  test("reports all problems with their paths, without quoting strings", () => {
    const wrong = body({
      configuration: { ingress: { targetPort: "8080", external: "yes" }, secrets: [{ name: "k", value: 7 }] },
      template: { scale: { minReplicas: "two" }, colour: "blue" },
    });
    const message = refused(() => nextBody(validator, "PUT", wrong, undefined));
    expect(message).toContain("InvalidRequestBody");
    expect(message).toContain(
      "$.properties.configuration.ingress.targetPort: must be a number, got a string of 4 characters.",
    );
    expect(message).toContain(
      "$.properties.configuration.ingress.external: must be true or false, got a string of 3 characters.",
    );
    expect(message).toContain("$.properties.configuration.secrets[0].value: must be a string, got 7.");
    expect(message).toContain("$.properties.template.scale.minReplicas: must be a number");
    expect(message).toContain("$.properties.template.colour: is not a property of the API model.");
    expect(message).not.toContain("blue");
  });

  test("properties that a PUT requires are optional in a PATCH", () => {
    expect(refused(() => nextBody(validator, "PUT", { properties: { environmentId } }, undefined))).toContain(
      "$.location: is required.",
    );
    const patched = nextBody(validator, "PATCH", { tags: { a: "b" } }, accepted());
    expect(patched).toMatchObject({ location: "eastus", tags: { a: "b" } });
  });

  test("a PATCH is validated before it is merged, so that null doesn't hide an unknown property", () => {
    const patch = { properties: { template: { colour: null } } };
    expect(refused(() => nextBody(validator, "PATCH", patch, accepted()))).toContain("$.properties.template.colour: ");
  });

  test("an app needs an environment, and a traffic weight is a number or a string of digits", () => {
    expect(refused(() => accepted({ properties: { environmentId: null } }))).toMatch(
      /^InvalidParameterValueInEnvironmentId: /,
    );
    const weighted = (weight: Json) => ({
      configuration: { ingress: { targetPort: 80, traffic: [{ latestRevision: true, weight }] } },
    });
    expect(accepted(weighted("100")).properties.configuration.ingress?.traffic?.[0]?.weight).toBe(100);
    expect(refused(() => accepted(weighted("100x")))).toContain("traffic[0].weight: must be a number");
  });

  test("property names and enumeration values ignore case, and are stored in Azure's", () => {
    const sent = {
      activeRevisionsMode: "single",
      ingress: { targetPort: 80, Transport: "HTTP2", stickySessions: { Affinity: "STICKY" } },
    };
    const { configuration } = accepted({ configuration: sent }).properties;
    expect(configuration).toMatchObject({
      activeRevisionsMode: "Single",
      ingress: { transport: "Http2", stickySessions: { affinity: "sticky" } },
    });
    for (const mode of ["Ignore", "ACCEPT", "require"]) {
      const { ingress } = accepted({ configuration: { ingress: { clientCertificateMode: mode } } }).properties
        .configuration;
      expect(ingress?.clientCertificateMode).toBe(mode.toLowerCase());
    }
    const unknown = { ingress: { targetPort: 80, stickySessions: { affinity: "sometimes" } } };
    expect(refused(() => accepted({ configuration: unknown }))).toContain(
      "stickySessions.affinity: must be one of sticky, none, got 'sometimes'",
    );
  });

  test("read-only properties are dropped, so that a response can be sent back", () => {
    const readBack = {
      provisioningState: "Failed",
      latestRevisionName: "x",
      patchingMode: "Automatic",
      delegatedIdentities: [],
    };
    const { properties } = accepted({
      properties: readBack,
      configuration: { ingress: { targetPort: 80, fqdn: "elsewhere" } },
    });
    expect(Object.keys(properties).sort()).toEqual(["configuration", "environmentId", "template"]);
    expect(properties.configuration.ingress).not.toHaveProperty("fqdn");
  });

  test("a PUT without affinity removes it, a PATCH keeps it", () => {
    const sticky = accepted({ configuration: { ingress: { targetPort: 80, stickySessions: { affinity: "sticky" } } } });
    const put = nextBody(validator, "PUT", body({ configuration: { ingress: { targetPort: 80 } } }), sticky);
    expect(put.properties.configuration.ingress?.stickySessions).toBeUndefined();
    const patch = nextBody(validator, "PATCH", { properties: { template: { scale: { minReplicas: 2 } } } }, sticky);
    expect(patch.properties.configuration.ingress?.stickySessions).toEqual({ affinity: "sticky" });
    expect(patch.properties.template).toMatchObject({ scale: { minReplicas: 2 }, containers: [{ name: "gateway" }] });
  });
});

describe("bodies that Azure refuses", () => {
  const check = (change: Change, name = "agw-app", environment?: object): string => {
    const error = refusal(name, accepted(change), environment as Parameters<typeof refusal>[2]);
    return error === undefined ? "accepted" : `${error.status} ${error.code}: ${error.message}`;
  };
  const sticky = { targetPort: 80, stickySessions: { affinity: "sticky" } };

  test("affinity with multiple revisions, with TCP or without ingress", () => {
    expect(check({ configuration: { ingress: sticky } })).toBe("accepted");
    expect(check({ configuration: { activeRevisionsMode: "Multiple", ingress: sticky } })).toMatch(
      /^400 .*got 'Multiple'/,
    );
    expect(check({ configuration: { ingress: { ...sticky, transport: "tcp" } } })).toMatch(
      /^400 .*got transport 'Tcp'/,
    );
    expect(check({ configuration: { ingress: { stickySessions: { affinity: "sticky" } } } })).toMatch(
      /^400 ContainerAppInvalidStickySessions: Sticky sessions require ingress with/,
    );
    expect(
      check({
        configuration: {
          activeRevisionsMode: "Multiple",
          ingress: { targetPort: 80, stickySessions: { affinity: "none" } },
        },
      }),
    ).toBe("accepted");
  });

  test.each(["tcp", "http2"])("transport %s: 501", (transport) => {
    expect(check({ configuration: { ingress: { targetPort: 80, transport } } })).toMatch(/^501 .*transport/);
  });

  test("external TCP without a virtual network, and HTTP settings with TCP", () => {
    const tcp = { targetPort: 80, transport: "tcp" };
    const subnet = { vnetConfiguration: { infrastructureSubnetId: "/subscriptions/s/subnets/x" } };
    expect(check({ configuration: { ingress: { ...tcp, external: true } } })).toMatch(
      /^400 ContainerAppTcpRequiresVnet: Applications with external TCP ingress can only/,
    );
    // The local Azure doesn't support TCP, but gets that far.
    expect(check({ configuration: { ingress: { ...tcp, external: true } } }, "agw-app", subnet)).toMatch(/^501 /);
    expect(check({ configuration: { ingress: { ...tcp, external: false } } })).toMatch(/^501 /);
    for (const clientCertificateMode of ["ignore", "accept", "require"]) {
      expect(check({ configuration: { ingress: { ...tcp, clientCertificateMode } } })).toBe(
        "400 ContainerAppInvalidIngressClientCertificateModeForTcpApp: Client certificate mode can only be set for http transport.",
      );
    }
    expect(check({ configuration: { ingress: { ...tcp, allowInsecure: true } } })).toMatch(
      /^400 ContainerAppInvalidIngress: /,
    );
  });

  test.each([
    [
      "a/b",
      "400 InvalidTagNameCharacters: The tag names 'a/b' have reserved characters '<,>,%,&,\\,?,/' or control characters.",
    ],
    ["a\u0007", "400 InvalidTagNameCharacters"],
    ["", "400 InvalidTagName:"],
    ["n".repeat(513), "400 InvalidTagName:"],
    ["azure-owner", "400 InvalidTagName:"],
    ["Owner", "400 InvalidTagName:"],
    ["long", "400 InvalidTagValue:"],
  ])("the tag '%s'", (name, message) => {
    const tags = { owner: "a", [name]: name === "long" ? "v".repeat(257) : "v" };
    const error = refusal("agw-app", { ...accepted(), tags });
    expect(`${error?.status} ${error?.code}: ${error?.message}`).toContain(message);
  });

  test("more than 50 tags", () => {
    const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, ""]));
    expect(refusal("agw-app", { ...accepted(), tags: tags(50) })).toBeUndefined();
    expect(refusal("agw-app", { ...accepted(), tags: tags(51) })?.code).toBe("InvalidTagCount");
  });

  test.each(["https://r.example/a:1", "r.example/A:1", "a b", "/a:1", "a:1:2"])("the image '%s'", (image) => {
    expect(check({ template: { containers: [{ name: "g", image }] } })).toContain(
      `400 InvalidParameterValueInContainerTemplate: The following field(s) are either invalid or missing. Field 'template.containers.g.image'`,
    );
  });

  test("more than 2 cores in an environment without workload profiles", () => {
    const size = (cpu: number) => ({
      template: { containers: [{ name: "g", image: "i", resources: { cpu, memory: `${2 * cpu}Gi` } }] },
    });
    expect(check(size(4))).toBe("accepted");
    for (const workloadProfiles of [null, []]) {
      expect(check(size(2), "agw-app", { workloadProfiles })).toBe("accepted");
      expect(check(size(4), "agw-app", { workloadProfiles })).toMatch(
        /^400 ContainerAppInvalidResourceTotal: .*\(CPU: 4, memory: 8\).*\[cpu: 1\.0, memory: 2\.0Gi\];.*; \[cpu: 2\.0, memory: 4\.0Gi\]$/,
      );
    }
  });

  test.each(["A", "1app", "app-", "a--b", "a".repeat(33), "my_app"])("the name '%s'", (name) => {
    expect(check({}, name)).toMatch(/^400 ContainerAppInvalidName/);
  });

  test.each(["env-foo-", "K", "-k", "a.b", "k".repeat(254)])("the secret's name '%s'", (name) => {
    expect(check({ configuration: { secrets: [{ name, value: "v" }] } })).toMatch(/^400 ContainerAppInvalidSecretName/);
  });

  test("secrets without a value, references to missing secrets, and invalid scale or resources", () => {
    const containers = [{ name: "g", image: "i", env: [{ name: "K", secretRef: "absent" }] }];
    expect(check({ template: { containers } })).toContain("SecretRef 'absent' defined for container 'g' not found.");
    expect(check({ configuration: { secrets: [{ name: "key" }] } })).toContain("ContainerAppSecretInvalid");
    expect(check({ template: { scale: { minReplicas: 5, maxReplicas: 2 } } })).toContain(
      "minReplicas 5, maxReplicas 2",
    );
    expect(
      check({ template: { containers: [{ name: "g", image: "i", resources: { cpu: 0.3, memory: "1Gi" } }] } }),
    ).toContain("ContainerAppInvalidResourceTotal");
  });

  test.each<[string, Change, string]>([
    ["no container", { template: { containers: [] } }, "must have at least one container"],
    ["a container without an image", { template: { containers: [{ name: "g" }] } }, "Container 'g' must have a name"],
    [
      "one without a name",
      { template: { containers: [{ image: "i" }] } },
      "Container '' must have a name and an image",
    ],
    ["ingress without a port", { configuration: { ingress: {} } }, "Ingress must have 'targetPort' or 'external'."],
    [
      "a registry password that refers to a missing secret",
      { configuration: { registries: [{ server: "r.example", username: "u", passwordSecretRef: "absent" }] } },
      "SecretRef 'absent' defined for registry server 'r.example' not found.",
    ],
    [
      "a volume of a missing secret",
      { template: { volumes: [{ name: "v", storageType: "Secret", secrets: [{ secretRef: "absent", path: "p" }] }] } },
      "SecretRef 'absent' defined for a volume not found.",
    ],
    [
      "a mount of a missing volume",
      { template: { containers: [{ name: "g", image: "i", volumeMounts: [{ volumeName: "v", mountPath: "/v" }] }] } },
      "A volume mount refers to volume 'v'",
    ],
  ])("%s", (_what, change, message) => expect(check(change)).toContain(message));

  test("an ingress with only 'external', and a registry password that is a secret, are accepted", () => {
    expect(check({ configuration: { ingress: { external: true } } })).toBe("accepted");
    const registries = [{ server: "r.example", username: "u", passwordSecretRef: "p" }];
    expect(check({ configuration: { registries, secrets: [{ name: "p", value: "v" }] } })).toBe("accepted");
  });

  test.each([
    ["initialDelaySeconds", 0, 60],
    ["periodSeconds", 1, 240],
    ["timeoutSeconds", 1, 240],
    ["failureThreshold", 1, 10],
    ["successThreshold", 1, 10],
  ])("a probe's %s from %i to %i", (name, least, most) => {
    const withValue = (value: number) => {
      const probe = { type: "Readiness", tcpSocket: { port: 80 }, [name]: value };
      return check({ template: { containers: [{ name: "g", image: "i", probes: [probe] }] } });
    };
    expect([withValue(least), withValue(most)]).toEqual(["accepted", "accepted"]);
    for (const value of [least - 1, most + 1]) expect(withValue(value)).toContain(`probes[0].${name}: must be`);
  });

  test.each([
    [1, "accepted"],
    [65_535, "accepted"],
    [0, "probes[0].httpGet.port: must be"],
    [65_536, "probes[0].httpGet.port: must be"],
  ])("a probe's port %i", (port, answer) => {
    const probe = { type: "Readiness", httpGet: { path: "/", port } };
    expect(check({ template: { containers: [{ name: "g", image: "i", probes: [probe] }] } })).toContain(answer);
  });

  test.each([
    ["0.0.0.0/0", "accepted"],
    ["::/128", "accepted"],
    ["::/129", "ipAddressRange: must be"],
    ["10.0.0.0/", "ipAddressRange: must be"],
    ["10.0.0.0/8/8", "ipAddressRange: must be"],
    ["10.0.0.0/-1", "ipAddressRange: must be"],
    ["10.0.0.0/7.5", "ipAddressRange: must be"],
    ["anywhere", "ipAddressRange: must be"],
  ])("the range %s", (ipAddressRange, answer) => {
    const ipSecurityRestrictions = [{ name: "a", action: "Allow", ipAddressRange }];
    expect(check({ configuration: { ingress: { targetPort: 80, ipSecurityRestrictions } } })).toContain(answer);
  });

  test("numbers out of range, invalid addresses and duplicate names are all reported with their paths", () => {
    const probe = { type: "Liveness", failureThreshold: 11, periodSeconds: 0 };
    const wrong = check({
      configuration: {
        ingress: {
          targetPort: 70000,
          ipSecurityRestrictions: [{ name: "a", action: "Allow", ipAddressRange: "10.0.0.0/33" }],
        },
        secrets: [
          { name: "k", value: "1" },
          { name: "k", value: "2" },
        ],
      },
      template: {
        revisionSuffix: "-A",
        terminationGracePeriodSeconds: 601,
        containers: [{ name: "g", image: "i", probes: [probe] }],
        scale: { rules: [{ name: "r", http: { metadata: { concurrentRequests: "many" } } }] },
      },
    });
    const paths = [
      "ingress.targetPort",
      "ipSecurityRestrictions[0].ipAddressRange",
      "configuration.secrets: contains the name 'k' more than once",
    ];
    const more = [
      "revisionSuffix",
      "terminationGracePeriodSeconds",
      "probes[0]: must have either httpGet or tcpSocket",
      "probes[0].failureThreshold",
    ];
    for (const path of [...paths, ...more, "probes[0].periodSeconds", "rules[0].http.metadata.concurrentRequests"])
      expect(wrong).toContain(path);
    expect(
      check({
        template: {
          containers: [
            { name: "g", image: "i", probes: [{ type: "Startup", tcpSocket: { port: 80 }, failureThreshold: 240 }] },
          ],
        },
      }),
    ).toBe("accepted");
    for (const range of ["10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"]) {
      const restrictions = [{ name: "a", action: "Allow", ipAddressRange: range }];
      expect(check({ configuration: { ingress: { targetPort: 80, ipSecurityRestrictions: restrictions } } })).toBe(
        "accepted",
      );
    }
  });

  const ingress = (more: object): Change => ({ configuration: { ingress: { targetPort: 80, ...more } as Json } });
  const split = [
    { weight: 50, latestRevision: true },
    { weight: 50, revisionName: "a" },
  ];
  test.each<[string, Change]>([
    ["corsPolicy", ingress({ corsPolicy: { allowedOrigins: ["*"] } })],
    ["additionalPortMappings", ingress({ additionalPortMappings: [{ external: true, targetPort: 81 }] })],
    ["traffic split across several revisions", ingress({ traffic: split })],
    ["dapr", { configuration: { dapr: { enabled: true } } }],
    ["initContainers", { template: { initContainers: [{ name: "i", image: "i" }] } }],
    ["file share volumes", { template: { volumes: [{ name: "v", storageType: "AzureFile", storageName: "s" }] } }],
    [
      "Key Vault secrets",
      { configuration: { secrets: [{ name: "k", keyVaultUrl: "https://v.example/secrets/k", identity: "system" }] } },
    ],
    [
      "scale rules other than HTTP",
      { template: { scale: { rules: [{ name: "cpu", custom: { type: "cpu", metadata: {} } }] } } },
    ],
    ["'Deny'", ingress({ ipSecurityRestrictions: [{ name: "a", action: "Deny", ipAddressRange: "10.0.0.0/8" }] })],
    ["'Labels'", { configuration: { activeRevisionsMode: "Labels" } }],
  ])("an unsupported feature gets 501: %s", (name, change) => {
    expect(check(change)).toMatch(/^501 NotImplementedByLocalAzure: The local Azure does not support /);
    expect(check(change)).toContain(name);
  });
});

describe("a revision's spec for the data plane", () => {
  const app = (value: AppBody) => ({ id: "/Subscriptions/S/App", name: "agw-app", body: value });
  const spec = (value: AppBody) => revisionSpec(app(value), "agw-app--0000001", value.properties.template);

  test("contains secret values for references and volumes, and Azure's default HTTP rule", () => {
    const value = accepted({
      configuration: {
        ingress: { targetPort: 8080 },
        secrets: [
          { name: "key", value: "s3cret" },
          { name: "config", value: "a: 1" },
        ],
      },
      template: {
        containers: [
          {
            name: "gateway",
            image: "example.invalid/gateway:1",
            env: [
              { name: "KEY", secretRef: "key" },
              { name: "PLAIN", value: "x" },
            ],
            volumeMounts: [{ volumeName: "files", mountPath: "/config" }],
            probes: [{ type: "readiness", httpGet: { path: "/healthz/ready", port: 15021 }, periodSeconds: 2 }],
          },
        ],
        volumes: [{ name: "files", storageType: "Secret", secrets: [{ secretRef: "config", path: "config.yaml" }] }],
      },
    });
    expect(spec(value)).toEqual({
      appId: "/subscriptions/s/app",
      appName: "agw-app",
      revision: "agw-app--0000001",
      containers: [
        {
          name: "gateway",
          image: "example.invalid/gateway:1",
          env: { KEY: "s3cret", PLAIN: "x" },
          files: { "/config/config.yaml": "a: 1" },
          probes: [{ type: "Readiness", httpGet: { path: "/healthz/ready", port: 15021 }, periodSeconds: 2 }],
        },
      ],
      targetPort: 8080,
      minReplicas: 0,
      maxReplicas: 10,
      concurrentRequests: 10,
      terminationGracePeriodSeconds: 30,
    });
  });
});
