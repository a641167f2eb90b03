import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeDirectory } from "agentgateway-local-azure/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPreviewSentence } from "../../src/component/verification/previewSentence.ts";
import { mismatchSentence } from "../../src/component/verification/verificationSentences.ts";
import { parseSettings } from "../../src/config/parseSettings.ts";
import { configurationMessage } from "../../src/messages/issues.ts";
import { retriesIn, whatOf } from "../support/azure/affinityStep.ts";
import { arm, az, startTestAzure, type TestAzure } from "../support/azure/localAzure.ts";
import { bothEngines } from "../support/pulumi/bothEngines.ts";
import { copyProject, type StackEngine } from "../support/pulumi/stackEngine.ts";

/**
 * What the stack promises about affinity: the program on both engines against the local Azure, with the real Azure CLI.
 * This tests the program and the engines. It does not test that real Azure answers like the local one.
 */
const groupName = "agw-prod-rg";
const app = ["--name", "agw-prod-app", "--resource-group", groupName];
const sessionKey = "5e".repeat(32);

describe.each(bothEngines)("the stack on $title", ({ there, start }) => {
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

    const appPath = () =>
      `/subscriptions/${azure.environment.ARM_SUBSCRIPTION_ID}/resourceGroups/${groupName}/providers/Microsoft.App/containerApps/agw-prod-app`;
    const liveAffinity = () =>
      az(azure, "containerapp", "show", ...app, "--query", "properties.configuration.ingress.stickySessions.affinity");

    /** Collects every affinity that the app shows while `work` runs, reading as fast as ARM answers. */
    async function affinitiesDuring(work: Promise<unknown>): Promise<Set<string>> {
      const seen = new Set<string>();
      let running = true;
      const done = work.finally(() => {
        running = false;
      });
      while (running) {
        const { status, body } = await arm(azure, "GET", appPath());
        if (status === 200) seen.add(body.properties.configuration.ingress.stickySessions?.affinity ?? "null");
        // Let the polled server run, which shares this thread.
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await done;
      return seen;
    }

    test("bad configuration: reports all problems at once, before anything is registered, without a stack trace", async () => {
      const values = { minReplicas: "50", tagz: "{}" };
      const file = "gateways: {default: {port: 8080}}";
      const problems = parseSettings({
        stack: "prod",
        values,
        secretKeys: new Set(),
        readFile: () => Buffer.from(file),
      });
      if (!("errors" in problems)) throw new Error("no problems");
      const { ok, text, changes } = await engine.up({ config: values });
      expect(ok).toBe(false);
      expect(problems.errors.map(({ key }) => key)).toEqual(["tagz", "minReplicas"]);
      expect(text).toContain(configurationMessage("prod", problems.errors));
      expect(text).not.toMatch(/\n\s+at |node:internal|unhandled/i);
      expect(changes.filter((change) => !change.endsWith(" agentgateway-prod"))).toEqual([]);
    });

    test("the first pulumi up: affinity is on from the app's first answer", async () => {
      const up = engine.up();
      expect([...(await affinitiesDuring(up))]).toEqual(["sticky"]);
      const { ok, outputs, text } = await up;
      expect({ ok, text: ok ? "" : text }).toEqual({ ok: true, text: "" });
      const subscription = `--subscription ${azure.environment.ARM_SUBSCRIPTION_ID}`;
      expect(outputs).toEqual({
        url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
        mcpEndpoint: `${outputs.url}/mcp`,
        fqdn: String(outputs.url).replace("https://", ""),
        resourceGroupName: groupName,
        containerAppName: "agw-prod-app",
        environmentName: "agw-prod-env",
        latestRevision: "agw-prod-app--0000001",
        stickySessionsEnabled: true,
        affinity: "sticky",
        verifyCommand: `az containerapp show ${app.join(" ")} ${subscription} --query properties.configuration.ingress.stickySessions.affinity --output tsv`,
        logsCommand: `az containerapp logs show ${app.join(" ")} ${subscription} --follow`,
      });
      expect(await liveAffinity()).toBe("sticky");
    });

    test("a second up changes nothing, also from another checkout in another folder", async () => {
      expect(await engine.up()).toMatchObject({ ok: true, changes: [] });
      const folder = await mkdtemp(join(tmpdir(), "agw-other-checkout-"));
      try {
        await copyProject(folder);
        expect(await engine.up({ projectDirectory: folder })).toMatchObject({ ok: true, changes: [] });
      } finally {
        await removeDirectory(folder);
      }
    });

    test.each([
      ["image", { image: "cr.agentgateway.dev/agentgateway:v1.4.2" }],
      ["variables", { env: '{"LOG":"debug"}' }],
      ["scale", { minReplicas: "3" }],
      ["ingress", { ipAllow: '["127.0.0.0/8"]' }],
    ])(
      "any later update, here of %s: affinity is never off in between, and the command does not run again",
      async (_what, config) => {
        const up = engine.up({ config });
        expect([...(await affinitiesDuring(up))]).toEqual(["sticky"]);
        expect(await up).toMatchObject({ ok: true, changes: ["update agentgateway-app"] });
      },
    );

    test("someone turns affinity off, or sets Multiple revisions: a preview shows it without failing, the next up corrects and verifies it, the one after changes nothing", async () => {
      await engine.up();
      await az(azure, "containerapp", "ingress", "sticky-sessions", "set", ...app, "--affinity", "none");
      const preview = await engine.preview();
      const said = preview.text.split("\n").flatMap((line) => readPreviewSentence(line) ?? []);
      expect(said).toContainEqual({ live: "none", wanted: "sticky" });
      expect(preview).toMatchObject({ ok: true });
      expect(await engine.up()).toMatchObject({
        ok: true,
        changes: ["update agentgateway-app"],
        outputs: { affinity: "sticky", stickySessionsEnabled: true },
      });
      expect(await liveAffinity()).toBe("sticky");
      expect(await engine.up()).toMatchObject({ ok: true, changes: [] });
    });

    test("drift, with --refresh=false: verification fails the update and says what it found and what to do, without a stack trace", async () => {
      await az(azure, "containerapp", "ingress", "sticky-sessions", "set", ...app, "--affinity", "none");
      const { ok, text, outputs } = await engine.up({ refresh: false });
      expect(ok).toBe(false);
      const mismatch = { property: "affinity", live: "none", wanted: "sticky" } as const;
      expect(text).toContain(mismatchSentence("agw-prod-app", [mismatch]));
      expect(text).not.toMatch(/\n\s+at |node:internal|promise rejection/i);
      expect(outputs).toMatchObject({
        affinity: "none",
        stickySessionsEnabled: true,
        url: expect.stringContaining("https://"),
      });
      expect(await engine.up()).toMatchObject({ ok: true, changes: ["update agentgateway-app"] });
    });

    test("someone turns affinity off, or sets Multiple revisions: the next up corrects both", async () => {
      await az(azure, "containerapp", "ingress", "sticky-sessions", "set", ...app, "--affinity", "none");
      await az(azure, "containerapp", "revision", "set-mode", ...app, "--mode", "multiple");
      expect(await engine.up()).toMatchObject({ ok: true, changes: ["update agentgateway-app"] });
      expect(await engine.up()).toMatchObject({ ok: true, changes: [] });
    });

    test("enableStickySessions is set to false, then true: none is applied and verified, then sticky", async () => {
      const off = { config: { enableStickySessions: "false" } };
      const changes = ["update agentgateway-affinity-set", "update agentgateway-app"];
      expect(await engine.up(off)).toMatchObject({
        ok: true,
        changes,
        outputs: { affinity: "none", stickySessionsEnabled: false },
      });
      expect(await liveAffinity()).toBe("none");
      expect(await engine.up()).toMatchObject({
        ok: true,
        changes,
        outputs: { affinity: "sticky", stickySessionsEnabled: true },
      });
      expect(await liveAffinity()).toBe("sticky");
    });

    test("secrets, which Azure never returns, do not show as drift; a changed one creates a revision", async () => {
      const config = { sessionKey, secretEnv: '{"API_KEY":"hunter2"}' };
      const first = await engine.up({ config });
      expect(first).toMatchObject({ ok: true, changes: ["update agentgateway-app"] });
      expect(await engine.up({ config })).toMatchObject({
        ok: true,
        changes: [],
        outputs: { latestRevision: first.outputs.latestRevision },
      });
      const second = await engine.up({ config: { ...config, sessionKey: "6f".repeat(32) } });
      expect(second.outputs.latestRevision).not.toBe(first.outputs.latestRevision);
      for (const { text, outputs } of [first, second])
        expect(text + JSON.stringify(outputs)).not.toMatch(/hunter2|5e5e5e|6f6f6f/);
    });

    test("the affinity step fails: the update fails with the CLI's message, and the next up tries again", async () => {
      await engine.up();
      await arm(azure, "POST", "/_local/faults", {
        body: { fault: "answer", method: "PATCH", path: appPath(), status: 503, times: 1000 },
      });
      const off = { config: { enableStickySessions: "false" } };
      const failed = await engine.up({
        ...off,
        // The step gives up after the first attempt.
        environment: { AFFINITY_LIMIT_SECONDS: "60", AFFINITY_RETRY_SECONDS: "60" },
      });
      expect(failed.ok).toBe(false);
      expect(failed.text).toMatch(/ServiceUnavailable|Service Unavailable/);
      expect(failed.text).toContain(whatOf("server-error"));
      expect(failed.text).not.toContain(whatOf("operation-running"));
      expect(retriesIn(failed.text)).toBe(0);
      await arm(azure, "DELETE", "/_local/faults");
      const next = await engine.up(off);
      expect(next).toMatchObject({ ok: true, outputs: { affinity: "none", stickySessionsEnabled: false } });
      expect(next.changes).toContain("update agentgateway-affinity-set");
    });

    test("the app was deleted by hand: the next up creates it with affinity declared, and verifies it; only the preview shows the affinity step", async () => {
      await engine.up();
      await az(azure, "containerapp", "delete", ...app, "--yes");
      // The step's environment contains a part of the app's ID. Only the update learns that the ID is unchanged.
      const { changes } = await engine.preview();
      expect(changes).toEqual(["create agentgateway-app", "update agentgateway-affinity-set"]);
      const up = engine.up();
      expect([...(await affinitiesDuring(up))]).toEqual(["sticky"]);
      expect(await up).toMatchObject({
        ok: true,
        changes: ["create agentgateway-app"],
        outputs: { affinity: "sticky", stickySessionsEnabled: true },
      });
      expect(await engine.up()).toMatchObject({ ok: true, changes: [] });
    });

    test("without HTTP ingress there is no affinity step, and verification succeeds", async () => {
      const config = { enableStickySessions: "false", ingress: "false" };
      const { ok, changes, outputs } = await engine.up({ config });
      expect({ ok, changes }).toEqual({
        ok: true,
        changes: ["delete agentgateway-affinity", "delete agentgateway-affinity-set", "update agentgateway-app"],
      });
      expect(outputs).toMatchObject({ url: "", mcpEndpoint: "", affinity: "none", stickySessionsEnabled: false });
    });

    test("pulumi destroy: succeeds if the app is already gone, and leaves nothing", async () => {
      await az(azure, "containerapp", "delete", ...app, "--yes");
      expect(await engine.destroy()).toMatchObject({ ok: true });
      expect(await az(azure, "group", "list")).toEqual([]);
    });

    test("uses an existing resource group and environment, and keeps them on destroy", async () => {
      const group = ["--resource-group", "shared-rg"];
      await az(azure, "group", "create", "--name", "shared-rg", "--location", "westeurope");
      await az(
        azure,
        "containerapp",
        "env",
        "create",
        ...group,
        "--name",
        "shared-env",
        "--location",
        "westeurope",
        "--logs-destination",
        "none",
      );
      const config = {
        resourceGroupName: "shared-rg",
        existingResourceGroup: "true",
        existingEnvironmentName: "shared-env",
      };
      expect(await engine.up({ config })).toMatchObject({
        ok: true,
        outputs: { affinity: "sticky", environmentName: "shared-env" },
      });
      expect(await az(azure, "containerapp", "show", "--name", "agw-prod-app", ...group, "--query", "location")).toBe(
        "West Europe",
      );
      expect(await engine.up({ config })).toMatchObject({ ok: true, changes: [] });
      expect(await engine.destroy({ config })).toMatchObject({ ok: true });
      expect(await az(azure, "resource", "list", ...group, "--query", "[].name")).toEqual(["shared-env"]);
    });

    test("with an existing Consumption-only environment in another group, creates the group in `location` and the app in the environment's region", async () => {
      const env = ["--name", "net-env", "--resource-group", "net-rg", "--location", "westeurope"];
      await az(azure, "group", "create", "--name", "net-rg", "--location", "westeurope");
      const without = ["--enable-workload-profiles", "false", "--logs-destination", "none"];
      await az(azure, "containerapp", "env", "create", ...env, ...without);
      const config = { existingEnvironmentName: "net-env", existingEnvironmentResourceGroup: "net-rg" };
      const { ok, text } = await engine.up({ config });
      expect({ ok, text: ok ? "" : text }).toEqual({ ok: true, text: "" });
      expect(await az(azure, "group", "show", "--name", groupName, "--query", "location")).toBe("eastus2");
      expect(await az(azure, "containerapp", "show", ...app, "--query", "location")).toBe("West Europe");
      expect(await engine.up({ config })).toMatchObject({ ok: true, changes: [] });
      expect(await engine.destroy({ config })).toMatchObject({ ok: true });
      expect(await az(azure, "group", "list", "--query", "[].name")).not.toContain(groupName);
    });
  });
});
