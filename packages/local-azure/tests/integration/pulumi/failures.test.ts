import { describe, expect, test } from "vitest";
import { type ArmStandIn, type Intercept, startArmStandIn } from "../../../../../tests/support/azure/armStandIn.ts";
import { pulumiIsThere, withoutPulumi } from "../../../../../tests/support/pulumi/pulumiCli.ts";
import {
  embeddedEngine,
  pulumiEngine,
  type StackEngine,
  smallProgram,
} from "../../../../../tests/support/pulumi/stackEngine.ts";

/** What each engine records and reports after a failure. Both run the small program against the ARM stand-in. */
const engines = [
  { title: "the built-in engine", there: true, start: embeddedEngine },
  { title: `Pulumi's own engine${withoutPulumi}`, there: pulumiIsThere, start: pulumiEngine },
];

const isApp = (path: string): boolean => path.endsWith("/small-app");
const busy = { status: 409, body: { error: { code: "ContainerAppOperationInProgress", message: "busy" } } };

interface Stage extends AsyncDisposable {
  readonly arm: ArmStandIn;
  readonly engine: StackEngine;
  /** Returns how often the app was written since the last call. */
  writes(): number;
  /** Makes every later operation of the app fail. */
  failOperations(): void;
  /** Interrupts the run while it waits for an operation of the app. */
  interrupted<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

describe.each(engines)("on $title", ({ there, start }) => {
  const stage = async (): Promise<Stage> => {
    const arm = await startArmStandIn();
    const engine = await start(arm, "test", smallProgram);
    let operation: string | undefined;
    /** Answers only polls of the app's operation: the one that started with the last PUT of the app. */
    const ofApp =
      (answer: ReturnType<Intercept>): Intercept =>
      ({ method, path }) => {
        if (method === "PUT") operation = isApp(path) ? "app" : undefined;
        return path.startsWith("/operations/") && operation === "app" ? answer : undefined;
      };
    return {
      arm,
      engine,
      writes: () => arm.requests.splice(0).filter(({ method, path }) => method === "PUT" && isApp(path)).length,
      failOperations: () => {
        arm.polls = 1;
        const body = { status: "Failed", error: { code: "RevisionFailed", message: "The image cannot be pulled." } };
        arm.intercept = ofApp({ status: 200, body });
      },
      interrupted: async (run) => {
        const stop = new AbortController();
        arm.polls = 1;
        arm.intercept = ofApp({ status: 200, body: { status: "InProgress" }, headers: { "retry-after": "60" } });
        arm.answered = ({ path }) => path.startsWith("/operations/") && operation === "app" && stop.abort();
        const result = await run(stop.signal);
        Object.assign(arm, { polls: 0, intercept: () => undefined, answered: () => {} });
        return result;
      },
      [Symbol.asyncDispose]: async () => {
        await engine[Symbol.asyncDispose]();
        await arm[Symbol.asyncDispose]();
      },
    };
  };

  describe.skipIf(!there)("", () => {
    const failed = 'Status=200 Code="RevisionFailed" Message="The image cannot be pulled."';

    test("a create whose operation fails is recorded with the reason: the next up updates it, unless a refresh clears the reason", async () => {
      await using at = await stage();
      at.failOperations();
      const { ok, text } = await at.engine.up();
      expect(ok).toBe(false);
      expect(text).toContain(`1 error occurred:\n\t* ${failed}\n\n`);
      const { app } = await at.engine.recorded();
      expect(app).toMatchObject({ id: expect.stringContaining("/small-app"), initErrors: [failed] });
      expect(app?.outputs).toMatchObject({ name: "small-app", provisioningState: "Succeeded" });
      at.arm.intercept = () => undefined;
      const again = await at.engine.preview({ refresh: false });
      expect(again.changes).toEqual(["create affinity", "update app"]);
      const refreshed = await at.engine.up({ refresh: true });
      expect(refreshed).toMatchObject({ ok: true, changes: ["create affinity"] });
      expect((await at.engine.recorded()).app?.initErrors ?? []).toEqual([]);
    });

    test("an update whose operation fails records the live outputs and the old inputs", async () => {
      await using at = await stage();
      await at.engine.up();
      at.failOperations();
      const { ok, text } = await at.engine.up({ config: { image: "nginx:2" } });
      expect(ok).toBe(false);
      expect(text).toContain(failed);
      const { app } = await at.engine.recorded();
      expect(app?.initErrors).toEqual([failed]);
      expect(app?.inputs).toMatchObject({ template: { containers: [{ image: "nginx:1" }] } });
      expect(app?.outputs).toMatchObject({ template: { containers: [{ image: "nginx:2" }] } });
      at.arm.intercept = () => undefined;
      expect(await at.engine.up()).toMatchObject({ ok: true, changes: ["update app"] });
      expect(await at.engine.up()).toMatchObject({ ok: true, changes: [] });
    });

    test("one Ctrl-C during an update loses its outputs: a refresh then treats every live value as an input, and only ignoreChanges prevents a replacement", async () => {
      await using at = await stage();
      await at.engine.up();
      const config = { image: "nginx:2" };
      const broken = await at.interrupted((signal) => at.engine.up({ config, signal }));
      expect(broken.ok).toBe(false);
      const { app } = await at.engine.recorded();
      expect(app?.outputs ?? {}).toEqual({});
      expect(app?.initErrors).toHaveLength(1);
      expect(app?.initErrors?.[0]).toMatch(/^resource created but read failed .*small-app: context canceled/);

      // Azure returns this property even if the PUT did not set it.
      const live = at.arm.resources.get(app?.id?.toLowerCase() ?? "") as { properties: Record<string, unknown> };
      live.properties.managedEnvironmentId = live.properties.environmentId;
      const replaced = await at.engine.preview({ config, refresh: true });
      expect(replaced.changes).toContain("replace app");
      const ignoring = { config: { ...config, ignoreChanges: '["managedEnvironmentId"]' }, refresh: true };
      expect((await at.engine.preview(ignoring)).changes).toEqual(["update app"]);
      expect(await at.engine.up(ignoring)).toMatchObject({ ok: true, changes: ["update app"] });
      expect(await at.engine.up(ignoring)).toMatchObject({ ok: true, changes: [] });
    });

    test("after one Ctrl-C during a create that Azure had accepted, the app is recorded, and the next up updates it", async () => {
      await using at = await stage();
      await at.interrupted((signal) => at.engine.up({ signal }));
      const { app } = await at.engine.recorded();
      expect(app).toMatchObject({ id: expect.stringContaining("/small-app"), initErrors: [expect.any(String)] });
      expect(app?.outputs ?? {}).toEqual({});
      expect(await at.engine.up()).toMatchObject({ ok: true, changes: ["create affinity", "update app"] });
    });

    test("a 409 from Container Apps fails at once, unless an error hook asks for a retry", async () => {
      await using at = await stage();
      const hooks = { hooks: "true", retryOn: "OperationInProgress" };
      expect(await at.engine.up({ config: hooks })).toMatchObject({ ok: true });
      expect((await at.engine.recorded()).app?.resourceHooks).toEqual({
        BeforeUpdate: ["refusing"],
        OnError: ["retrying"],
      });
      let left = 2;
      at.arm.intercept = ({ method, path }) => (method === "PUT" && isApp(path) && left-- > 0 ? busy : undefined);
      at.writes();
      const waited = await at.engine.up({ config: { ...hooks, image: "nginx:2" } });
      expect(waited).toMatchObject({ ok: true, changes: ["update app"] });
      expect(at.writes()).toBe(3);
      const said = 'Status=409 Code="ContainerAppOperationInProgress" Message="busy"';
      expect(waited.text).toContain(`asked about update: ${JSON.stringify([said])}`);
      expect(waited.text).toContain(`asked about update: ${JSON.stringify([said, said])}`);
      expect(waited.text).toContain("retrying update due to on-error hook request (2/100)");

      left = 1;
      const { ok, text } = await at.engine.up({ config: { image: "nginx:3" } });
      expect(ok).toBe(false);
      expect(text).toContain(said);
      expect(at.writes()).toBe(1);

      // A destroy knows hooks only by name, so the reason of the failed delete is shown.
      await at.engine.up({ config: hooks });
      at.arm.intercept = ({ method, path }) => (method === "DELETE" && isApp(path) ? busy : undefined);
      const destroyed = await at.engine.destroy();
      expect(destroyed.ok).toBe(false);
      expect(destroyed.text).toContain(said);
      expect(destroyed.text).not.toContain("was not registered");
    });

    test("a beforeUpdate hook refuses an update with its own message before anything is sent; in a preview only with onDryRun", async () => {
      await using at = await stage();
      const hooks = { hooks: "true", refuseUpdate: "not like this" };
      await at.engine.up({ config: { hooks: "true" } });
      at.writes();
      const config = { ...hooks, affinity: "none" };
      const words = 'before hook "refusing" failed: not like this: sticky -> none';
      const refused = await at.engine.up({ config });
      expect(refused.ok).toBe(false);
      expect(refused.text).toContain(words);
      expect((await at.engine.preview({ config })).ok).toBe(true);
      const preview = await at.engine.preview({ config: { ...config, refusePreview: "true" } });
      expect(preview.ok).toBe(false);
      expect(preview.text).toContain(`Preview failed: ${words}`);
      expect(at.writes()).toBe(0);
      expect(await at.engine.up({ config: hooks })).toMatchObject({ ok: true, changes: [] });
    });

    test("a protected resource and what it depends on are neither replaced nor deleted until it is unprotected", async () => {
      await using at = await stage();
      const guarded = { protect: "true" };
      await at.engine.up({ config: guarded });
      expect((await at.engine.recorded()).app).toMatchObject({ protect: true });
      at.arm.requests.length = 0;
      const app = "urn:pulumi:test::small::small:index:Gateway$azure-native:app:ContainerApp::app";
      const group = "urn:pulumi:test::small::small:index:Gateway$azure-native:resources:ResourceGroup::group";
      const moved = { ...guarded, location: "eastus" };
      for (const run of [at.engine.preview, at.engine.up]) {
        const { ok, text } = await run({ config: moved });
        expect(ok).toBe(false);
        expect(text).toContain(
          `unable to replace resource "${app}" as part of replacing "${group}" as it is currently marked for protection.`,
        );
      }
      const own = { ...guarded, environmentId: "/subscriptions/s/elsewhere" };
      expect((await at.engine.up({ config: own })).text).toContain(
        `unable to replace resource "${app}"\nas it is currently marked for protection.`,
      );
      const destroyed = await at.engine.destroy();
      expect(destroyed.ok).toBe(false);
      expect(destroyed.text).toContain(`resource "${app}" cannot be deleted\nbecause it is protected.`);
      expect(destroyed.text).toContain(`\`pulumi state unprotect '${app}'\``);
      expect(Object.keys(await at.engine.recorded())).toEqual(
        expect.arrayContaining(["small-test", "gateway", "group", "env", "app"]),
      );
      expect(at.arm.requests.filter(({ method }) => method !== "GET")).toEqual([]);

      await at.engine.up();
      expect(await at.engine.destroy()).toMatchObject({ ok: true });
      expect(at.arm.resources.size).toBe(0);
    });

    test("ignored properties are not drift and keep their live values; a path that cannot be ignored is named", async () => {
      await using at = await stage();
      const config = { ignoreChanges: '["configuration.registries", "identity"]' };
      await at.engine.up({ config });
      const id = (await at.engine.recorded()).app?.id?.toLowerCase() ?? "";
      const live = at.arm.resources.get(id) as { identity: unknown; properties: { configuration: object } };
      live.identity = { type: "SystemAssigned" };
      Object.assign(live.properties.configuration, { registries: [{ server: "registry.example" }] });
      expect(await at.engine.up({ config, refresh: true })).toMatchObject({ ok: true, changes: [] });
      const updated = await at.engine.up({ config: { ...config, affinity: "none" }, refresh: true });
      expect(updated).toMatchObject({ ok: true, changes: ["update affinity", "update app"] });
      expect(at.arm.resources.get(id)).toMatchObject({
        identity: { type: "SystemAssigned" },
        properties: { configuration: { registries: [{ server: "registry.example" }] } },
      });
      const { text } = await at.engine.preview({ config: { ignoreChanges: '["identity.type"]' }, refresh: true });
      expect(text).toContain('cannot ignore changes in added or removed elements of the path: "identity.type"');
    });
  });
});
