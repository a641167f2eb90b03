import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PreviewDigest } from "../../packages/agw/src/delivery/digest/previewDigest.ts";
import { az, azIsThere, runWith, startTestAzure, type TestAzure, withoutAz } from "../support/azure/localAzure.ts";
import { blocksBelow, runBlock } from "../support/pulumi/documents.ts";
import { pulumiIsThere, withoutPulumi } from "../support/pulumi/pulumiCli.ts";
import { type RealPulumi, startRealPulumi } from "../support/pulumi/realPulumi.ts";

const withAz = await azIsThere();
const why = withoutPulumi || withoutAz(withAz);
const document = "docs/adoption.md";
const [group, environment, app] = ["mcp-gateway-prod-rg", "unitone-agw-prod-env", "unitone-agw-prod-app"];
const which = ["--name", app, "--resource-group", group];
const connection =
  "InstrumentationKey=00000000-0000-4000-8000-0000000000cc;IngestionEndpoint=https://insights.invalid/";
const clientSecret = "s3cret-of-the-sign-in";

/** Uses this project's azure-native stand-in: tests the program on Pulumi's engine, not the real provider. */
describe.skipIf(!pulumiIsThere || !withAz)(
  `an app as the Terraform module makes it, adopted as ${document} says${why}`,
  () => {
    let azure: TestAzure;
    let pulumi: RealPulumi;
    const below = async (heading: string, env: Record<string, string> = {}) => {
      for (const block of await blocksBelow(document, heading, "sh")) {
        // The local Azure does not model sign-in.
        const modelled = block.replace(/^az containerapp auth (.*\\\n)*.*\n/m, "");
        const ran = await runBlock(azure, pulumi, modelled, env);
        expect(ran.code, `${block}\n${ran.stdout}${ran.stderr}`).toBe(0);
      }
    };
    const preview = async (): Promise<{ code: number; digest: PreviewDigest }> => {
      const ran = await pulumi.run("preview", "--json", "--stack", "prod");
      return { code: ran.code, digest: JSON.parse(ran.stdout) };
    };
    // biome-ignore lint/suspicious/noExplicitAny: what the CLI prints
    const live = async (): Promise<any> => az(azure, "containerapp", "show", ...which);
    const secrets = async () =>
      ((await az(azure, "containerapp", "secret", "list", ...which)) as { name: string }[])
        .map(({ name }) => name)
        .sort();

    beforeAll(async () => {
      azure = await startTestAzure();
      pulumi = await startRealPulumi(azure, "prod");
      // The default in prod; stacks in tests turn it off.
      await pulumi.run("config", "set", "--stack", "prod", "deletionProtection", "true");
      const where = ["--resource-group", group, "--location", "westeurope"];
      await az(azure, "group", "create", "--name", group, "--location", "westeurope");
      await az(azure, "containerapp", "env", "create", "--name", environment, ...where, "--logs-destination", "none");
      const registry = [
        "--registry-server",
        "mcpgw.azurecr.io",
        "--registry-username",
        "mcpgw",
        "--registry-password",
        "pw",
      ];
      const kept = [`microsoft-provider-authentication-secret=${clientSecret}`, `appinsights-connection=${connection}`];
      const variable = "APPLICATIONINSIGHTS_CONNECTION_STRING=secretref:appinsights-connection";
      const created = (await az(
        azure,
        ...["containerapp", "create", ...which, "--environment", environment],
        ...["--image", "cr.agentgateway.dev/agentgateway:v1.4.1", "--ingress", "external", "--target-port", "8080"],
        ...[...registry, "--secrets", ...kept, "--env-vars", variable, "--system-assigned", "--tags", "team=mcp"],
      )) as { id: string };
      const [json = ""] = await blocksBelow(document, "Import it", "json");
      await writeFile(join(pulumi.project, "import.json"), json.replace(/"id": "[^"]*"/, `"id": "${created.id}"`));
      await writeFile(
        join(pulumi.project, "client-secret"),
        `env-microsoft-provider-authentication-secret=${clientSecret}`,
      );
    });
    afterAll(async () => {
      await pulumi?.[Symbol.asyncDispose]();
      await azure?.[Symbol.asyncDispose]();
    });

    test("the import changes nothing, and the preview names every secret that an update would delete", async () => {
      const before = await live();
      await below("Import it");
      const { code, digest } = await preview();
      expect(code).not.toBe(0);
      const [reason] = (digest.diagnostics ?? []).filter(({ message }) => message?.includes("does not declare"));
      expect(reason?.urn).toMatch(/::agentgateway-app$/);
      for (const name of [
        "mcpgwazurecrio-mcpgw",
        "appinsights-connection",
        "microsoft-provider-authentication-secret",
      ]) {
        expect(reason?.message).toContain(`'${name}'`);
      }
      expect(await live()).toEqual(before);
    });

    test("a registry password cannot be removed until the app pulls with its identity", async () => {
      const [block = ""] = await blocksBelow(document, "Registry password", "sh");
      const removal = block.slice(block.indexOf("az containerapp secret remove"));
      const ran = await runWith(azure, "bash", ["-c", removal]);
      expect(ran.code).not.toBe(0);
      expect(ran.stderr).toContain("mcpgw.azurecr.io");
    });

    test("once each is declared or removed, the first update replaces and deletes nothing, and the next changes nothing", async () => {
      await below("Registry password");
      await below("Application Insights", { CONNECTION_STRING: connection });
      await below("Sign-in", { CLIENT_SECRET: clientSecret });
      const { code, digest } = await preview();
      expect(code, JSON.stringify(digest.diagnostics)).toBe(0);
      const { refresh, same, ...changes } = digest.changeSummary ?? {};
      expect(changes).toEqual({ create: 4, update: 1 });
      const updated = digest.steps?.find(({ op, urn }) => op === "update" && urn.endsWith("::agentgateway-app"));
      expect(updated?.replaceReasons ?? []).toEqual([]);
      await below("The first update");
    });

    test("keeps what others added to the app, turns affinity on, and leaves only the secrets of this stack", async () => {
      const { identity, tags, properties } = await live();
      expect(identity).toMatchObject({ type: "SystemAssigned" });
      expect(tags).toMatchObject({ team: "mcp", environment: "prod" });
      const { registries, ingress } = properties.configuration;
      expect(registries).toMatchObject([{ server: "mcpgw.azurecr.io", identity: "system" }]);
      expect(ingress.stickySessions).toEqual({ affinity: "sticky" });
      expect(await secrets()).toEqual([
        "env-applicationinsights-connection-string",
        "env-microsoft-provider-authentication-secret",
        "gateway-config",
      ]);
    });

    test("imported resources are protected in prod", async () => {
      const ran = await pulumi.run("destroy", "--preview-only", "--stack", "prod");
      expect(ran.code).not.toBe(0);
      expect(ran.stdout + ran.stderr).toContain("because it is protected");
    });
  },
);
