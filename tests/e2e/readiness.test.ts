import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notServing, previewWarning } from "../../src/component/verification/verificationSentences.ts";
import { arm, az, settled, startTestAzure, type TestAzure } from "../support/azure/localAzure.ts";
import { McpSession } from "../support/mcp/mcpSession.ts";
import { bothEngines } from "../support/pulumi/bothEngines.ts";
import type { StackEngine, StackRun } from "../support/pulumi/stackEngine.ts";
import { trustingFetch } from "../support/trustingFetch.ts";

/**
 * An update whose revision never serves fails, and so does every later one until the cause is fixed. The sessions of
 * the serving revision survive this, and the rollback. On both engines against the local Azure, with the real Azure
 * CLI.
 */
const gateway = join(import.meta.dirname, "..", "support", "mcp", "faultyGateway.mjs");
const replicaCommand = `'${process.execPath}' '${gateway}' {port} {healthPort}`;
const fault = (kind: string) => ({ env: JSON.stringify({ FAULT: kind }) });
const missing = "cr.agentgateway.dev/agentgateway:v0.0.0";
const manifestUnknown = 'MANIFEST_UNKNOWN: manifest tagged by "v0.0.0" is not found';
const good = "agw-prod-app--0000001";

/** Expects a failure whose output contains each text once, and no stack trace. */
function expectFailure(run: StackRun, ...texts: string[]): void {
  expect(run.ok).toBe(false);
  for (const text of texts) expect(run.text.split(text), `${text} in\n${run.text}`).toHaveLength(2);
  expect(run.text).not.toMatch(/\n\s+at |node:internal|unhandled/i);
}

