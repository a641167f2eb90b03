import { describe, expect, test } from "vitest";
import { arm, az, startTestAzure } from "../support/azure/localAzure.ts";
import { bothEngines } from "../support/pulumi/bothEngines.ts";

const app = ["--resource-group", "agw-prod-rg", "--name", "agw-prod-app"];
const environment = ["--resource-group", "agw-prod-rg", "--name", "agw-prod-env"];
const setting =
  "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/agw-prod-rg/providers/Microsoft.App/managedEnvironments/agw-prod-env/providers/Microsoft.Insights/diagnosticSettings/agentgateway";

describe.each(bothEngines)("the stack on $title", ({ there, start }) => {
  test.skipIf(!there)(
    "the environment was deleted by hand: the next up creates it and the app, although its diagnostic setting survived",
    async () => {
      await using azure = await startTestAzure();
      await using engine = await start(azure, "prod");
      const first = await engine.up();
      expect(first.ok, first.text).toBe(true);
      await az(azure, "containerapp", "delete", ...app, "--yes");
      await az(azure, "containerapp", "env", "delete", ...environment, "--yes");
      const { ok, text, changes } = await engine.up();
      expect(ok, text).toBe(true);
      const created = ["agentgateway-app", "agentgateway-diagnostics", "agentgateway-env"];
      expect(changes).toEqual(created.map((name) => `create ${name}`));
      // The app waits for the setting, so that its first logs arrive.
      const puts = azure.requests().filter(({ method }) => method === "PUT");
      const names = puts.map(({ path }) => path.split("?")[0]?.split("/").at(-1));
      expect(names.slice(-3)).toEqual(["agw-prod-env", "agentgateway", "agw-prod-app"]);
      const { status } = await arm(azure, "GET", setting, { apiVersion: "2021-05-01-preview" });
      expect(status).toBe(200);
      expect(await engine.up()).toMatchObject({ ok: true, changes: [] });
    },
  );
});
