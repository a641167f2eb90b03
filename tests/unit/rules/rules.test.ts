import fc from "fast-check";
import { expect, test } from "vitest";
import { type AgentGatewayArgs, appFacts, resolveArgs } from "../../../src/config/args.ts";

import { rules } from "../../../src/rules/rules.ts";

/** Values of each argument that make a difference for some rule. */
const choices = {
  environment: ["dev", "prod"],
  image: ["gateway:1", "gateway:latest", "gateway", "gate way"],
  ingress: [true, false],
  external: [true, false],
  existingEnvironmentResourceGroup: [undefined, "rg"],
  clientCertificateMode: ["ignore", "require"],
  env: [{}, { API_KEY: "x" }],
  transport: ["auto", "tcp"],
  activeRevisionsMode: ["Single", "Multiple"],
  cpu: [1, 3, 0.3],
  memory: ["2Gi", "6Gi", "2Mi"],
  minReplicas: [1, 3],
  maxReplicas: [1, 3, 2],
  enableStickySessions: [true, false],
  acknowledgeNoAffinity: [false, true],
  sessionKey: [undefined, "a".repeat(64)],
  allowInsecure: [false, true],
} as const satisfies { readonly [K in keyof AgentGatewayArgs]?: readonly AgentGatewayArgs[K][] };

const names = { containerAppName: "a1", resourceGroupName: "g", environmentName: "e1", workspaceName: "logs" };
type Chosen = Pick<AgentGatewayArgs, keyof typeof choices>;
const someArgs = fc.record(
  Object.fromEntries(Object.entries(choices).map(([key, values]) => [key, fc.constantFrom<unknown>(...values)])),
);

test("a rule's `reads` are exactly the arguments that can change its issue", () => {
  const seen = new Map(rules.map(({ id }) => [id, new Set<string>()]));
  const said = (args: object) => {
    const app = appFacts(resolveArgs({ ...names, ...(args as Chosen) }));
    return rules.map((rule) => JSON.stringify(rule.check(app)));
  };
  const vary = (args: object) => {
    const before = said(args);
    for (const [key, values] of Object.entries(choices)) {
      for (const value of values) {
        const after = said({ ...args, [key]: value });
        for (const [index, { id }] of rules.entries()) if (after[index] !== before[index]) seen.get(id)?.add(key);
      }
    }
  };
  fc.assert(fc.property(someArgs, vary), { numRuns: 400 });
  const named = rules.map(({ id, reads }) => [id, [...reads].sort()] as const);
  expect(named).toEqual(named.map(([id]) => [id, [...(seen.get(id) ?? [])].sort()]));
});
