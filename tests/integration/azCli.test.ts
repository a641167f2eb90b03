import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { az, azIsThere, runWith, startTestAzure, type TestAzure } from "../support/localAzure.ts";

/**
 * The real Azure CLI against the local Azure. It shows that the CLI is content with what it is answered; it does not show
 * that real Azure answers the same (the shapes are from public recordings of it).
 */
const cli = await azIsThere();
const title = cli ? "" : " (skipped: no Azure CLI on the PATH and none could be installed)";

const app = ["--name", "agw-prod-app", "--resource-group", "agentgateway-prod-rg"];

describe.skipIf(!cli)(`the real Azure CLI against the local Azure${title}`, () => {
  let azure: TestAzure;
  const run = (...args: string[]) => az(azure, ...args);

  beforeAll(async () => {
    azure = await startTestAzure();
    await run("group", "create", "--name", "agentgateway-prod-rg", "--location", "eastus2");
    await run(
      "containerapp",
      "env",
      "create",
      "--name",
      "agw-env",
      "--resource-group",
      "agentgateway-prod-rg",
      "--location",
      "eastus2",
    );
    await run(
      ...["containerapp", "create", ...app, "--environment", "agw-env", "--image", "example.invalid/agentgateway:1"],
      ...["--ingress", "external", "--target-port", "8080", "--min-replicas", "2", "--max-replicas", "3"],
      ...["--secrets", "session-key=first", "--env-vars", "SESSION_KEY=secretref:session-key"],
    );
  });
  afterAll(async () => azure?.[Symbol.asyncDispose]());

  test("sticky-sessions set applies affinity, and show reads it back, word for word as documented", async () => {
    expect(
      await run("containerapp", "show", ...app, "--query", "properties.configuration.ingress.stickySessions"),
    ).toBeUndefined();
    const set = await run("containerapp", "ingress", "sticky-sessions", "set", ...app, "--affinity", "sticky");
    expect(set).toMatchObject({ stickySessions: { affinity: "sticky" }, transport: "Auto" });
    const shown = await run(
      "containerapp",
      "show",
      ...app,
      "--query",
      "properties.configuration.ingress.stickySessions",
    );
    expect(shown).toEqual({ affinity: "sticky" });
    expect(await run("containerapp", "ingress", "sticky-sessions", "show", ...app)).toMatchObject({
      stickySessions: { affinity: "sticky" },
    });
  });

  test("update --min-replicas makes a new revision and leaves affinity on", async () => {
    const before = (await run("containerapp", "show", ...app)) as { properties: { latestRevisionName: string } };
    await run("containerapp", "update", ...app, "--min-replicas", "3", "--max-replicas", "10");
    const after = await run(
      "containerapp",
      "show",
      ...app,
      "--query",
      "properties.[latestRevisionName, configuration.ingress.stickySessions.affinity, configuration.activeRevisionsMode]",
    );
    expect(before.properties.latestRevisionName).toBe("agw-prod-app--0000001");
    expect(after).toEqual(["agw-prod-app--0000002", "sticky", "Single"]);
    expect(await run("containerapp", "replica", "list", ...app)).toHaveLength(3);
    expect(await run("containerapp", "revision", "list", ...app, "--query", "[].[name, properties.active]")).toEqual([
      ["agw-prod-app--0000002", true],
    ]);
  });

  test("a value that the CLI knows to be wrong is exit 2, an app that is not there exit 3", async () => {
    const wrong = await runWith(azure, "az", [
      "containerapp",
      "ingress",
      "sticky-sessions",
      "set",
      ...app,
      "--affinity",
      "sometimes",
    ]);
    expect(wrong.code).toBe(2);
    const absent = ["--name", "no-such-app", "--resource-group", "agentgateway-prod-rg", "--affinity", "sticky"];
    const missing = await runWith(azure, "az", ["containerapp", "ingress", "sticky-sessions", "set", ...absent]);
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain("The containerapp 'no-such-app' does not exist in group 'agentgateway-prod-rg'");
  });
});
