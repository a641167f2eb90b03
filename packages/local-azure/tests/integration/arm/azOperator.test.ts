import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  az,
  azIsThere,
  runWith,
  startTestAzure,
  type TestAzure,
  untilAzSaysReady,
  withoutAz,
} from "../../../../../tests/support/azure/localAzure.ts";

/** Commands of the real Azure CLI beyond those in `azCli.test.ts`. */
const cli = await azIsThere();
const title = withoutAz(cli);

describe.skipIf(!cli)(`operations on an app with the real Azure CLI${title}`, () => {
  let azure: TestAzure;
  const own = ["--name", "app", "--resource-group", "rg"];
  const run = (...args: string[]) => az(azure, ...args);
  const app = (words: string, ...args: string[]) => run("containerapp", ...words.split(" "), ...own, ...args);
  const live = (query: string) => app("show", "--query", query);

  beforeAll(async () => {
    azure = await startTestAzure();
    await run("group", "create", "--name", "rg", "--location", "eastus2");
    await run("containerapp", "env", "create", "--name", "env", "--resource-group", "rg", "--logs-destination", "none");
    const image = ["--environment", "env", "--image", "example.invalid/a:1", "--min-replicas", "1"];
    await app("create", ...image, "--ingress", "external", "--target-port", "8080");
  });
  afterAll(async () => azure?.[Symbol.asyncDispose]());

  test("updates of variables, image, size and scale rule each create a revision and keep everything else", async () => {
    await app("update", "--set-env-vars", "MODE=a", "LEVEL=1");
    await app("update", "--remove-env-vars", "MODE");
    await app("update", "--image", "example.invalid/a:2", "--cpu", "0.25", "--memory", "0.5Gi");
    await app("update", "--scale-rule-name", "busy", "--scale-rule-http-concurrency", "50");
    const container = "properties.template.containers[0].[image, env[].name, resources.cpu]";
    expect(await live(container)).toEqual(["example.invalid/a:2", ["LEVEL"], 0.25]);
    const copied = await app("revision copy", "--set-env-vars", "COPY=1", "--query", "properties.latestRevisionName");
    expect(copied).toBe("app--0000006");
    await untilAzSaysReady(azure, own);
    expect(await app("revision list", "--query", "[].[name, properties.active]")).toEqual([["app--0000006", true]]);
  });

  test("reading and updating ingress and sticky sessions keeps revision and replicas", async () => {
    const before = await app("replica list", "--query", "[].name");
    expect(await app("ingress update", "--allow-insecure", "true")).toMatchObject({ allowInsecure: true });
    await app("ingress sticky-sessions set", "--affinity", "sticky");
    const shown = { external: true, allowInsecure: true, transport: "Auto", stickySessions: { affinity: "sticky" } };
    expect(await app("ingress sticky-sessions show")).toMatchObject(shown);
    expect(await app("ingress show")).toMatchObject({ ...shown, targetPort: 8080 });
    expect(await app("ingress traffic show")).toEqual([{ latestRevision: true, weight: 100 }]);
    const rule = ["--rule-name", "office", "--ip-address", "127.0.0.0/8", "--action", "Allow"];
    await app("ingress access-restriction set", ...rule);
    expect(await app("ingress access-restriction list")).toMatchObject([{ name: "office", action: "Allow" }]);
    expect(await app("ingress access-restriction remove", "--rule-name", "office")).toEqual([]);
    expect(await app("replica list", "--query", "[].name")).toEqual(before);
  });

  test("secret remove, identity assign and tags change the app, but no replica", async () => {
    const before = await app("replica list", "--query", "[].name");
    await app("secret set", "--secrets", "one=1", "two=2");
    await app("secret remove", "--secret-names", "one");
    expect(await app("secret list", "--query", "[].name")).toEqual(["two"]);
    expect(await app("identity assign", "--system-assigned")).toMatchObject({ type: "SystemAssigned" });
    await app("update", "--tags", "team=gateway");
    expect(await live("[identity.type, tags.team]")).toEqual(["SystemAssigned", "gateway"]);
    expect(await app("replica list", "--query", "[].name")).toEqual(before);
  });

  test("traffic goes to the named revision, and revisions can be deactivated and activated", async () => {
    await app("ingress sticky-sessions set", "--affinity", "none");
    expect(await app("revision set-mode", "--mode", "multiple")).toBe("Multiple");
    const before = (await live("properties.latestRevisionName")) as string;
    await app("update", "--revision-suffix", "blue");
    await untilAzSaysReady(azure, own);
    await app("ingress traffic set", "--revision-weight", "latest=0", `${before}=100`);
    const named = { revisionName: before, weight: 100 };
    expect(await app("ingress traffic show")).toEqual([{ latestRevision: true, weight: 0 }, named]);
    await app("ingress traffic set", "--revision-weight", "latest=100", `${before}=0`);
    expect(await app("revision set-mode", "--mode", "single")).toBe("Single");
    expect(await app("ingress traffic show")).toEqual([{ latestRevision: true, weight: 100 }]);
    expect(await app("revision deactivate", "--revision", "app--blue")).toBe("Deactivate succeeded");
    expect(await app("replica list")).toEqual([]);
    expect(await app("revision activate", "--revision", "app--blue")).toBe("Activate succeeded");
    expect(await app("replica list")).toHaveLength(1);
    const { stdout } = await runWith(azure, "az", `containerapp logs show ${own.join(" ")} --type system`.split(" "));
    expect(stdout).toContain(`"Setting traffic weight of '100%' for revision 'app--blue'"`);
  });

  test("lists are filtered by group, type and tag", async () => {
    await run("group", "create", "--name", "other", "--location", "westeurope", "--tags", "team=other");
    const names = ["--query", "[].name"];
    expect(await run("group", "list", "--tag", "team=other", ...names)).toEqual(["other"]);
    expect(await run("group", "list", "--tag", "team=none", ...names)).toEqual([]);
    expect(await run("resource", "list", "--resource-group", "other", ...names)).toEqual([]);
    expect(await run("resource", "list", "--resource-type", "Microsoft.App/containerApps", ...names)).toEqual(["app"]);
  });

  test("environments and resources are listed, and unsupported commands exit with 1 and say so", async () => {
    const environment = ["--name", "env", "--resource-group", "rg"];
    const state = "properties.provisioningState";
    expect(await run("containerapp", "env", "show", ...environment, "--query", state)).toBe("Succeeded");
    expect(await run("containerapp", "env", "list", "--resource-group", "rg", "--query", "[].name")).toEqual(["env"]);
    expect(await run("resource", "list", "--resource-group", "rg", "--query", "[].name")).toEqual(["env", "app"]);
    const commands = [
      "containerapp list-usages --location eastus",
      "containerapp job list --resource-group rg",
      "containerapp ingress cors enable --name app --resource-group rg --allowed-origins https://example.invalid",
      "containerapp revision label add --name app --resource-group rg --label green --revision latest --yes",
      "role assignment list --resource-group rg",
      "ad signed-in-user show",
    ];
    const refused = await Promise.all(commands.map((words) => runWith(azure, "az", words.split(" "))));
    // For Microsoft Graph, az prints the message without its code.
    const shown = (words: string): string =>
      words.startsWith("ad ") ? "GET /v1.0/me" : "(NotImplementedByLocalAzure)";
    expect(refused.map(({ code, stderr }, index) => [commands[index], code, stderr])).toEqual(
      commands.map((words) => [words, 1, expect.stringContaining(shown(words))]),
    );
  });

  test("az never writes its configuration, which commands that run at once would corrupt", async () => {
    const file = join(azure.environment.AZURE_CONFIG_DIR ?? "", "config");
    const before = await readFile(file, "utf8");
    // `az --help` is what records its first run.
    await Promise.all([runWith(azure, "az", ["--help"]), runWith(azure, "az", ["--help"])]);
    expect(await readFile(file, "utf8")).toBe(before);
  });
});
