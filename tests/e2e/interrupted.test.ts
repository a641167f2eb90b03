import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { arm, startTestAzure, type TestAzure } from "../support/azure/localAzure.ts";
import { McpSession } from "../support/mcp/mcpSession.ts";
import { bothEngines } from "../support/pulumi/bothEngines.ts";
import type { RunSettings, StackEngine, StackRun } from "../support/pulumi/stackEngine.ts";
import { trustingFetch } from "../support/trustingFetch.ts";

/** One Ctrl-C or SIGTERM during a write, on both engines. Real Azure may end its operations differently. */

const prefix = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/agw-prod-rg/providers/Microsoft.App";
const app = `${prefix}/containerApps/agw-prod-app`;
const environment = `${prefix}/managedEnvironments/agw-prod-env`;

describe.each(bothEngines)("the stack on $title", ({ there, start }) => {
  describe.skipIf(!there)("", () => {
    let azure: TestAzure;
    let engine: StackEngine;
    beforeEach(async () => {
      azure = await startTestAzure();
      engine = await start(azure, "prod");
    });
    afterEach(async () => {
      await engine[Symbol.asyncDispose]();
      await azure[Symbol.asyncDispose]();
    });

    const slow = (seconds: number) =>
      arm(azure, "POST", "/_local/faults", { body: { fault: "operation", seconds, times: 1 } });

    /**
     * Runs up, interrupts it during a write of this path, and waits until it ends. A write has begun once its operation
     * is polled: before that, the provider does not know whether Azure accepted it, and cannot record it.
     */
    async function interrupt(
      method: string,
      path: string,
      settings: RunSettings = {},
      signal = "SIGINT",
    ): Promise<StackRun> {
      const controller = new AbortController();
      const before = azure.requests().length;
      const up = engine.up({ ...settings, signal: controller.signal });
      let ended = false;
      void up.finally(() => {
        ended = true;
      });
      const sent = () => {
        const made = azure.requests().slice(before);
        const write = made.findIndex((one) => one.method === method && one.path.toLowerCase() === path.toLowerCase());
        return write >= 0 && (method === "PATCH" || made.slice(write).some((one) => /operationstatus/i.test(one.path)));
      };
      while (!sent() && !ended) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(ended, "nothing to interrupt: the run had ended").toBe(false);
      controller.abort(signal);
      return up;
    }

    /** Collects every affinity that the app shows while `work` runs. */
    async function affinitiesDuring<T>(work: () => Promise<T>): Promise<Set<string>> {
      const seen = new Set<string>();
      const poll = new AbortController();
      const polling = (async () => {
        while (!poll.signal.aborted) {
          const { status, body } = await arm(azure, "GET", app);
          if (status === 200) seen.add(body.properties.configuration.ingress.stickySessions?.affinity ?? "null");
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      await work().finally(() => poll.abort());
      await polling;
      return seen;
    }

    /**
     * Expects that nothing is replaced or deleted, that the next up converges, and that the one after it changes
     * nothing.
     */
    async function converges(settings: RunSettings = {}): Promise<void> {
      const { ok, changes, text } = await engine.preview(settings);
      expect(ok, text).toBe(true);
      expect(changes.filter((change) => /replace|delete/.test(change))).toEqual([]);
      const next = await engine.up(settings);
      expect(next.ok, next.text).toBe(true);
      expect(next.changes.filter((change) => /replace|delete/.test(change))).toEqual([]);
      expect(next.outputs).toMatchObject({ affinity: "sticky", url: expect.stringContaining("https://") });
      expect(await engine.up(settings)).toMatchObject({ ok: true, changes: [] });
    }

    test("Ctrl-C, or a cancelled job, during an update of the app's ingress: affinity is never off, and live sessions hold", async () => {
      const { outputs } = await engine.up();
      const session = new McpSession(String(outputs.url), trustingFetch(azure), { keepsCookies: true });
      await session.initialize();
      const counted = Number((await session.call("counter")).text);
      const settings = { config: { ipAllow: '["127.0.0.0/8"]' } };
      const seen = await affinitiesDuring(async () => {
        await slow(3);
        expect(await interrupt("PUT", app, settings)).toMatchObject({ ok: false });
        await converges(settings);
      });
      expect([...seen]).toEqual(["sticky"]);
      expect(await session.call("counter")).toEqual({ status: 200, text: String(counted + 1) });
    });

    test("Ctrl-C, or a cancelled job, during an update of the app's template (SIGTERM)", async () => {
      await engine.up();
      const settings = { config: { env: '{"LOG":"debug"}' } };
      await slow(3);
      expect(await interrupt("PUT", app, settings, "SIGTERM")).toMatchObject({ ok: false });
      await converges(settings);
    });

    test("Ctrl-C, or a cancelled job, during an update of the environment", async () => {
      await engine.up();
      const settings = { config: { tags: '{"owner":"platform"}' } };
      await slow(3);
      expect(await interrupt("PUT", environment, settings)).toMatchObject({ ok: false });
      await converges(settings);
    });

    test("Ctrl-C, or a cancelled job, during the creation of the environment", async () => {
      await slow(3);
      expect(await interrupt("PUT", environment)).toMatchObject({ ok: false });
      await converges();
    });

    test("Ctrl-C, or a cancelled job, during the creation of the app", async () => {
      // The creation of the environment is the first long-running operation, that of the app the second.
      const watch = interruptAfterSlow();
      expect(await watch).toMatchObject({ ok: false });
      await converges();
    });

    /** Slows down the creation of the app, which begins after that of the environment. */
    async function interruptAfterSlow(): Promise<StackRun> {
      const slowing = (async () => {
        while (!azure.requests().some(({ method, path }) => method === "PUT" && path === environment)) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        await slow(3);
      })();
      const [run] = await Promise.all([interrupt("PUT", app), slowing]);
      return run;
    }

    test("Ctrl-C, or a cancelled job, during the affinity step", async () => {
      await engine.up({ config: { enableStickySessions: "false" } });
      await arm(azure, "POST", "/_local/faults", {
        body: { fault: "answer", method: "PATCH", path: app, status: 503, times: 1000 },
      });
      expect(await interrupt("PATCH", app)).toMatchObject({ ok: false });
      await arm(azure, "DELETE", "/_local/faults");
      await converges();
    });
  });
});
