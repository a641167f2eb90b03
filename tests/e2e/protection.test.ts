import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { az, startTestAzure, type TestAzure } from "../support/azure/localAzure.ts";
import { bothEngines } from "../support/pulumi/bothEngines.ts";
import type { StackEngine } from "../support/pulumi/stackEngine.ts";

describe.each(bothEngines)("deletion protection, on $title", ({ there, start }) => {
  describe.skipIf(!there)("", () => {
    let azure: TestAzure;
    let engine: StackEngine;
    beforeAll(async () => {
      azure = await startTestAzure();
      engine = await start(azure, "prod");
    });
    afterAll(async () => {
      await engine?.[Symbol.asyncDispose]();
      await azure?.[Symbol.asyncDispose]();
    });
    const names = async () => (await az(azure, "resource", "list", "--query", "[].name")) as string[];
    const all = ["agw-prod-app", "agw-prod-env", "agw-prod-logs"];

    test("Pulumi refuses to destroy a protected stack, or to replace it because of a new name or location", async () => {
      const config = { deletionProtection: "true" };
      expect(await engine.up({ config })).toMatchObject({ ok: true });
      const refused = [
        await engine.destroy(),
        await engine.preview({ config: { ...config, deploymentStamp: "b" } }),
        await engine.up({ config: { ...config, location: "westeurope" } }),
      ];
      for (const { ok, text } of refused) {
        expect(ok).toBe(false);
        expect(text).toMatch(/marked for protection|protected/);
      }
      expect((await names()).sort()).toEqual(all);
      // The destroy removed the affinity step from the state, which deletes nothing live.
      expect(await engine.up({ config })).toMatchObject({ ok: true, changes: ["create agentgateway-affinity-set"] });
    });

    test("with deletionProtection false, the next up lifts the protection without live changes, and destroy leaves nothing", async () => {
      expect(await engine.up({ config: { deletionProtection: "false" } })).toMatchObject({ ok: true, changes: [] });
      expect(await engine.destroy()).toMatchObject({ ok: true });
      expect(await names()).toEqual([]);
    });

    test("reports a missing existing group and environment in one message, before anything is created, without a stack trace", async () => {
      const config = {
        resourceGroupName: "nowhere-rg",
        existingResourceGroup: "true",
        existingEnvironmentName: "nowhere-env",
        existingEnvironmentResourceGroup: "nowhere-net-rg",
      };
      for (const run of [engine.preview, engine.up]) {
        const { ok, text } = await run({ config });
        expect(ok).toBe(false);
        expect(text).toContain('"nowhere-rg"');
        expect(text).toContain('"nowhere-net-rg/nowhere-env"');
        expect(text).not.toMatch(/\n\s+at |node:internal|unhandled|promise rejection|\[Object/i);
      }
      expect(await az(azure, "group", "list")).toEqual([]);
    });
  });
});
