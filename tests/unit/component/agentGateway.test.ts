import { Provider } from "@pulumi/azure-native/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { drainTimes } from "../../../packages/local-azure/src/dataPlane/replicas/mcp/drain.ts";
import { checkArgs } from "../../../src/component/checkArgs.ts";
import { recordNames } from "../../../src/component/live/ownNames.ts";
import { readPreviewSentence } from "../../../src/component/verification/previewSentence.ts";
import { type AgentGatewayArgs, appFacts, resolveArgs } from "../../../src/config/args.ts";
import { type Issue, listIssues } from "../../../src/messages/issues.ts";

import { checkApp } from "../../../src/rules/rules.ts";
import { type MockAzure, resolved, startMocks } from "../../support/pulumi/pulumiMocks.ts";

const secret = (value: unknown) => ({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value });
const base: AgentGatewayArgs = {
  environment: "prod",
  containerAppName: "agw-prod-app",
  environmentName: "agw-prod-env",
  workspaceName: "agw-prod-logs",
  resourceGroupName: "agw-prod-rg",
  location: "eastus2",
  image: "cr.agentgateway.dev/agentgateway:v1.4.1",
};

let azure: MockAzure;
beforeEach(async () => {
  azure = await startMocks();
});

async function deploy(args: Partial<AgentGatewayArgs> = {}, opts: pulumi.ComponentResourceOptions = {}) {
  const { AgentGateway } = await import("../../../src/component/agentGateway.ts");
  const gateway = new AgentGateway("agentgateway", { ...base, ...args }, opts);
  const outputs = {
    url: await resolved(gateway.url),
    mcpEndpoint: await resolved(gateway.mcpEndpoint),
    fqdn: await resolved(gateway.fqdn),
    resourceGroupName: await resolved(gateway.resourceGroupName),
    containerAppName: await resolved(gateway.containerAppName),
    environmentName: await resolved(gateway.environmentName),
    latestRevision: await resolved(gateway.latestRevision),
    affinity: await resolved(gateway.affinity),
    verifyCommand: await resolved(gateway.verifyCommand),
    logsCommand: await resolved(gateway.logsCommand),
  };
  await pulumi.runtime.disconnect();
  return { gateway, outputs };
}

// biome-ignore lint/suspicious/noExplicitAny: inputs are whatever the program registered, and each test checks them
const inputsOf = (type: string): any => azure.resources.find((resource) => resource.type === type)?.inputs;
const appInputs = () => inputsOf("azure-native:app:ContainerApp");

