import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { az, azIsThere, startTestAzure, type TestAzure } from "../../../../../tests/support/azure/localAzure.ts";
import { pulumiIsThere, withoutPulumi } from "../../../../../tests/support/pulumi/pulumiCli.ts";
import { type RealPulumi, startRealPulumi } from "../../../../../tests/support/pulumi/realPulumi.ts";
import { situations } from "../../../src/commands/comment.ts";
import { violationsOf } from "../../../src/delivery/digest/policyEvents.ts";
import { changesOf, type PreviewDigest } from "../../../src/delivery/digest/previewDigest.ts";
import { parsePreview } from "../../../src/delivery/digest/readPreview.ts";
import { forecastAffinity } from "../../../src/delivery/forecast/affinityForecast.ts";
import { forecastDestruction } from "../../../src/delivery/forecast/destructionForecast.ts";
import { forecastClients } from "../../../src/delivery/forecast/sessionsForecast.ts";

/** Uses Pulumi's own engine with the stand-in for azure-native: proves the engine's JSON, not the real provider's. */
const isReady = pulumiIsThere && (await azIsThere());

describe.skipIf(!isReady)(`previews of Pulumi's own engine${withoutPulumi}`, () => {
  let azure: TestAzure;
  let pulumi: RealPulumi;
  const which = ["--name", "agw-prod-app", "--resource-group", "agw-prod-rg"];
  const preview = async (...args: string[]): Promise<PreviewDigest> => {
    const ran = await pulumi.run("preview", "--json", "--stack", "prod", ...args);
    expect(ran.code, ran.stderr).toBe(0);
    if (process.env.AGW_RECORD) await writeFile(join(process.env.AGW_RECORD, `${Date.now()}.json`), ran.stdout);
    return parsePreview(ran.stdout);
  };
  const forecasts = (digest: PreviewDigest) => {
    const affinity = forecastAffinity(digest);
    return { affinity, sessions: forecastClients(digest, affinity).sessions.kind };
  };

  beforeAll(async () => {
    azure = await startTestAzure();
    pulumi = await startRealPulumi(azure, "prod");
  });
  afterAll(async () => {
    await pulumi?.[Symbol.asyncDispose]();
    await azure?.[Symbol.asyncDispose]();
  });

  test("first deployment, then the update itself", async () => {
    expect(forecasts(await preview())).toEqual({
      affinity: { kind: "first deployment", wanted: "sticky" },
      sessions: "none yet",
    });
    const up = await pulumi.run("up", "--yes", "--skip-preview", "--stack", "prod");
    expect(up.code, up.stdout + up.stderr).toBe(0);
  });

  test("no change and no mandatory violation: the policy pack advises a session key", async () => {
    const log = join(azure.directory, "events");
    const digest = await preview("--policy-pack", "policy", "--event-log", log);
    expect(forecasts(digest)).toEqual({ affinity: { kind: "stays", wanted: "sticky" }, sessions: "unaffected" });
    expect(changesOf(digest)).toEqual([]);
    const found = violationsOf(await readFile(log, "utf8"));
    expect(found).toMatchObject([{ policy: "prod-has-session-key", level: "advisory" }]);
  });

  test("toggle off", async () => {
    const digest = await pulumi.withConfig(situations["toggle-off"].change, () => preview());
    expect(forecasts(digest)).toEqual({ affinity: { kind: "turns off" }, sessions: "unpinned" });
  });

  test("an update that creates a new revision", async () => {
    const digest = await pulumi.withConfig(situations["new-revision"].change, () => preview());
    expect(forecasts(digest)).toEqual({ affinity: { kind: "stays", wanted: "sticky" }, sessions: "new revision" });
  });

  test("a change that destroys and rebuilds: which resources, why, and what happens to address and logs", async () => {
    const digest = await pulumi.withConfig({ location: "westeurope" }, () => preview());
    expect(forecastDestruction(digest)).toEqual({
      lost: [
        {
          kind: "resource group",
          name: "agw-prod-rg",
          rebuilt: true,
          because: [{ path: "location", before: "eastus2", after: "westeurope" }],
        },
        { kind: "workspace", name: "agw-prod-logs", rebuilt: true, because: [] },
        { kind: "environment", name: "agw-prod-env", rebuilt: true, because: [] },
        { kind: "app", name: "agw-prod-app", rebuilt: true, because: [] },
      ],
      address: "changes",
      logs: "name reserved",
    });
  });

  test("the preview of a pulumi destroy forecasts no destruction", async () => {
    const ran = await pulumi.run("destroy", "--preview-only", "--json", "--stack", "prod");
    expect(ran.code, ran.stderr).toBe(0);
    expect(forecastDestruction(parsePreview(ran.stdout))).toBeUndefined();
  });

  test("the policy pack stops what the program only warns about, and the event log names the policy", async () => {
    const log = join(azure.directory, "events-of-the-stopped");
    const ran = await pulumi.withConfig({ allowInsecure: "true" }, () =>
      pulumi.run("preview", "--json", "--stack", "prod", "--policy-pack", "policy", "--event-log", log),
    );
    expect(ran.code).not.toBe(0);
    const found = violationsOf(await readFile(log, "utf8"));
    expect(found.filter(({ level }) => level === "mandatory")).toMatchObject([
      { policy: "ingress-is-secure", resource: "agentgateway-app" },
    ]);
  });

  test("drift: --refresh --expect-no-changes exits with 7, and the forecast shows it", async () => {
    await az(azure, "containerapp", "ingress", "sticky-sessions", "set", ...which, "--affinity", "none");
    const ran = await pulumi.run("preview", "--json", "--refresh", "--expect-no-changes", "--stack", "prod");
    expect(ran.code).toBe(7);
    const digest = parsePreview(ran.stdout);
    expect(forecasts(digest)).toEqual({
      affinity: { kind: "drifted", live: "none", wanted: "sticky" },
      sessions: "pinned",
    });
    if (process.env.AGW_RECORD) await writeFile(join(process.env.AGW_RECORD, "drift.json"), ran.stdout);
  });
});
