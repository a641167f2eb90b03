import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeDataPlane } from "../../../../../tests/support/azure/fakeDataPlane.ts";
import {
  type Answer,
  arm,
  settled,
  signIn,
  startTestAzure,
  type TestAzure,
} from "../../../../../tests/support/azure/localAzure.ts";

/** Random bodies and paths. Shows that none causes a server error, not that each answer is the same as Azure's. */

const group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg";
const environmentId = `${group}/providers/Microsoft.App/managedEnvironments/env`;
const workspaceId = `${group}/providers/Microsoft.OperationalInsights/workspaces/logs`;
const appId = `${group}/providers/Microsoft.App/containerApps/agw-app`;

let azure: TestAzure;
let token: string;
const logged: string[] = [];
beforeAll(async () => {
  azure = await startTestAzure({ dataPlane: fakeDataPlane(), log: (line) => logged.push(line) });
  token = await signIn(azure);
  const properties = { workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }] };
  await arm(azure, "PUT", group, { token, body: { location: "eastus" } });
  await settled(azure, await arm(azure, "PUT", environmentId, { token, body: { location: "eastus", properties } }));
});
afterAll(async () => azure?.[Symbol.asyncDispose]());

const whole = {
  location: "eastus",
  tags: { a: "b" },
  identity: { type: "SystemAssigned" },
  properties: {
    environmentId,
    workloadProfileName: "Consumption",
    configuration: {
      activeRevisionsMode: "Single",
      secrets: [{ name: "key", value: "v" }],
      registries: [{ server: "r.invalid", username: "u", passwordSecretRef: "key" }],
      ingress: {
        external: true,
        targetPort: 8080,
        transport: "auto",
        clientCertificateMode: "ignore",
        traffic: [{ weight: 100, latestRevision: true }],
        ipSecurityRestrictions: [{ name: "a", action: "Allow", ipAddressRange: "10.0.0.0/8" }],
        stickySessions: { affinity: "sticky" },
      },
    },
    template: {
      terminationGracePeriodSeconds: 5,
      containers: [
        {
          name: "g",
          image: "i",
          env: [{ name: "K", secretRef: "key" }],
          resources: { cpu: 0.5, memory: "1Gi" },
          probes: [{ type: "Readiness", httpGet: { path: "/", port: 1, scheme: "HTTP" }, periodSeconds: 1 }],
          volumeMounts: [{ volumeName: "v", mountPath: "/m" }],
        },
      ],
      scale: {
        minReplicas: 1,
        maxReplicas: 2,
        rules: [{ name: "http", http: { metadata: { concurrentRequests: "10" } } }],
      },
      volumes: [{ name: "v", storageType: "Secret", secrets: [{ secretRef: "key", path: "p" }] }],
    },
  },
};

/** The whole body with the value at one place replaced. */
const mutated = fc.tuple(fc.constantFrom(...places(whole)), fc.jsonValue({ maxDepth: 2 })).map(([path, value]) => {
  const body = structuredClone(whole);
  // biome-ignore lint/suspicious/noExplicitAny: any place of the body
  let current: any = body;
  for (const name of path.slice(0, -1)) current = current[name];
  current[path.at(-1) ?? ""] = value;
  return body;
});

function places(value: unknown, path: string[] = []): string[][] {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [...(path.length > 0 ? [path] : []), ...inner.flatMap(([name, item]) => places(item, [...path, name]))];
}

function sane(answer: Answer): void {
  expect(answer.status, JSON.stringify(answer.body)).not.toBe(500);
  if (answer.status >= 400)
    expect(answer.body.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
}

describe("random requests", () => {
  test("a body with one wrong value is accepted or refused in Azure's form, and the app can still be read", async () => {
    await fc.assert(
      fc.asyncProperty(mutated, fc.constantFrom("PUT", "PATCH"), async (body, method) => {
        const answer = await arm(azure, method, appId, { token, body });
        sane(answer);
        if (answer.status < 300) await settled(azure, answer);
        sane(await arm(azure, "GET", appId, { token }));
      }),
      { numRuns: 150 },
    );
  });

  test("any JSON as the body of any write gets a valid answer", async () => {
    const target = fc.constantFrom(
      `${group}`,
      environmentId,
      workspaceId,
      appId,
      `${group}/providers/Microsoft.App/x`,
      "/_local/faults",
    );
    await fc.assert(
      fc.asyncProperty(target, fc.constantFrom("PUT", "PATCH", "POST"), fc.jsonValue(), async (path, method, body) => {
        const apiVersion = path === workspaceId ? "2023-09-01" : "2025-07-01";
        const answer = await arm(azure, method, path, { token, body, apiVersion });
        sane(answer);
        if (answer.headers["azure-asyncoperation"] !== undefined) await settled(azure, answer);
      }),
      { numRuns: 100 },
    );
  });

  test("any path and query gets a valid answer", async () => {
    const part = fc.oneof(
      fc.constantFrom("subscriptions", "resourceGroups", "providers", "Microsoft.App", "%2e%2e", "..", "%00", "{app}"),
      fc.webFragments(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), fc.webQueryParameters(), async (parts, query) => {
        sane(
          await arm(azure, "GET", `/${parts.map((text) => text.replace(/[#\\]/g, "")).join("/")}?${query}`, {
            token,
            apiVersion: "",
          }),
        );
      }),
      { numRuns: 100 },
    );
    expect(logged.filter((line) => line.startsWith("internal error"))).toEqual([]);
  });
});