describe.each(bothEngines)("a revision that never serves, on $title", ({ there, start }) => {
  describe.skipIf(!there)("", () => {
    let azure: TestAzure;
    let engine: StackEngine;
    let session: McpSession;
    let home: string;
    let url: string;

    beforeAll(async () => {
      azure = await startTestAzure({ replicaCommand });
      engine = await start(azure, "prod");
      const first = await engine.up();
      expect(first).toMatchObject({ ok: true, outputs: { latestRevision: good } });
      url = String(first.outputs.url);
      session = new McpSession(url, trustingFetch(azure), { keepsCookies: true });
      await session.initialize();
      home = (await session.call("whoami")).text;
    });
    afterAll(async () => {
      await engine?.[Symbol.asyncDispose]();
      await azure?.[Symbol.asyncDispose]();
    });

    const app = () => ({
      containerAppName: "agw-prod-app",
      resourceGroupName: "agw-prod-rg",
      subscriptionId: azure.environment.ARM_SUBSCRIPTION_ID ?? "",
    });
    const expectSessionHeld = async () => expect(await session.call("whoami")).toEqual({ status: 200, text: home });

    /** Deploys the settings of the first update again. */
    async function rollBack(): Promise<void> {
      const back = await engine.up();
      expect(back).toMatchObject({ ok: true, outputs: { latestRevision: good, url, affinity: "sticky" } });
      await expectSessionHeld();
    }

    test("a replica crashes at start: up fails with the reason and the replica's last log line, and again until it is fixed", async () => {
      const config = fault("crash");
      const failed = await engine.up({ config });
      const reason = "2/2 Container crashing: agentgateway";
      const cause = { kind: "revision", state: "Failed", reason } as const;
      const found = { kind: "notReady", revision: "agw-prod-app--0000002", serving: good, cause } as const;
      expectFailure(failed, notServing(app(), found, { kind: "line", text: "error: cannot open routes.yaml" }));
      expect(failed.changes).toEqual(["update agentgateway-app"]);
      expect(failed.outputs).toMatchObject({ url, affinity: "sticky" });
      await expectSessionHeld();

      const again = await engine.up({ config });
      expectFailure(again, "2/2 Container crashing: agentgateway", "error: cannot open routes.yaml");
      expect(again.changes).toEqual([]);

      const preview = await engine.preview({ config });
      expect(preview).toMatchObject({ ok: true, changes: [] });
      const starting = { kind: "starting", revision: found.revision, serving: good, state: "" } as const;
      expect(preview.text).toContain(previewWarning("agw-prod-app", starting));
      await expectSessionHeld();
    });

    test("you roll back while the bad revision is still there: the serving revision becomes the latest again, and keeps its sessions", async () => {
      await rollBack();
      expect(await engine.up()).toMatchObject({ ok: true, changes: [] });
    });

    test("does not show a last log line that contains a secret", async () => {
      const config = { ...fault("leak"), secretEnv: '{"API_KEY":"hunter2-hunter2"}' };
      const failed = await engine.up({ config });
      expectFailure(failed, "is Failed", "not shown");
      expect(failed.text).not.toContain("hunter2");
      await rollBack();
    });

    test("a revision never becomes ready: up fails after readySeconds with its state, and again until it is fixed", async () => {
      const config = { ...fault("never"), readySeconds: "10" };
      for (const changes of [["update agentgateway-app"], []]) {
        const failed = await engine.up({ config });
        expectFailure(failed, "Activating after 10 s", `'${good}'`);
        expect(failed.text).toMatch(/'agw-prod-app--\d{7}'.*Activating, \d+ of 10 s/);
        expect(failed).toMatchObject({ changes, outputs: { url, affinity: "sticky" } });
      }
      await expectSessionHeld();
      await rollBack();
    });

    test("an image cannot be pulled at an update: up fails with Azure's reason, and again until it is fixed", async () => {
      await arm(azure, "POST", "/_local/faults", { body: { fault: "image", image: missing, times: 1000 } });
      const config = { image: missing };
      for (const _time of [1, 2]) {
        const failed = await engine.up({ config });
        expect(failed.ok).toBe(false);
        expect(failed.text).toContain(manifestUnknown);
        expect(failed.outputs).toMatchObject({ url });
        await expectSessionHeld();
      }
      await rollBack();
      // Once the image is pushed, the same update creates a revision.
      await arm(azure, "DELETE", "/_local/faults");
      expect(await engine.up({ config })).toMatchObject({ ok: true, changes: ["update agentgateway-app"] });
    });

    test("the app's last operation ended Failed: the next up writes it again, even if nothing else has changed", async () => {
      const image = "cr.agentgateway.dev/agentgateway:v0.0.1";
      await engine.up();
      await arm(azure, "POST", "/_local/faults", { body: { fault: "image", image } });
      const outside = ["--name", "agw-prod-app", "--resource-group", "agw-prod-rg", "--image", image];
      await expect(az(azure, "containerapp", "update", ...outside)).rejects.toThrow("MANIFEST_UNKNOWN");
      expect(await engine.up({ refresh: false })).toMatchObject({ ok: true, changes: ["update agentgateway-app"] });
      expect(await engine.up()).toMatchObject({ ok: true, changes: [] });
    });

    test("a stopped app: up fails and says how to start it", async () => {
      const id = `/subscriptions/${azure.environment.ARM_SUBSCRIPTION_ID}/resourceGroups/agw-prod-rg/providers/Microsoft.App/containerApps/agw-prod-app`;
      const config = { image: missing };
      await engine.up({ config });
      await settled(azure, await arm(azure, "POST", `${id}/stop`));
      const stopped = { kind: "stopped", state: "Stopped" } as const;
      const found = { kind: "notReady", revision: "", serving: "", cause: stopped } as const;
      expectFailure(await engine.up({ config }), notServing(app(), found, undefined));
      await settled(azure, await arm(azure, "POST", `${id}/start`));
      expect(await engine.up({ config })).toMatchObject({ ok: true, changes: [] });
    });

    test("an image cannot be pulled at creation: up fails with Azure's reason, and again until the image exists", async () => {
      await engine.destroy({ config: { image: missing } });
      await arm(azure, "POST", "/_local/faults", { body: { fault: "image", image: missing, times: 1000 } });
      const config = { image: missing };
      for (const _time of [1, 2]) {
        const failed = await engine.up({ config });
        expect(failed.ok).toBe(false);
        expect(failed.text).toContain(manifestUnknown);
      }
      await arm(azure, "DELETE", "/_local/faults");
      const pushed = await engine.up({ config });
      expect(pushed, pushed.text).toMatchObject({ ok: true, outputs: { latestRevision: good, affinity: "sticky" } });
      expect(pushed.outputs.url).toMatch(/^https:/);
      expect(await engine.up({ config })).toMatchObject({ ok: true, changes: [] });
    });
  });
});
