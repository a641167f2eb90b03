import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { azIsThere, withoutAz } from "../../../../../tests/support/azure/localAzure.ts";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { previewOf, situations } from "../../../src/commands/comment.ts";
import { previewMarkdown } from "../../../src/delivery/comment/previewComment.ts";
import { Sandbox } from "../../../src/engines/sandbox.ts";

const cli = await azIsThere();
const reason = withoutAz(cli);

/** Reviewed snapshots, shared with what Pulumi's own engine printed: a difference is either a fault or to be reviewed. */
describe.skipIf(!cli)(`the comment of a pull request, from the local Azure${reason}`, () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let sandbox: Sandbox;
  const comment = async (name: keyof typeof situations): Promise<string> =>
    `${previewMarkdown(await previewOf(sandbox, situations[name].change), { stack: "prod" })}\n`;
  /** What prod protects could not be replaced or deleted in a preview. */
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

  test.each([
    [{ external: "false" }, "⚠️ the address changes to an internal one: **all of them end**"],
    [{ ingress: "false", enableStickySessions: "false" }, "⚠️ the ingress is deleted: **all of them end**"],
    [{ targetPort: "9090" }, "the replicas stay. ⚠️ **Clients may be refused** from then on"],
  ])("the address or its clients at stake: %j", async (change, says) => {
    const preview = await previewOf(sandbox, change);
    expect(previewMarkdown(preview, { stack: "prod" })).toContain(`- **Live sessions:** ${says}`);
  });

  test("rebuild", async () => {
    const markdown = previewMarkdown(await previewOf(sandbox, { ...unprotected, location: "westeurope" }), {
      stack: "prod",
    });
    await expect(`${markdown}\n`).toMatchFileSnapshot(snapshot("rebuild"));
  });

  test.each([
    [{ deploymentStamp: "b" }, "`resourceGroupName` changes from `agw-prod-rg` to `agw-prod-b-rg`"],
    [
      { environmentName: "other-env" },
      "the environment `agw-prod-env` and the app `agw-prod-app`, because `environmentName`",
    ],
    [{ containerAppName: "other-app" }, "the app `agw-prod-app`, because `containerAppName`"],
    [{ workspaceName: "other-logs" }, "the workspace `agw-prod-logs`, because `workspaceName`"],
    [{ existingResourceGroup: "true" }, "**Destroys:** ⚠️ the resource group `agw-prod-rg` with everything in it."],
    [{ existingEnvironmentName: "agw-prod-env" }, "the workspace `agw-prod-logs` and the environment `agw-prod-env`."],
  ])("a change that destroys what lives is announced: %j", async (change, says) => {
    expect(previewMarkdown(await previewOf(sandbox, { ...unprotected, ...change }), { stack: "prod" })).toContain(says);
  });

  test("drift", async () => {
    await sandbox.setAffinity("none");
    await expect(await comment("drift")).toMatchFileSnapshot(snapshot("drift"));
  });
});
