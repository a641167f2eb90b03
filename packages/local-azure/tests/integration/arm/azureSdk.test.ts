import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  arm,
  runWith,
  settled,
  startTestAzure,
  type TestAzure,
} from "../../../../../tests/support/azure/localAzure.ts";

/** Azure's SDK for JavaScript in a separate process. Shows that its models and pollers accept every response. */

const group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg";
const environmentId = `${group}/providers/Microsoft.App/managedEnvironments/env`;
const principal = "00000000-0000-4000-8000-0000000000bb";
const program = join(import.meta.dirname, "..", "..", "support", "appContainersClient.ts");

let azure: TestAzure;
beforeAll(async () => {
  azure = await startTestAzure();
  await arm(azure, "PUT", group, { body: { location: "eastus" } });
  await settled(azure, await arm(azure, "PUT", environmentId, { body: { location: "eastus", properties: {} } }));
});
afterAll(async () => azure?.[Symbol.asyncDispose]());

describe("@azure/arm-appcontainers with @azure/identity", () => {
  test.each([
    ["managed identity", "identity"],
    ["a service principal's secret", "secret"],
  ])("creates, updates, polls, lists and deletes, signed in with %s", async (_title, kind) => {
    const ran = await runWith(azure, process.execPath, [program, kind, environmentId, principal]);
    expect(ran.stderr).toBe("");
    expect(JSON.parse(ran.stdout)).toEqual({
      created: ["Succeeded", "sticky", "sdk-app--0000001"],
      updated: [{ owner: "sdk" }, "sticky"],
      secrets: 1,
      apps: ["sdk-app", "sdk-app"],
      revisions: [["sdk-app--0000001", true, true]],
      replicas: 2,
      gone: [404, "ResourceNotFound"],
    });
  });

  test("a service principal with a wrong secret is refused", async () => {
    const ran = await runWith(azure, process.execPath, [program, "secret", environmentId, principal], {
      IDENTITY_HEADER: "wrong",
    });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("AADSTS7000215");
  });
});

describe("curl", () => {
  test("trusts the local authority's certificate, and needs a token", async () => {
    const ran = await runWith(azure, "curl", [
      "-sS",
      "--cacert",
      azure.environment.REQUESTS_CA_BUNDLE ?? "",
      "-w",
      "%{http_code}",
      `${azure.url}${group}?api-version=2024-11-01`,
    ]);
    expect(ran.stdout).toContain('"code":"AuthenticationFailed"');
    expect(ran.stdout).toMatch(/401$/);
    const local = azure.url.replace("127.0.0.1", "localhost");
    const metadata = await runWith(azure, "curl", [
      "-sS",
      "--cacert",
      azure.environment.REQUESTS_CA_BUNDLE ?? "",
      `${local}/metadata/endpoints?api-version=2022-09-01`,
    ]);
    expect(JSON.parse(metadata.stdout)).toMatchObject({
      resourceManager: local,
      authentication: { loginEndpoint: local },
    });
  });
});
