import { afterAll, beforeAll, expect, test } from "vitest";
import {
  az,
  azIsThere,
  startTestAzure,
  type TestAzure,
  withoutAz,
} from "../../../../../tests/support/azure/localAzure.ts";

const cli = await azIsThere();
const title = withoutAz(cli);
const group = ["--resource-group", "rg"];
const url = (azure: TestAzure, path: string, version: string): string =>
  `${azure.url}/subscriptions/${azure.environment.ARM_SUBSCRIPTION_ID}/resourceGroups/rg/providers/${path}?api-version=${version}`;

let azure: TestAzure;
beforeAll(async () => {
  azure = await startTestAzure();
});
afterAll(async () => azure[Symbol.asyncDispose]());

test.skipIf(!cli)(`a diagnostic setting can be written and read, and survives its environment${title}`, async () => {
  const rest = (method: string, path: string, version: string, body?: object) =>
    az(
      azure,
      "rest",
      "--method",
      method,
      "--url",
      url(azure, path, version),
      "--resource",
      azure.url,
      ...(body ? ["--body", JSON.stringify(body)] : []),
    );
  await az(azure, "group", "create", "--name", "rg", "--location", "eastus2");
  const workspace = (await rest("put", "Microsoft.OperationalInsights/workspaces/logs", "2023-09-01", {
    location: "eastus2",
    properties: {},
  })) as { id: string };
  const env = [
    "containerapp",
    "env",
    "create",
    ...group,
    "--name",
    "env",
    "--location",
    "eastus2",
    "--logs-destination",
    "azure-monitor",
  ];
  const created = (await az(azure, ...env)) as { id: string };
  const setting = "Microsoft.App/managedEnvironments/env/providers/Microsoft.Insights/diagnosticSettings/agentgateway";
  const body = { properties: { workspaceId: workspace.id, logs: [{ categoryGroup: "allLogs", enabled: true }] } };
  await rest("put", setting, "2021-05-01-preview", body);
  expect(await rest("get", setting, "2021-05-01-preview")).toMatchObject({
    name: "agentgateway",
    type: "Microsoft.Insights/diagnosticSettings",
    properties: {
      workspaceId: workspace.id,
      logs: [{ category: null, categoryGroup: "allLogs", enabled: true }],
      metrics: [],
    },
  });
  await az(azure, "containerapp", "env", "delete", ...group, "--name", "env", "--yes");
  await expect(rest("get", setting, "2021-05-01-preview")).rejects.toThrow("ResourceNotFound");
  await az(azure, ...env);
  expect(await rest("get", setting, "2021-05-01-preview")).toMatchObject({ name: "agentgateway" });
  const id = ["--name", "agentgateway", "--resource", created.id];
  await az(azure, "monitor", "diagnostic-settings", "delete", ...id);
  await expect(rest("get", setting, "2021-05-01-preview")).rejects.toThrow("ResourceNotFound");
});
