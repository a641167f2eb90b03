import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { arm, putsOf, settled, startTestAzure, type TestAzure } from "../support/azure/localAzure.ts";
import { bothEngines } from "../support/pulumi/bothEngines.ts";
import type { StackEngine } from "../support/pulumi/stackEngine.ts";

/** Another operation runs on a resource that an update writes, on both engines. */

const prefix = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/agw-prod-rg/providers/Microsoft.App";
const app = `${prefix}/containerApps/agw-prod-app`;

describe.each(bothEngines)("the stack on $title", ({ there, start }) => {
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

    /** Starts an operation on the app that takes this long, like a change by an operator. */
    async function occupy(seconds: number): Promise<() => Promise<unknown>> {
      await arm(azure, "POST", "/_local/faults", { body: { fault: "operation", seconds, times: 1 } });
      const answer = await arm(azure, "PATCH", app, {
        body: { properties: { configuration: { maxInactiveRevisions: 50 } } },
      });
      expect(answer.status).toBe(202);
      return () => settled(azure, answer);
    }
    /** Statuses of the answers to the writes of the app. */
    const statuses = () => putsOf(azure, app).map(({ status }) => status);

    test("another operation runs on the app or the environment (409): the update waits until it ends, says so, and succeeds", async () => {
      await occupy(20);
      const { ok, text, changes } = await engine.up({ config: { minReplicas: "3" } });
      expect(ok, text).toBe(true);
      expect(changes).toEqual(["update agentgateway-app"]);
      expect(statuses().slice(1)).toContain(409);
      expect(statuses().at(-1)).toBe(201);
      expect(text).toMatch(/agentgateway-app; .* \d+ s \(\d+ of \d+ s\)/);
    });

    test("an operation that exceeds the limit fails the update with Azure's code, without a stack trace", async () => {
      const ended = await occupy(25);
      const environment = { AFFINITY_LIMIT_SECONDS: "2", AFFINITY_RETRY_SECONDS: "1" };
      const { ok, text } = await engine.up({ config: { minReplicas: "3" }, environment });
      expect(ok).toBe(false);
      expect(text).toContain("ContainerAppOperationInProgress");
      expect(text).not.toMatch(/\n\s+at |node:internal|unhandled/i);
      await ended();
      expect(await engine.up({ config: { minReplicas: "3" } })).toMatchObject({ ok: true });
    });

    test("does not retry any other refusal", async () => {
      const before = statuses().length;
      await arm(azure, "POST", "/_local/faults", {
        body: { fault: "operation", error: { code: "ContainerAppOperationError", message: "no such image" }, times: 1 },
      });
      expect(await engine.up({ config: { minReplicas: "3" } })).toMatchObject({ ok: false });
      expect(statuses().length).toBe(before + 1);
    });
  });
});
