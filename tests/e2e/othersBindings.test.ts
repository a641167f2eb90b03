import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  arm,
  az,
  putsOf,
  settled,
  startTestAzure,
  type TestAzure,
  untilAzSaysReady,
} from "../support/azure/localAzure.ts";
import { McpSession } from "../support/mcp/mcpSession.ts";
import { bothEngines } from "../support/pulumi/bothEngines.ts";
import type { StackEngine } from "../support/pulumi/stackEngine.ts";
import { trustingFetch } from "../support/trustingFetch.ts";

/** What others add to the app, on both engines with the real Azure CLI. Real Azure may keep and drop other things. */

const app = ["--name", "agw-prod-app", "--resource-group", "agw-prod-rg"];
const appPath =
  "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/agw-prod-rg/providers/Microsoft.App/containerApps/agw-prod-app";
const environmentPath = appPath.replace("containerApps/agw-prod-app", "managedEnvironments/agw-prod-env");

describe.each(bothEngines)("what others add to the app, on $title", ({ there, start }) => {
  describe.skipIf(!there)("", () => {
    let azure: TestAzure;
    let engine: StackEngine;
    beforeEach(async () => {
      azure = await startTestAzure();
      engine = await start(azure, "prod");
      const { ok, text } = await engine.up();
      expect(ok, text).toBe(true);
    });
    afterEach(async () => {
      await engine[Symbol.asyncDispose]();
      await azure[Symbol.asyncDispose]();
    });

    const patch = async (path: string, body: object): Promise<void> => {
      const answer = await arm(azure, "PATCH", path, { body });
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      if (answer.headers["azure-asyncoperation"] !== undefined) await settled(azure, answer);
    };
    /** The app's secrets with their values. */
    const values = async (): Promise<Record<string, string>> => {
      const { value } = (await arm(azure, "POST", `${appPath}/listSecrets`)).body;
      return Object.fromEntries(value.map((secret: { name: string; value: string }) => [secret.name, secret.value]));
    };
    const putsOfApp = () => putsOf(azure, appPath).length;

    test("others bind a domain, a registry or an identity to the app, or tag it: all of it survives ten updates and never shows as drift", async () => {
      await az(azure, "containerapp", "identity", "assign", "--system-assigned", ...app);
      await az(
        azure,
        "containerapp",
        "registry",
        "set",
        ...app,
        "--server",
        "example.azurecr.io",
        "--identity",
        "system",
      );
      const customDomains = [{ name: "mcp.contoso.example", bindingType: "Disabled" }];
      await patch(appPath, { properties: { configuration: { ingress: { customDomains } } } });
      const tagged = { tags: { environment: "prod", "set-by": "policy" } };
      const { body: before } = await arm(azure, "GET", appPath);
      await patch(appPath, { tags: { ...before.tags, "set-by": "policy" } });
      await patch(environmentPath, tagged);
      await az(azure, "group", "update", "--name", "agw-prod-rg", "--set", "tags.set-by=policy");

      const bound = async () => {
        const { body } = await arm(azure, "GET", appPath);
        const environment = (await arm(azure, "GET", environmentPath)).body;
        const group = await az(azure, "group", "show", "--name", "agw-prod-rg", "--query", "tags");
        return {
          identity: body.identity.type,
          registries: body.properties.configuration.registries.map(({ server }: { server: string }) => server),
          domains: body.properties.configuration.ingress.customDomains,
          affinity: body.properties.configuration.ingress.stickySessions.affinity,
          tags: [body.tags["set-by"], environment.tags["set-by"], (group as Record<string, string>)["set-by"]],
        };
      };
      const expected = {
        identity: "SystemAssigned",
        registries: ["example.azurecr.io"],
        domains: [expect.objectContaining({ name: "mcp.contoso.example" })],
        affinity: "sticky",
        tags: ["policy", "policy", "policy"],
      };
      expect(await bound()).toEqual(expected);
      expect(await engine.preview()).toMatchObject({ ok: true, changes: [] });
      for (let update = 1; update <= 10; update++) {
        const config = { env: JSON.stringify({ UPDATE: String(update) }), tags: '{"owner":"platform"}' };
        const { ok, text } = await engine.up({ config });
        expect(ok, text).toBe(true);
        expect(await bound()).toEqual(expected);
      }
    });

    test("what others remove again stays removed", async () => {
      await az(azure, "containerapp", "identity", "assign", "--system-assigned", ...app);
      await engine.up({ config: { minReplicas: "1" } });
      await az(azure, "containerapp", "identity", "remove", "--system-assigned", ...app);
      expect(await engine.up({ config: { minReplicas: "1" } })).toMatchObject({ ok: true, changes: [] });
      expect((await arm(azure, "GET", appPath)).body.identity.type).toBe("None");
    });

    test("drops tags that the stack no longer declares, and keeps those of others", async () => {
      await engine.up({ config: { tags: '{"owner":"platform","cost":"42"}' } });
      const { body } = await arm(azure, "GET", appPath);
      await patch(appPath, { tags: { ...body.tags, "set-by": "policy" } });
      await engine.up({ config: { tags: '{"owner":"platform"}' } });
      const { tags } = (await arm(azure, "GET", appPath)).body;
      expect(tags).toMatchObject({ owner: "platform", environment: "prod", "set-by": "policy" });
      expect(tags).not.toHaveProperty("cost");
    });

    test("others add a secret to the app: preview and up stop before any write and name it; once it is removed, up succeeds", async () => {
      await az(azure, "containerapp", "secret", "set", ...app, "--secrets", "registry-password=only-for-this-test");
      const writes = putsOfApp();
      for (const run of [engine.preview, engine.up]) {
        const { ok, text } = await run({ config: { env: '{"LOG":"debug"}' } });
        expect(ok, text).toBe(false);
        expect(text).toContain('before hook "agentgateway-keep-secrets" failed');
        expect(text).toContain("'registry-password'");
        expect(text).not.toMatch(/only-for-this-test|\n\s+at |node:internal/);
      }
      // The same if the state does not contain the secret.
      expect(await engine.up({ config: { env: '{"LOG":"debug"}' }, refresh: false })).toMatchObject({ ok: false });
      expect(putsOfApp()).toBe(writes);
      await az(azure, "containerapp", "secret", "remove", ...app, "--secret-names", "registry-password");
      const next = await engine.up({ config: { env: '{"LOG":"debug"}' } });
      expect(next, next.text).toMatchObject({ ok: true, changes: ["update agentgateway-app"] });
    });

    test("deletes a foreign secret that dropSecrets names", async () => {
      await az(azure, "containerapp", "secret", "set", ...app, "--secrets", "left-over=only-for-this-test");
      const { ok, text } = await engine.up({ config: { dropSecrets: '["left-over"]' } });
      expect(ok, text).toBe(true);
      const { secrets } = (await arm(azure, "GET", appPath)).body.properties.configuration;
      expect(secrets.map(({ name }: { name: string }) => name)).toEqual(["gateway-config"]);
      expect(await engine.up()).toMatchObject({ ok: true, changes: [] });
    });

    test("overwrites a foreign secret that dropSecrets names while the latest revision uses it, then deletes it", async () => {
      await az(azure, "containerapp", "secret", "set", ...app, "--secrets", "in-use=only-for-this-test");
      await az(azure, "containerapp", "update", ...app, "--set-env-vars", "VALUE=secretref:in-use");
      await untilAzSaysReady(azure, app);
      const config = { dropSecrets: '["in-use"]' };
      const { ok, text } = await engine.up({ config });
      expect(ok, text).toBe(true);
      expect(await values()).toMatchObject({ "in-use": "removed" });
      expect(await engine.up({ config })).toMatchObject({ ok: true, changes: ["update agentgateway-app"] });
      expect(Object.keys(await values())).toEqual(["gateway-config"]);
      expect(await engine.up()).toMatchObject({ ok: true, changes: [] });
    });

    test("you remove a secret of the stack: its value is gone from the app and the state, and dropSecrets deletes it later", async () => {
      const key = "5e".repeat(32);
      const before = await engine.up({ config: { sessionKey: key, secretEnv: '{"API_KEY":"made-up"}' } });
      expect(before.ok, before.text).toBe(true);
      expect(await engine.holds("made-up")).toBe(true);
      const { ok, text, outputs, changes } = await engine.up();
      expect(ok, text).toBe(true);
      expect(changes).toEqual(["update agentgateway-app"]);
      const retired = { "session-key": "removed", "env-api-key": "removed" };
      expect(await values()).toEqual({ "gateway-config": expect.any(String), ...retired });
      for (const value of ["made-up", key]) expect(await engine.holds(value), value).toBe(false);
      await new McpSession(String(outputs.url), trustingFetch(azure), { keepsCookies: true }).initialize();
      for (const run of [engine.preview, engine.up]) expect(await run()).toMatchObject({ ok: true, changes: [] });

      const config = { dropSecrets: '["session-key","env-api-key"]' };
      expect(await engine.up({ config })).toMatchObject({ ok: true, changes: ["update agentgateway-app"] });
      expect(Object.keys(await values())).toEqual(["gateway-config"]);
      for (const settings of [{ config }, {}]) {
        expect(await engine.up(settings)).toMatchObject({ ok: true, changes: [] });
      }
    });
  });
});
