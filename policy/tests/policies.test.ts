import type { ResourceValidation, ResourceValidationArgs } from "@pulumi/policy";
import { describe, expect, test } from "vitest";
import type { Issue } from "../../src/rules/rule.ts";
import { rules } from "../../src/rules/rules.ts";
import type { AppProps, Container } from "../appFacts.ts";
import { checks, policies, violation } from "../policies.ts";

const secret = "planted-secret-value";

/** An app that passes every policy; each case changes one thing. */
function app(
  change: {
    ingress?: object;
    configuration?: object;
    container?: Partial<Container>;
    /** In addition to the gateway's. */
    containers?: readonly Container[];
    initContainers?: readonly Container[];
    profile?: string;
    scale?: object;
    tags?: object;
  } = {},
) {
  return {
    ...(change.profile !== undefined && { workloadProfileName: change.profile }),
    tags: { environment: "prod", ...change.tags },
    configuration: {
      activeRevisionsMode: "Single",
      ingress: { transport: "auto", allowInsecure: false, stickySessions: { affinity: "sticky" }, ...change.ingress },
      secrets: [{ name: "session-key", value: secret }],
      ...change.configuration,
    },
    template: {
      containers: [
        {
          name: "agentgateway",
          image: "cr.agentgateway.dev/agentgateway:v1.4.1",
          resources: { cpu: 1, memory: "2Gi" },
          env: [
            { name: "SESSION_KEY", secretRef: "session-key" },
            { name: "RUST_LOG", value: "info" },
          ],
          probes: [{ type: "Startup" }, { type: "Readiness" }, { type: "Liveness" }],
          ...change.container,
        },
        ...(change.containers ?? []),
      ],
      initContainers: change.initContainers ?? [],
      scale: { minReplicas: 2, maxReplicas: 10, ...change.scale },
    },
  };
}

/** Names of the violated policies with their messages. */
async function violations(props: AppProps, type = "azure-native:app:ContainerApp"): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (const policy of policies.filter(({ enforcementLevel }) => enforcementLevel !== "disabled")) {
    const validate = policy.validateResource as ResourceValidation;
    await validate({ type, props } as unknown as ResourceValidationArgs, (message) =>
      found.push([policy.name, message]),
    );
  }
  return found;
}

/** A sidecar that passes every policy next to a gateway with 0.75 vCPU and 1.5 Gi. */
const sidecar = (change: Partial<Container> = {}): Container => ({
  name: "sidecar",
  image: "registry/sidecar:1",
  resources: { cpu: 0.25, memory: "0.5Gi" },
  probes: [{ type: "readiness" }, { type: "LIVENESS" }],
  ...change,
});
const besideSidecar = { resources: { cpu: 0.75, memory: "1.5Gi" } };
const withSidecar = (change?: Partial<Container>) => app({ container: besideSidecar, containers: [sidecar(change)] });
const withInit = (change: Partial<Container>) => app({ initContainers: [{ ...sidecar(change), probes: [] }] });

const affinityOff = { key: "enableStickySessions", got: "false, with maxReplicas 10" };

