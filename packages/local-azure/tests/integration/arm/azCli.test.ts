import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  arm,
  az,
  azIsThere,
  emptyAzConfiguration,
  runWith,
  startTestAzure,
  type TestAzure,
  untilAzSaysReady,
  withoutAz,
} from "../../../../../tests/support/azure/localAzure.ts";
import { closedPort } from "../../../../../tests/support/closedPort.ts";

/**
 * The real Azure CLI against the local Azure. Shows that the CLI accepts the responses, not that Azure's are the same
 * (their form comes from public recordings of Azure).
 */
const cli = await azIsThere();
const title = withoutAz(cli);

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
    await untilAzSaysReady(azure, app);
  });
  afterAll(async () => azure?.[Symbol.asyncDispose]());

  /** Runs a command line in a shell, as a person would. */
  const shell = (line: string) => runWith(azure, "/bin/sh", ["-c", line]);
  const parsed = async (line: string): Promise<unknown> => {
    const ran = await shell(line);
    expect(ran.code, ran.stderr).toBe(0);
    return ran.stdout.trim() === "" ? undefined : JSON.parse(ran.stdout);
  };

  test("every command of the sticky sessions specification works unchanged, except for names", async () => {
    const set = `az containerapp ingress sticky-sessions set \\
      --name agw-prod-app \\
      --resource-group agentgateway-prod-rg \\
      --affinity sticky`;
    const show = `az containerapp show \\
      --name agw-prod-app \\
      --resource-group agentgateway-prod-rg \\
      --query "properties.configuration.ingress.stickySessions"`;
    expect(await parsed(show)).toBeUndefined();
    expect(await parsed(set)).toMatchObject({ stickySessions: { affinity: "sticky" }, transport: "Auto" });
    expect(await parsed(show)).toEqual({ affinity: "sticky" });
    await parsed(`az containerapp update \\
      --name agw-prod-app \\
      --resource-group agentgateway-prod-rg \\
      --min-replicas 2 \\
      --max-replicas 10`);
    expect(
      await parsed(`az containerapp show --name agw-prod-app -g agentgateway-prod-rg \\
     --query "properties.configuration.ingress.stickySessions"`),
    ).toEqual({ affinity: "sticky" });
    expect(
      await parsed(`az containerapp show --name agw-prod-app -g agentgateway-prod-rg \\
     --query "properties.configuration.activeRevisionsMode"`),
    ).toBe("Single");
  });

  test("update --min-replicas creates a revision that takes over, and keeps affinity on", async () => {
    await run("containerapp", "update", ...app, "--min-replicas", "3", "--max-replicas", "9");
    await untilAzSaysReady(azure, app);
    const query = "properties.[latestRevisionName, configuration.ingress.stickySessions.affinity]";
    // The creation made the first revision, an update in the specification's commands the second.
    expect(await run("containerapp", "show", ...app, "--query", query)).toEqual(["agw-prod-app--0000003", "sticky"]);
    const revisions = await run(
      "containerapp",
      "revision",
      "list",
      ...app,
      "--all",
      "--query",
      "[].[name, properties.active]",
    );
    expect(revisions).toEqual([
      ["agw-prod-app--0000001", false],
      ["agw-prod-app--0000002", false],
      ["agw-prod-app--0000003", true],
    ]);
    expect(await run("containerapp", "replica", "list", ...app)).toHaveLength(3);
  });

  test("replica, revision and log commands show what runs", async () => {
    const revision = ["--revision", "agw-prod-app--0000003"];
    const [replica] = (await run(
      "containerapp",
      "replica",
      "list",
      ...app,
      ...revision,
      "--query",
      "[].name",
    )) as string[];
    const shown = await run("containerapp", "replica", "show", ...app, ...revision, "--replica", replica ?? "");
    expect(shown).toMatchObject({
      name: replica,
      properties: { runningState: "Running", containers: [{ name: "agw-prod-app", ready: true }] },
    });
    expect(await run("containerapp", "revision", "show", ...app, ...revision)).toMatchObject({
      properties: { active: true, replicas: 3, trafficWeight: 100 },
    });
    expect(await run("containerapp", "revision", "restart", ...app, ...revision)).toBe("Restart succeeded");
    const [restarted] = (await run("containerapp", "replica", "list", ...app, "--query", "[].name")) as string[];
    const logs = await shell(
      `az containerapp logs show -n agw-prod-app -g agentgateway-prod-rg --replica ${restarted} --tail 5 --format text`,
    );
    expect(logs.code, logs.stderr).toBe(0);
    expect(logs.stdout).toContain("listening on 127.0.0.1:");
  });

  test("secret list omits values, secret show returns one", async () => {
    await run("containerapp", "secret", "set", ...app, "--secrets", "session-key=second", "extra=third");
    const listed = JSON.stringify(await run("containerapp", "secret", "list", ...app));
    expect(listed).toContain("session-key");
    expect(listed).not.toContain("second");
    expect(await run("containerapp", "secret", "show", ...app, "--secret-name", "session-key")).toMatchObject({
      value: "second",
    });
  });

  test("multiple mode is refused with affinity; without it, set-mode, deactivate and activate work", async () => {
    const refused = await shell(
      "az containerapp revision set-mode -n agw-prod-app -g agentgateway-prod-rg --mode multiple",
    );
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("(ContainerAppInvalidStickySessions)")]);
    await run("containerapp", "ingress", "sticky-sessions", "set", ...app, "--affinity", "none");
    expect(await run("containerapp", "revision", "set-mode", ...app, "--mode", "multiple")).toBe("Multiple");
    const revision = ["--revision", "agw-prod-app--0000003"];
    expect(await run("containerapp", "revision", "deactivate", ...app, ...revision)).toBe("Deactivate succeeded");
    expect(await run("containerapp", "replica", "list", ...app)).toEqual([]);
    expect(await run("containerapp", "revision", "activate", ...app, ...revision)).toBe("Activate succeeded");
    expect(await run("containerapp", "replica", "list", ...app)).toHaveLength(3);
    const sticky = await shell(
      "az containerapp ingress sticky-sessions set -n agw-prod-app -g agentgateway-prod-rg --affinity sticky",
    );
    expect([sticky.code, sticky.stderr]).toEqual([1, expect.stringContaining("(ContainerAppInvalidStickySessions)")]);
    expect(await run("containerapp", "revision", "set-mode", ...app, "--mode", "single")).toBe("Single");
  });

  test("affinity without ingress is refused, and ingress can be disabled and enabled", async () => {
    await run("containerapp", "ingress", "disable", ...app);
    const refused = await shell(
      "az containerapp ingress sticky-sessions set -n agw-prod-app -g agentgateway-prod-rg --affinity sticky",
    );
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("(ContainerAppInvalidStickySessions)")]);
    const enabled = await run(
      "containerapp",
      "ingress",
      "enable",
      ...app,
      "--type",
      "external",
      "--target-port",
      "8080",
    );
    expect(enabled).toMatchObject({ external: true, stickySessions: null });
    expect(
      await run("containerapp", "ingress", "sticky-sessions", "set", ...app, "--affinity", "sticky"),
    ).toMatchObject({ external: true });
  });

  test("a write while another operation runs fails with ContainerAppOperationInProgress", async () => {
    // Longer than the two commands take on any machine. The operation ends with the local Azure.
    await arm(azure, "POST", "/_local/faults", { body: { fault: "operation", seconds: 600 } });
    await run("containerapp", "update", ...app, "--max-replicas", "8", "--no-wait");
    const refused = await shell(
      "az containerapp ingress sticky-sessions set -n agw-prod-app -g agentgateway-prod-rg --affinity none",
    );
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("(ContainerAppOperationInProgress)")]);
  });

  test("an invalid value exits with 2, a missing app with 3", async () => {
    const wrong = await shell(
      "az containerapp ingress sticky-sessions set -n agw-prod-app -g agentgateway-prod-rg --affinity sometimes",
    );
    expect(wrong.code).toBe(2);
    const missing = await shell(
      "az containerapp ingress sticky-sessions set -n none -g agentgateway-prod-rg --affinity sticky",
    );
    expect([missing.code, missing.stderr]).toEqual([
      3,
      expect.stringContaining("The containerapp 'none' does not exist in group 'agentgateway-prod-rg'"),
    ]);
  });
});