describe("resources as registered with Pulumi's mocks (not how a provider or Azure handles them)", () => {
  test("are exactly: resource group, workspace, environment, diagnostic setting, app, affinity command", async () => {
    await deploy();
    expect(azure.resources.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
      "agentgateway:index:AffinityVerification agentgateway-verification",
      "agentgateway:index:AgentGateway agentgateway",
      "agentgateway:index:Environment agentgateway",
      "agentgateway:index:SessionAffinity agentgateway-affinity",
      "azure-native:app:ContainerApp agentgateway-app",
      "azure-native:app:ManagedEnvironment agentgateway-env",
      "azure-native:monitor:DiagnosticSetting agentgateway-diagnostics",
      "azure-native:operationalinsights:Workspace agentgateway-logs",
      "azure-native:resources:ResourceGroup agentgateway-rg",
      "command:local:Command agentgateway-affinity-set",
    ]);
  });

  test("the complete app in prod", async () => {
    await deploy({
      gatewayConfig: "binds: []",
      sessionKey: "a".repeat(64),
      env: { LOG: "info" },
      secretEnv: { API_KEY: "k" },
      ipAllow: ["203.0.113.0/24"],
      // Settings cannot override the environment tag.
      tags: { owner: "platform", environment: "dev" },
    });
    const { template, configuration, ...rest } = appInputs();
    const digest = template.containers[0].env.at(-1);
    expect(digest).toEqual({ name: "SECRETS_DIGEST", value: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(rest).toEqual({
      containerAppName: "agw-prod-app",
      resourceGroupName: "agw-prod-rg",
      location: "eastus2",
      environmentId: expect.stringContaining("agentgateway-env"),
      workloadProfileName: "Consumption",
      tags: {
        environment: "prod",
        owner: "platform",
        "agentgateway-tags": recordNames(["owner"]),
        "agentgateway-secrets": recordNames(["gateway-config", "session-key", "env-api-key"]),
      },
    });
    // The mocks make the whole property secret. tests/e2e checks that secrets stay nested on the wire.
    expect(configuration).toEqual(
      secret({
        activeRevisionsMode: "Single",
        ingress: {
          external: true,
          targetPort: 8080,
          transport: "auto",
          allowInsecure: false,
          clientCertificateMode: "ignore",
          traffic: [{ latestRevision: true, weight: 100 }],
          stickySessions: { affinity: "sticky" },
          ipSecurityRestrictions: [{ name: "allow-1", action: "Allow", ipAddressRange: "203.0.113.0/24" }],
        },
        secrets: [
          { name: "gateway-config", value: "binds: []" },
          { name: "session-key", value: "a".repeat(64) },
          { name: "env-api-key", value: "k" },
        ],
      }),
    );
    const probe = { httpGet: { path: "/healthz/ready", port: 15021 }, timeoutSeconds: 5 };
    expect(template).toEqual({
      containers: [
        {
          name: "agentgateway",
          image: "cr.agentgateway.dev/agentgateway:v1.4.1",
          args: ["-f", "/config/config.yaml"],
          volumeMounts: [{ volumeName: "gateway-config", mountPath: "/config" }],
          env: [
            { name: "LOG", value: "info" },
            { name: "API_KEY", secretRef: "env-api-key" },
            { name: "SESSION_KEY", secretRef: "session-key" },
            { name: "CONNECTION_MIN_TERMINATION_DEADLINE", value: "15s" },
            { name: "CONNECTION_TERMINATION_DEADLINE", value: "30s" },
            digest,
          ],
          resources: { cpu: 1, memory: "2Gi" },
          probes: [
            { type: "Startup", ...probe, periodSeconds: 6, failureThreshold: 10 },
            { type: "Readiness", ...probe, periodSeconds: 5, failureThreshold: 3 },
            { type: "Liveness", ...probe, periodSeconds: 10, failureThreshold: 3 },
          ],
        },
      ],
      scale: {
        minReplicas: 2,
        maxReplicas: 10,
        rules: [{ name: "http", http: { metadata: { concurrentRequests: "100" } } }],
      },
      terminationGracePeriodSeconds: 40,
      volumes: [
        {
          name: "gateway-config",
          storageType: "Secret",
          secrets: [{ secretRef: "gateway-config", path: "config.yaml" }],
        },
      ],
    });
  });

  test("the complete environment with its logs", async () => {
    await deploy({ tags: { owner: "platform" } });
    const tags = { environment: "prod", owner: "platform", "agentgateway-tags": recordNames(["owner"]) };
    const place = { resourceGroupName: "agw-prod-rg", location: "eastus2", tags };
    expect(inputsOf("azure-native:resources:ResourceGroup")).toEqual(place);
    expect(inputsOf("azure-native:operationalinsights:Workspace")).toEqual({
      ...place,
      workspaceName: "agw-prod-logs",
      retentionInDays: 30,
      sku: { name: "PerGB2018" },
    });
    expect(inputsOf("azure-native:app:ManagedEnvironment")).toMatchObject({
      ...place,
      environmentName: "agw-prod-env",
      appLogsConfiguration: { destination: "azure-monitor" },
      workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
    });
    expect(inputsOf("azure-native:monitor:DiagnosticSetting")).toEqual({
      name: "agentgateway",
      resourceUri: expect.stringMatching(/agentgateway-env$/),
      workspaceId: expect.stringMatching(/agentgateway-logs$/),
      logs: [{ categoryGroup: "allLogs", enabled: true }],
    });
  });

  test("dev has 1 to 3 replicas, and omits what is not configured", async () => {
    await deploy({ environment: "dev", drainSeconds: 0 });
    const { template, configuration } = appInputs();
    expect(template.scale).toMatchObject({ minReplicas: 1, maxReplicas: 3 });
    expect(template).not.toHaveProperty("volumes");
    expect(template.containers[0]).not.toHaveProperty("args");
    expect(template.containers[0].env).toEqual([]);
    expect(configuration.secrets).toEqual([]);
    expect(configuration.ingress).not.toHaveProperty("ipSecurityRestrictions");
  });

  test.each([1, 7, 10, 30, 120, 590])(
    "a gateway with drainSeconds %d drains for exactly that long, and is killed later",
    async (drainSeconds) => {
      await deploy({ drainSeconds });
      const { containers, terminationGracePeriodSeconds } = appInputs().template;
      const env = containers[0].env.map(({ name, value }: { name: string; value: string }) => [name, value]);
      expect(drainTimes(Object.fromEntries(env)).total).toBe(drainSeconds * 1000);
      expect(terminationGracePeriodSeconds).toBe(drainSeconds + 10);
    },
  );

  test("affinity that is off is declared as none, never omitted", async () => {
    azure.live = () => ({
      configuration: { activeRevisionsMode: "Single", ingress: { transport: "Auto", stickySessions: null } },
    });
    const { outputs, gateway } = await deploy({ enableStickySessions: false, acknowledgeNoAffinity: true });
    expect(appInputs().configuration.ingress.stickySessions).toEqual({ affinity: "none" });
    expect(appInputs().tags).toEqual({ environment: "prod", "agentgateway-no-affinity": "acknowledged" });
    expect(inputsOf("command:local:Command").environment.AFFINITY).toBe("none");
    expect(outputs.affinity).toBe("none");
    expect(await resolved(gateway.stickySessionsEnabled)).toBe(false);
  });

  test("without ingress there is no affinity to declare or to set", async () => {
    azure.live = () => ({ configuration: { activeRevisionsMode: "Single", ingress: null } });
    const { outputs } = await deploy({ enableStickySessions: false, ingress: false });
    expect(appInputs().configuration).not.toHaveProperty("ingress");
    expect(appInputs().template.scale).not.toHaveProperty("rules");
    expect(inputsOf("command:local:Command")).toBeUndefined();
    expect(outputs).toMatchObject({ url: "", mcpEndpoint: "", fqdn: "", affinity: "none" });
  });

  test("nor with a TCP ingress", async () => {
    azure.live = () => ({ configuration: { activeRevisionsMode: "Single", ingress: { transport: "Tcp" } } });
    const { outputs } = await deploy({ enableStickySessions: false, transport: "tcp", external: false });
    expect(appInputs().configuration.ingress).not.toHaveProperty("stickySessions");
    expect(appInputs().configuration.ingress).not.toHaveProperty("clientCertificateMode");
    expect(appInputs().template.scale).not.toHaveProperty("rules");
    expect(inputsOf("command:local:Command")).toBeUndefined();
    expect(outputs.affinity).toBe("none");
  });

  test("every child has a component in its URN (the mocks add only the nearest parent)", async () => {
    await deploy();
    const typesAndName = azure.urns().map((urn) => urn.split("::").slice(2).join("::"));
    expect(typesAndName.sort()).toEqual([
      "agentgateway:index:AgentGateway$agentgateway:index:AffinityVerification::agentgateway-verification",
      "agentgateway:index:AgentGateway$agentgateway:index:Environment::agentgateway",
      "agentgateway:index:AgentGateway$agentgateway:index:SessionAffinity::agentgateway-affinity",
      "agentgateway:index:AgentGateway$azure-native:app:ContainerApp::agentgateway-app",
      "agentgateway:index:AgentGateway$azure-native:resources:ResourceGroup::agentgateway-rg",
      "agentgateway:index:AgentGateway::agentgateway",
      "agentgateway:index:Environment$azure-native:app:ManagedEnvironment::agentgateway-env",
      "agentgateway:index:Environment$azure-native:monitor:DiagnosticSetting::agentgateway-diagnostics",
      "agentgateway:index:Environment$azure-native:operationalinsights:Workspace::agentgateway-logs",
      "agentgateway:index:SessionAffinity$command:local:Command::agentgateway-affinity-set",
    ]);
  });

  test("an existing resource group and environment are read, not created, and determine the location", async () => {
    await deploy({
      existingResourceGroup: true,
      resourceGroupName: "shared-rg",
      environmentName: "shared",
      existingEnvironmentResourceGroup: "net-rg",
      location: undefined,
    });
    const types = azure.resources.map(({ type }) => type).filter((type) => type.startsWith("azure-native"));
    expect(types).toEqual(["azure-native:app:ContainerApp"]);
    expect(appInputs()).toMatchObject({
      resourceGroupName: "shared-rg",
      location: "swedencentral",
      environmentId: "/environments/shared",
    });
    expect(azure.invokes).toContainEqual({
      token: "azure-native:app:getManagedEnvironment",
      inputs: { environmentName: "shared", resourceGroupName: "net-rg" },
      provider: "",
    });
  });

  test("with an existing environment, the group is created in `location` and the app in the environment's region", async () => {
    await deploy({ environmentName: "shared", existingEnvironmentResourceGroup: "net-rg" });
    expect(inputsOf("azure-native:resources:ResourceGroup")).toMatchObject({ location: "eastus2" });
    expect(appInputs()).toMatchObject({ resourceGroupName: "agw-prod-rg", location: "swedencentral" });
  });

  test("no workload profile is set in an existing environment, which may have none", async () => {
    await deploy({ environmentName: "shared", existingEnvironmentResourceGroup: "net-rg" });
    expect(appInputs()).not.toHaveProperty("workloadProfileName");
  });
});

describe("the affinity step", () => {
  test("is the documented az command; values come from environment variables, the subscription from the app's ID", async () => {
    await deploy();
    const { environment, ...command } = inputsOf("command:local:Command");
    expect(command.create).toBe(
      'az containerapp ingress sticky-sessions set --name "$APP_NAME" --resource-group "$RESOURCE_GROUP" --subscription "$SUBSCRIPTION_ID" --affinity "$AFFINITY" --only-show-errors --output none',
    );
    expect(environment).toEqual({
      APP_NAME: "agw-prod-app",
      RESOURCE_GROUP: "agw-prod-rg",
      SUBSCRIPTION_ID: "11111111-2222-3333-4444-555555555555",
      AFFINITY: "sticky",
    });
    const { affinityCommand } = await import("../../../src/component/sessionAffinity.ts");
    expect(command, "neither triggers nor delete").toEqual(affinityCommand);
  });

  test("gets more time from the engine than its own limit of 10 minutes", async () => {
    const seen: pulumi.CustomResourceOptions[] = [];
    const look: pulumi.ResourceTransformation = ({ type, opts }) => {
      if (type === "command:local:Command") seen.push(opts as pulumi.CustomResourceOptions);
      return undefined;
    };
    await deploy({}, { transformations: [look] });
    expect(seen.map(({ customTimeouts }) => customTimeouts)).toEqual([{ create: "15m", update: "15m" }]);
  });

  test("runs before the verification reads the app", async () => {
    const order: string[] = [];
    azure.created = async (type) => {
      if (type !== "command:local:Command") return;
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push("affinity set");
    };
    const { live } = azure;
    azure.live = () => {
      order.push("app read");
      return live();
    };
    await deploy();
    expect(order, "the first read looks for what others have put on the app").toEqual([
      "app read",
      "affinity set",
      "app read",
    ]);
  });

  test("has no input that depends on this machine: no folder, no PATH", async () => {
    await deploy({ gatewayConfig: "binds: []" });
    const all = JSON.stringify(azure.resources.map(({ inputs }) => inputs));
    for (const value of [
      process.cwd(),
      import.meta.dirname,
      process.env.HOME ?? "/nowhere",
      process.env.PATH ?? "/nowhere",
    ]) {
      expect(all).not.toContain(value);
    }
  });
});

test("a changed gatewayConfig or sessionKey changes the template, and so creates a revision", async () => {
  const digests = new Set<string>();
  for (const args of [
    { gatewayConfig: "a: 1" },
    { gatewayConfig: "a: 2" },
    { gatewayConfig: "a: 2", sessionKey: "b".repeat(64) },
  ]) {
    azure = await startMocks();
    await deploy(args);
    digests.add(appInputs().template.containers[0].env.at(-1).value);
  }
  expect(digests.size).toBe(3);
});

describe("nothing live is replaced, deleted or lost by accident", () => {
  /** Options of each resource, by the resource's name. */
  async function optionsOf(args: Partial<AgentGatewayArgs>): Promise<Record<string, pulumi.CustomResourceOptions>> {
    const seen: Record<string, pulumi.CustomResourceOptions> = {};
    const look: pulumi.ResourceTransformation = ({ name, type, opts }) => {
      if (type.startsWith("azure-native:"))
        seen[name.replace("agentgateway-", "")] = opts as pulumi.CustomResourceOptions;
      return undefined;
    };
    await deploy(args, { transformations: [look] });
    return seen;
  }

  test.each([
    ["prod", undefined, true],
    ["dev", undefined, false],
    ["prod", false, false],
    ["dev", true, true],
  ] as const)("in %s with deletionProtection %s: protected is %s", async (environment, deletionProtection, protect) => {
    const { rg, logs, env, app, diagnostics } = await optionsOf({ environment, deletionProtection });
    for (const options of [rg, logs, env, app, diagnostics]) expect(options?.protect).toBe(protect);
  });

  test("create-only properties, and what others bind to the app, are ignored", async () => {
    const { env, app } = await optionsOf({});
    expect(app?.ignoreChanges).toEqual([
      "managedEnvironmentId",
      "kind",
      "identity",
      "configuration.identitySettings",
      "configuration.registries",
      "configuration.ingress.customDomains",
    ]);
    expect(env?.ignoreChanges).toEqual([
      "infrastructureResourceGroup",
      "zoneRedundant",
      "vnetConfiguration",
      "identity",
      "customDomainConfiguration",
    ]);
    azure.live = () => ({ configuration: { activeRevisionsMode: "Single" } });
    expect((await optionsOf({ ingress: false, enableStickySessions: false })).app?.ignoreChanges).not.toContain(
      "configuration.ingress.customDomains",
    );
  });

  test("hooks protect foreign secrets and wait for other operations; none runs before a delete", async () => {
    const { app, env } = await optionsOf({});
    expect(Object.keys(app?.hooks ?? {})).toEqual(["beforeUpdate", "onError"]);
    expect(Object.keys(env?.hooks ?? {})).toEqual(["onError"]);
    const names = ["delete-survivor", "keep-secrets", "wait-for-operation"];
    expect([...new Set(azure.hooks)].sort()).toEqual(names.map((name) => `agentgateway-${name}`));
  });
});

test("refuses arguments that break rules before any child is registered, without a stack trace", async () => {
  const { AgentGateway } = await import("../../../src/component/agentGateway.ts");
  const args: AgentGatewayArgs = { ...base, transport: "tcp", minReplicas: 5, maxReplicas: 3 };
  const { errors } = checkApp(appFacts(resolveArgs(args)));
  expect(errors.map(({ key }) => key)).toEqual(["enableStickySessions", "external", "minReplicas"]);
  expect(() => new AgentGateway("agentgateway", args)).toThrow(
    expect.objectContaining({ message: expect.stringContaining(listIssues(errors)), hideStack: true }),
  );
  await pulumi.runtime.disconnect();
  expect(azure.resources.map(({ type }) => type)).toEqual(["agentgateway:index:AgentGateway"]);
});

describe("checks arguments of other programs like configuration, before any child is registered", () => {
  test.each<[string, Partial<AgentGatewayArgs>, Partial<Issue>]>([
    ["a name that Azure refuses", { containerAppName: "Bad_Name--x" }, { key: "containerAppName" }],
    [
      "an unknown environment",
      { environment: "production" as "prod" },
      { key: "environment", got: '"production"', wayOut: "pulumi config set environment dev" },
    ],
    ["an environment's name", { environmentName: "Env_1" }, { key: "environmentName" }],
    ["a workspace's name", { workspaceName: "log" }, { key: "workspaceName" }],
    ["a group's name", { resourceGroupName: "a/b" }, { key: "resourceGroupName" }],
    [
      "an existing environment's group",
      { existingEnvironmentResourceGroup: "a/b" },
      { key: "existingEnvironmentResourceGroup" },
    ],
    ["a port", { targetPort: 0 }, { key: "targetPort", got: "0", wayOut: "pulumi config set targetPort 8080" }],
    ["a number that is NaN", { drainSeconds: Number.NaN }, { key: "drainSeconds", got: "NaN" }],
    ["readySeconds", { readySeconds: 5 }, { key: "readySeconds", got: "5" }],
    ["drainSeconds", { drainSeconds: 5000 }, { key: "drainSeconds", got: "5000" }],
    ["half a replica", { minReplicas: 1.5 }, { key: "minReplicas", got: "1.5" }],
    [
      "replicas",
      { maxReplicas: 1001 },
      { key: "maxReplicas", got: "1001", wayOut: "pulumi config set maxReplicas 10" },
    ],
    [
      "a session key",
      { sessionKey: "short" },
      { key: "sessionKey", got: "a string of 5 characters", wayOut: "pulumi config set --secret sessionKey" },
    ],
    ["a variable that the program sets", { secretEnv: { SESSION_KEY: "x" } }, { key: "secretEnv.SESSION_KEY" }],
    ["two secrets with one name", { secretEnv: { A_B: "x", a_b: "y" } }, { key: "secretEnv.a_b" }],
    [
      "ranges",
      { ipAllow: ["10.0.0.0/8", "all"] },
      { key: "ipAllow[1]", got: '"all"', wayOut: expect.stringContaining("203.0.113.0/24") },
    ],
    ["an empty secret", { secretEnv: { A_B: pulumi.secret("x"), C: "" } }, { key: "secretEnv.C" }],
    ["NUL in a variable", { env: { A: pulumi.output("x"), B: "\0" } }, { key: "env.B" }],
    ["a variable's size", { env: { A: "x".repeat(131_070) } }, { key: "env.A", got: "131072 bytes" }],
    ["a tag's name", { tags: { "a/b": "x" } }, { key: "tags.a/b" }],
    [
      "a new group without a location",
      { location: undefined },
      { key: "location", got: "nothing", wayOut: "pulumi config set location eastus2" },
    ],
  ])("%s", async (_what, change, expected) => {
    const { AgentGateway } = await import("../../../src/component/agentGateway.ts");
    const args = { ...base, ...change };
    const issues = checkArgs(resolveArgs(args));
    expect(issues).toEqual([expect.objectContaining(expected)]);
    expect(() => new AgentGateway("agentgateway", args)).toThrow(listIssues(issues));
    await pulumi.runtime.disconnect();
    expect(azure.resources.map(({ type }) => type)).toEqual(["agentgateway:index:AgentGateway"]);
  });
});

test("a preview logs what is live, outputs the requested affinity, and does not fail", async () => {
  const said = vi.spyOn(console, "log").mockImplementation(() => {});
  azure = await startMocks({ preview: true });
  azure.live = () => ({ configuration: { activeRevisionsMode: "Multiple", ingress: { stickySessions: null } } });
  const { outputs } = await deploy();
  expect(outputs.affinity).toBe("sticky");
  const read = said.mock.calls.flat().flatMap((text) => readPreviewSentence(String(text)) ?? []);
  expect(read).toContainEqual({ live: "none", wanted: "sticky" });
  said.mockRestore();
});

test("accepts the same largest numbers as configuration", async () => {
  const largest = { targetPort: 65_535, maxReplicas: 1000, concurrentRequests: 100_000, drainSeconds: 590 };
  await deploy({ ...largest, env: { LOG_: "plain variables only need a valid name" } });
  expect(appInputs().template.terminationGracePeriodSeconds).toBe(600);
});

test("a provider passed to the component is used for every resource and every read", async () => {
  const provider = new Provider("other-subscription", { subscriptionId: "s" });
  await deploy({ existingResourceGroup: true, existingEnvironmentResourceGroup: "net-rg" }, { providers: [provider] });
  const reads = ["getResourceGroup", "getManagedEnvironment", "getContainerApp", "getContainerApp"];
  expect(azure.invokes.map(({ token }) => token.split(":").at(-1)).sort()).toEqual([...reads].sort());
  const urn = await resolved(provider.urn);
  for (const { provider: used } of azure.invokes) expect(used).toContain(urn);
  for (const { type, provider: used } of azure.resources) {
    if (type.startsWith("azure-native:")) expect(used, type).toContain(urn);
  }
});

test("outputs of the component", async () => {
  const { outputs } = await deploy();
  expect(outputs).toEqual({
    url: "https://app.example.test",
    mcpEndpoint: "https://app.example.test/mcp",
    fqdn: "app.example.test",
    resourceGroupName: "agw-prod-rg",
    containerAppName: "agw-prod-app",
    environmentName: "agw-prod-env",
    latestRevision: "agw-prod-app--0000001",
    affinity: "sticky",
    verifyCommand:
      "az containerapp show --name agw-prod-app --resource-group agw-prod-rg --subscription 11111111-2222-3333-4444-555555555555 --query properties.configuration.ingress.stickySessions.affinity --output tsv",
    logsCommand:
      "az containerapp logs show --name agw-prod-app --resource-group agw-prod-rg --subscription 11111111-2222-3333-4444-555555555555 --follow",
  });
});