/** An app that breaks one policy, and the issue that the policy then has. */
const broken: [policy: string, props: AppProps, expected: Partial<Issue>][] = [
  ["affinity-needs-http", app({ ingress: { transport: "Tcp" } }), { got: "true, with transport tcp" }],
  [
    "affinity-needs-single-revision",
    app({ configuration: { activeRevisionsMode: "Multiple" } }),
    { got: "true, with activeRevisionsMode Multiple" },
  ],
  ["replicas-in-order", app({ scale: { minReplicas: 11 } }), { got: "11, with maxReplicas 10" }],
  [
    "replicas-in-order",
    app({ scale: { minReplicas: 11, maxReplicas: undefined } }),
    { got: "11, with maxReplicas 10" },
  ],
  [
    "consumption-size",
    app({ container: { resources: { cpu: 1, memory: "4Gi" } } }),
    { key: "cpu", got: '1, with memory "4Gi"' },
  ],
  [
    "consumption-size",
    withSidecar({ resources: { cpu: 0.5, memory: "0.5Gi" } }),
    { key: "cpu", got: '1.25, with memory "2Gi"' },
  ],
  [
    "consumption-size",
    withSidecar({ resources: { cpu: 0.25, memory: "512Mi" } }),
    { key: "cpu", got: '1, with memory "1.5Gi + 512Mi"' },
  ],
  [
    "http-settings-need-http",
    app({ ingress: { transport: "Tcp", stickySessions: undefined, clientCertificateMode: "Require" } }),
    { key: "transport", got: "tcp, with clientCertificateMode require and allowInsecure false" },
  ],
  ["image-has-tag", app({ container: { image: "https://registry.example/a:1" } }), { key: "image" }],
  ["image-has-tag", app({ container: { image: "registry/gateway" } }), { got: '"registry/gateway"' }],
  ["image-not-latest", app({ container: { image: "registry/gateway:latest" } }), { got: '"registry/gateway:latest"' }],
  ["image-not-latest", withSidecar({ image: "registry/b:latest" }), { got: '"registry/b:latest"' }],
  ["image-has-tag", withInit({ image: "registry/b" }), { got: '"registry/b"' }],
  [
    "affinity-off-is-acknowledged",
    app({ ingress: { stickySessions: { affinity: "none" } }, tags: { "agentgateway-no-affinity": "no" } }),
    affinityOff,
  ],
  ["affinity-off-is-acknowledged", app({ ingress: { stickySessions: { affinity: "none" } } }), affinityOff],
  ["affinity-off-is-acknowledged", app({ ingress: { stickySessions: undefined } }), affinityOff],
  ["ingress-is-secure", app({ ingress: { allowInsecure: true } }), { key: "allowInsecure", got: "true" }],
  ["prod-has-two-replicas", app({ scale: { minReplicas: 1 } }), { key: "minReplicas", got: "1" }],
  ["prod-has-session-key", app({ container: { env: [] } }), { key: "sessionKey", got: "nothing" }],
  ["app-has-tags", app({ tags: { environment: undefined } }), { key: "tags", got: "no tag 'environment'" }],
  [
    "secrets-by-reference",
    app({ container: { env: [{ name: "SESSION_KEY", value: "in clear" }] } }),
    {
      key: "agentgateway.env.SESSION_KEY",
      got: "a plain value of 8 characters, which looks like a secret, judging by its name",
    },
  ],
  [
    "secrets-by-reference",
    app({
      container: {
        env: [
          { name: "SESSION_KEY", secretRef: "k" },
          { name: "INNOCENT", value: secret },
        ],
      },
    }),
    { key: "agentgateway.env.INNOCENT" },
  ],
  [
    "secrets-by-reference",
    withSidecar({ env: [{ name: "API_KEY", value: "in clear" }] }),
    { key: "sidecar.env.API_KEY" },
  ],
  ["secrets-by-reference", withInit({ env: [{ name: "API_KEY", value: "in clear" }] }), { key: "sidecar.env.API_KEY" }],
  [
    "secrets-by-reference",
    withSidecar({ env: [{ name: "DB", value: "postgres://app:hunter2@db/x" }] }),
    { key: "sidecar.env.DB", got: "a plain value of 27 characters, which looks like a URL with a password" },
  ],
  [
    "secrets-have-values",
    app({ configuration: { secrets: [{ name: "a", value: "" }, { name: "b" }] } }),
    { key: "secrets.a", got: "an empty value" },
  ],
  [
    "tags-are-valid",
    app({ tags: { "a/b": "x" } }),
    { key: "tags.a/b", got: "3 characters in the name, 1 in the value", wayOut: "change or remove the tag" },
  ],
  ["tags-are-valid", app({ tags: { owner: "x".repeat(257) } }), { key: "tags.owner" }],
  [
    "tags-are-valid",
    app({ tags: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`t${index}`, ""])) }),
    { key: "tags.t49", got: "3 characters in the name, 0 in the value" },
  ],
  ["probes-present", withSidecar({ probes: [{ type: "Readiness" }] }), { key: "sidecar.probes", got: "Readiness" }],
  [
    "probes-present",
    app({ container: { probes: [{ type: "Readiness" }] } }),
    { key: "agentgateway.probes", got: "Readiness" },
  ],
  [
    "probes-present",
    app({ container: { probes: [{ type: "Liveness" }] } }),
    { key: "agentgateway.probes", got: "Liveness" },
  ],
  ["probes-present", app({ container: { probes: [] } }), { key: "agentgateway.probes", got: "none" }],
  [
    "secrets-by-reference",
    withSidecar({ env: [{ name: "db_password", value: "in clear" }] }),
    { key: "sidecar.env.db_password" },
  ],
  [
    "image-not-latest",
    app({ profile: "D4", container: { image: "registry/gateway:latest" } }),
    { got: '"registry/gateway:latest"' },
  ],
  ["replicas-in-order", app({ scale: { minReplicas: 5, maxReplicas: 4 } }), { got: "5, with maxReplicas 4" }],
];