describe.skipIf(!cli)(`sign-in and cleanup with the real Azure CLI${title}`, () => {
  test("cloud register reads the endpoints, and a service principal and a managed identity sign in", async () => {
    await using azure = await startTestAzure();
    const { ARM_TENANT_ID = "", IDENTITY_HEADER = "", ARM_METADATA_HOSTNAME } = azure.environment;
    const env = {
      AZURE_CONFIG_DIR: await emptyAzConfiguration(azure),
      AZURE_CORE_INSTANCE_DISCOVERY: "false",
    };
    const own = (...args: string[]) => runWith(azure, "az", args, env);
    const registered = await own(
      "cloud",
      "register",
      "--name",
      "Own",
      "--endpoint-resource-manager",
      `https://${ARM_METADATA_HOSTNAME}`,
    );
    expect(registered.code, registered.stderr).toBe(0);
    expect((await own("cloud", "set", "--name", "Own")).code).toBe(0);
    const principal = [
      "--username",
      "00000000-0000-4000-8000-0000000000bb",
      "--password",
      IDENTITY_HEADER,
      "--tenant",
      ARM_TENANT_ID,
    ];
    const signedIn = await own("login", "--service-principal", ...principal);
    expect(signedIn.code, signedIn.stderr).toBe(0);
    expect(JSON.parse((await own("group", "list")).stdout)).toEqual([]);
    expect((await own("login", "--identity")).code).toBe(0);
    expect(JSON.parse((await own("account", "show")).stdout)).toMatchObject({
      name: "Local Azure",
      user: { name: "systemAssignedIdentity" },
    });
  });

  test("az bypasses an HTTP proxy to reach the local Azure", async () => {
    await using azure = await startTestAzure();
    const proxy = `http://127.0.0.1:${closedPort}`;
    const { PATH } = process.env;
    const env = { PATH, HTTPS_PROXY: proxy, https_proxy: proxy, HTTP_PROXY: proxy, http_proxy: proxy };
    const { stdout } = await promisify(execFile)("az", ["group", "list"], { env: { ...azure.environment, ...env } });
    expect(JSON.parse(stdout)).toEqual([]);
  });

  test("deleting an app and a group leaves no resource and no process", async () => {
    await using azure = await startTestAzure();
    await az(azure, "group", "create", "--name", "rg", "--location", "westeurope");
    await az(
      azure,
      "containerapp",
      "env",
      "create",
      "--name",
      "env",
      "--resource-group",
      "rg",
      "--logs-destination",
      "none",
    );
    const create = [
      "--resource-group",
      "rg",
      "--environment",
      "env",
      "--image",
      "example.invalid/a:1",
      "--ingress",
      "external",
      "--target-port",
      "80",
    ];
    await az(azure, "containerapp", "create", "--name", "one", ...create);
    await az(azure, "containerapp", "create", "--name", "two", ...create);
    expect(await az(azure, "containerapp", "list", "--query", "[].name")).toEqual(["one", "two"]);
    await az(azure, "containerapp", "delete", "--name", "one", "--resource-group", "rg", "--yes");
    expect(await az(azure, "containerapp", "list", "--resource-group", "rg", "--query", "[].name")).toEqual(["two"]);
    const [replica] = azure.dataPlane.replicas(idOf("two"), "two--0000001");
    expect(isRunning(replica?.pid)).toBe(true);
    await az(azure, "group", "delete", "--name", "rg", "--yes");
    expect(await az(azure, "group", "exists", "--name", "rg")).toBe(false);
    expect(isRunning(replica?.pid)).toBe(false);
  });
});

const idOf = (name: string): string =>
  `/subscriptions/00000000-0000-4000-8000-000000000001/resourcegroups/rg/providers/microsoft.app/containerapps/${name}`;

function isRunning(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
