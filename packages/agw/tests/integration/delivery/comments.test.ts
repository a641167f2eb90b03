import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { azIsThere, withoutAz } from "../../../../../tests/support/azure/localAzure.ts";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { previewOf, situations } from "../../../src/commands/comment.ts";
import { previewMarkdown } from "../../../src/delivery/comment/previewComment.ts";
import { forecastAffinity } from "../../../src/delivery/forecast/affinityForecast.ts";
import { forecastDestruction } from "../../../src/delivery/forecast/destructionForecast.ts";
import { forecastClients, type SessionsForecast } from "../../../src/delivery/forecast/sessionsForecast.ts";
import { type Config, Sandbox } from "../../../src/engines/sandbox.ts";

const cli = await azIsThere();
const reason = withoutAz(cli);

/** The same reviewed snapshots as for Pulumi's own engine: a difference is a bug or needs a review. */
describe.skipIf(!cli)(`the comment of a preview on the local Azure${reason}`, () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let sandbox: Sandbox;
  const comment = async (name: keyof typeof situations): Promise<string> =>
    `${previewMarkdown(await previewOf(sandbox, situations[name].change), { stack: "prod" })}\n`;
  /** With deletion protection, prod's previews of a replacement would fail. */
  const unprotected = { deletionProtection: "false" };
  const snapshot = (name: string): string => `../../support/comments/${name}.md`;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    sandbox = new Sandbox({
      env: process.env,
      signal: AbortSignal.timeout(600_000),
      projectDirectory: resolve("."),
      directory: directory.path,
      toolsDirectory: resolve(".local"),
      stack: "prod",
      log: () => {},
    });
    await sandbox.start();
  });
  afterAll(async () => {
    await sandbox?.[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
  });

  test("first deployment", async () => {
    await expect(await comment("first-deployment")).toMatchFileSnapshot(snapshot("first-deployment"));
    await sandbox.ensureAz();
    expect((await sandbox.run("up", unprotected)).errors).toEqual([]);
  });

  test.each(["no-change", "toggle-off", "new-revision"] as const)("%s", async (name) => {
    await expect(await comment(name)).toMatchFileSnapshot(snapshot(name));
  });

  test.each<[Config, SessionsForecast, ...cuts: string[]]>([
    [{ external: "false" }, { kind: "address changes", to: "internal" }],
    [
      { ingress: "false", enableStickySessions: "false" },
      { kind: "address lost", what: "ingress", op: "delete" },
    ],
    [{ clientCertificateMode: "require" }, { kind: "unaffected", elsewhere: true }, "refused"],
  ])("forecasts that clients lose their address or are refused: %j", async (change, sessions, ...cuts) => {
    const preview = await previewOf(sandbox, change);
    expect(forecastClients(preview, forecastAffinity(preview))).toMatchObject({
      sessions,
      cuts: cuts.map((how) => ({ how })),
      unknown: [],
    });
  });

  test("rebuild", async () => {
    const markdown = previewMarkdown(await previewOf(sandbox, { ...unprotected, location: "westeurope" }), {
      stack: "prod",
    });
    await expect(`${markdown}\n`).toMatchFileSnapshot(snapshot("rebuild"));
  });

  test.each<[Config, destroyed: string[], because: string[]]>([
    [{ deploymentStamp: "b" }, ["agw-prod-rg", "agw-prod-logs", "agw-prod-env", "agw-prod-app"], ["resourceGroupName"]],
    [{ environmentName: "other-env" }, ["agw-prod-env", "agw-prod-app"], ["environmentName"]],
    [{ containerAppName: "other-app" }, ["agw-prod-app"], ["containerAppName"]],
    [{ workspaceName: "other-logs" }, ["agw-prod-logs"], ["workspaceName"]],
    [{ existingResourceGroup: "true" }, ["agw-prod-rg"], []],
    [{ existingEnvironmentName: "agw-prod-env" }, ["agw-prod-logs", "agw-prod-env"], []],
  ])("forecasts what %j destroys", async (change, destroyed, because) => {
    const { lost } = forecastDestruction(await previewOf(sandbox, { ...unprotected, ...change })) ?? { lost: [] };
    expect(lost.map(({ name }) => name)).toEqual(destroyed);
    expect([...new Set(lost.flatMap((one) => one.because.map(({ path }) => path)))]).toEqual(because);
  });

  test("drift", async () => {
    await sandbox.setAffinity("none");
    await expect(await comment("drift")).toMatchFileSnapshot(snapshot("drift"));
  });
});
