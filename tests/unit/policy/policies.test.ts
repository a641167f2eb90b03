import type { ResourceValidation, ResourceValidationArgs } from "@pulumi/policy";
import { describe, expect, test } from "vitest";
import type { AppProps, Container } from "../../../policy/appFacts.ts";
import { policies } from "../../../policy/policies.ts";
import { rules } from "../../../src/stack/rules.ts";

const secret = "planted-secret-value";

/** An app that every policy passes; each case changes one thing of it. */
function app(
  change: {
    ingress?: object;
    configuration?: object;
    container?: Partial<Container>;
    scale?: object;
    tags?: object;
  } = {},
) {
  return {
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
      ],
      scale: { minReplicas: 2, maxReplicas: 10, ...change.scale },
    },
  };
}

/** Names of the policies that find something, with what they say. */
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

const broken: [policy: string, props: AppProps, says: string][] = [
  ["affinity-needs-http", app({ ingress: { transport: "Tcp" } }), "with transport tcp"],
  ["affinity-needs-single-revision", app({ configuration: { activeRevisionsMode: "Multiple" } }), "Multiple"],
  ["replicas-in-order", app({ scale: { minReplicas: 11 } }), "got: 11, with maxReplicas 10"],
  ["consumption-size", app({ container: { resources: { cpu: 1, memory: "4Gi" } } }), '"4Gi"'],
  ["image-has-tag", app({ container: { image: "registry/gateway" } }), '"registry/gateway"'],
  ["image-not-latest", app({ container: { image: "registry/gateway:latest" } }), '"registry/gateway:latest"'],
  ["affinity-off-is-acknowledged", app({ ingress: { stickySessions: { affinity: "none" } } }), "acknowledgeNoAffinity"],
  ["affinity-off-is-acknowledged", app({ ingress: { stickySessions: undefined } }), "acknowledgeNoAffinity"],
  ["ingress-is-secure", app({ ingress: { allowInsecure: true } }), "without TLS"],
  ["prod-has-two-replicas", app({ scale: { minReplicas: 1 } }), "got: 1"],
  ["prod-has-session-key", app({ container: { env: [] } }), "sessionKey"],
  ["app-has-tags", app({ tags: { environment: undefined } }), "no tag 'environment'"],
  [
    "secrets-by-reference",
    app({ container: { env: [{ name: "SESSION_KEY", value: "in clear" }] } }),
    "a plain text of 8 characters",
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
    "agentgateway.env.INNOCENT",
  ],
  ["probes-present", app({ container: { probes: [{ type: "Readiness" }] } }), "must have Liveness"],
];

describe("the policy pack", () => {
  test("passes an app that keeps every rule", async () => expect(await violations(app())).toEqual([]));

  test.each(broken)("%s fails alone on an app that breaks it", async (policy, props, says) => {
    const found = await violations(props);
    expect(found.map(([name]) => name)).toEqual([policy]);
    expect(found[0]?.[1]).toContain(says);
    expect(found[0]?.[1]).toMatch(/\n {2}got: .+\n {2}try: .+/s);
  });

  test("every policy that is not disabled has an app that breaks it; affinity without ingress cannot be declared", () => {
    const active = policies.filter(({ enforcementLevel }) => enforcementLevel !== "disabled").map(({ name }) => name);
    expect(new Set([...broken.map(([policy]) => policy), "affinity-needs-ingress"])).toEqual(new Set(active));
  });

  test("an app that says that its lack of affinity is meant passes", async () => {
    const props = app({
      ingress: { stickySessions: { affinity: "none" } },
      tags: { "agentgateway-no-affinity": "acknowledged" },
    });
    expect(await violations(props)).toEqual([]);
  });

  test("takes the rules of the stack with the severity that they name for a policy", () => {
    for (const rule of rules) {
      expect(policies.find(({ name }) => name === rule.id)?.enforcementLevel).toBe(rule.severity.policy);
    }
  });

  test("leaves resources of other types alone", async () => {
    expect(await violations(app({ container: { image: "x" } }), "azure-native:app:ManagedEnvironment")).toEqual([]);
  });

  test("no message holds a value that may be a secret", async () => {
    const env = [
      { name: "SESSION_KEY", value: secret },
      { name: "API_TOKEN", value: secret },
    ];
    const found = await violations(app({ container: { env } }));
    expect(found).toHaveLength(2);
    expect(JSON.stringify(found)).not.toContain(secret);
  });
});