describe("the policy pack", () => {
  test("passes an app that follows every rule", async () => expect(await violations(app())).toEqual([]));

  test.each(broken)("only %s fails for an app that breaks it", async (policy, props, expected) => {
    const [issue] = checks.find(({ id }) => id === policy)?.check(props) ?? [];
    expect(issue).toMatchObject(expected);
    expect(await violations(props)).toEqual([[policy, violation(issue as Issue)]]);
  });

  test("a violation says what was found and what to do", () => {
    const issue = { key: "cpu", rule: "must be a number", got: "one", wayOut: "set 1" };
    expect(violation(issue)).toBe("cpu: must be a number\n  got: one\n  try: set 1");
  });

  test("every enabled policy has a case above, except affinity without ingress, which cannot be declared", () => {
    const active = policies.filter(({ enforcementLevel }) => enforcementLevel !== "disabled").map(({ name }) => name);
    expect(new Set([...broken.map(([policy]) => policy), "affinity-needs-ingress"])).toEqual(new Set(active));
  });

  test.each<[string, AppProps]>([
    ["a sidecar that follows them too, with probe types in another case", withSidecar()],
    ["an init container", withInit({})],
    [
      "a size that another workload profile allows",
      app({ profile: "D4", container: { resources: { cpu: 1, memory: "3Gi" } } }),
    ],
  ])("passes %s", async (_title, props) => expect(await violations(props)).toEqual([]));

  test("reports a violation once, however many images the app runs", async () => {
    const props = { ...withSidecar(), tags: {} };
    expect((await violations(props)).map(([name]) => name)).toEqual(["app-has-tags"]);
  });

  test("passes tags that the component or an Azure service sets", async () => {
    const tags = {
      "azure-service": "s",
      "agentgateway-tags": "x",
      "agentgateway-secrets": "y",
      "agentgateway-retry": "z",
    };
    expect(await violations(app({ tags }))).toEqual([]);
  });

  test("passes an app whose tag confirms that affinity is off on purpose", async () => {
    const props = app({
      ingress: { stickySessions: { affinity: "none" } },
      tags: { "agentgateway-no-affinity": "acknowledged" },
    });
    expect(await violations(props)).toEqual([]);
  });

  test("includes the rules of the stack with their severity for policies", () => {
    expect(rules.map(({ id, severity: { program, policy } }) => [id, program, policy])).toEqual([
      ["affinity-needs-ingress", "error", "mandatory"],
      ["affinity-needs-http", "error", "mandatory"],
      ["affinity-needs-single-revision", "error", "mandatory"],
      ["tcp-is-internal", "error", "disabled"],
      ["http-settings-need-http", "error", "mandatory"],
      ["replicas-in-order", "error", "mandatory"],
      ["consumption-size", "error", "mandatory"],
      ["image-has-tag", "error", "mandatory"],
      ["image-not-latest", "error", "mandatory"],
      ["affinity-off-is-acknowledged", "warning", "mandatory"],
      ["affinity-needs-replicas", "warning", "disabled"],
      ["ingress-is-secure", "warning", "mandatory"],
      ["env-has-no-secrets", "warning", "disabled"],
    ]);
    expect(policies.map(({ name, enforcementLevel }) => [name, enforcementLevel])).toEqual([
      ...rules.map(({ id, severity }) => [id, severity.policy]),
      ["prod-has-two-replicas", "advisory"],
      ["prod-has-session-key", "advisory"],
      ["app-has-tags", "advisory"],
      ["secrets-by-reference", "mandatory"],
      ["secrets-have-values", "mandatory"],
      ["tags-are-valid", "mandatory"],
      ["probes-present", "mandatory"],
    ]);
  });

  test("ignores resources of other types", async () => {
    expect(await violations(app({ container: { image: "x" } }), "azure-native:app:ManagedEnvironment")).toEqual([]);
  });

  test("never shows a value that may be a secret", async () => {
    const env = [
      { name: "SESSION_KEY", value: secret },
      { name: "API_TOKEN", value: secret },
    ];
    const found = await violations(app({ container: { env } }));
    expect(found).toHaveLength(2);
    expect(JSON.stringify(found)).not.toContain(secret);
  });
});
