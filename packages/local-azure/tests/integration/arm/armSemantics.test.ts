import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeDataPlane, fakeDataPlane } from "../../../../../tests/support/azure/fakeDataPlane.ts";
import {
  type Answer,
  type ArmCall,
  arm,
  settled,
  signIn,
  startTestAzure,
  type TestAzure,
} from "../../../../../tests/support/azure/localAzure.ts";
import { lacking, recordedApp, recordedEnvironment } from "../../support/recordedProperties.ts";

/** ARM's rules over HTTPS, with a fake data plane that records its calls. It doesn't test replicas or ingress. */

const subscription = "/subscriptions/00000000-0000-4000-8000-000000000001";
const group = `${subscription}/resourceGroups/rg`;
const environmentId = `${group}/providers/Microsoft.App/managedEnvironments/env`;
const appId = `${group}/providers/Microsoft.App/containerApps/agw-app`;

let azure: TestAzure;
let plane: FakeDataPlane;
const call = (method: string, path: string, options: ArmCall = {}): Promise<Answer> =>
  arm(azure, method, path, options);

async function write(method: string, path: string, body?: unknown): Promise<Answer["body"]> {
  const answer = await call(method, path, { body });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.headers["azure-asyncoperation"] === undefined ? answer.body : settled(azure, answer);
}

const app = (configuration: object = {}, template: object = {}, rest: object = {}): object => ({
  location: "eastus",
  ...rest,
  properties: {
    environmentId,
    configuration: { ingress: { external: true, targetPort: 8080 }, ...configuration },
    template: { containers: [{ name: "gateway", image: "example.invalid/gateway:1" }], ...template },
  },
});
const sticky = { ingress: { external: true, targetPort: 8080, stickySessions: { affinity: "sticky" } } };
const read = async (): Promise<Answer["body"]> => (await call("GET", appId)).body;

beforeEach(async () => {
  plane = fakeDataPlane();
  azure = await startTestAzure({ dataPlane: plane });
  await write("PUT", group, { location: "East US" });
  const workloadProfiles = [{ name: "Consumption", workloadProfileType: "Consumption" }];
  await write("PUT", environmentId, { location: "eastus", properties: { workloadProfiles } });
});
afterEach(async () => azure[Symbol.asyncDispose]());

describe("writes", () => {
  test("PUT returns 201 with both operation URLs; GET then returns Azure's casing and defaults", async () => {
    const put = await call("PUT", appId, { body: app({ activeRevisionsMode: "single" }) });
    expect(put.status).toBe(201);
    expect(put.headers["azure-asyncoperation"]).toMatch(
      /\/locations\/eastus\/containerappOperationStatuses\/[-\w]+\?api-version=2025-07-01&azureAsyncOperation=true$/,
    );
    expect(put.headers.location).toMatch(/\/containerappOperationResults\//);
    expect(put.body.properties).toMatchObject({
      provisioningState: "InProgress",
      configuration: { ingress: { fqdn: null, traffic: null } },
    });
    expect(await settled(azure, put)).toMatchObject({ status: "Succeeded" });
    expect(await read()).toMatchObject({
      id: `${group}/providers/Microsoft.App/containerapps/agw-app`,
      type: "Microsoft.App/containerApps",
      location: "East US",
      identity: { type: "None" },
      systemData: { createdByType: "Application" },
      properties: {
        provisioningState: "Succeeded",
        runningStatus: "Running",
        latestRevisionName: "agw-app--0000001",
        latestReadyRevisionName: "agw-app--0000001",
        configuration: {
          activeRevisionsMode: "Single",
          secrets: null,
          ingress: {
            fqdn: "127.0.0.1:40001",
            transport: "Auto",
            stickySessions: null,
            traffic: [{ weight: 100, latestRevision: true }],
          },
        },
        template: { scale: { minReplicas: null, maxReplicas: 10 }, volumes: null },
      },
    });
  });

  test("responses have every property of Azure's recorded responses", async () => {
    await write("PUT", appId, app(sticky));
    const answer = await call("GET", appId);
    expect(lacking(answer.body, recordedApp)).toEqual([]);
    expect(lacking((await call("GET", environmentId)).body, recordedEnvironment)).toEqual([]);
    expect(lacking({ a: { b: null } }, ["a.b", "a.c"])).toEqual(["a.c"]);
    expect(answer.body.properties).toMatchObject({
      configuration: {
        ingress: { exposedPort: 0, allowInsecure: false, customDomains: null },
        maxInactiveRevisions: 100,
      },
      template: {
        revisionSuffix: "",
        containers: [{ resources: { cpu: 0.5, memory: "1Gi", ephemeralStorage: "2Gi" } }],
      },
    });
    expect(answer.headers["api-supported-versions"]).toContain("2025-07-01");
  });

  test("a PUT without affinity resets it, a PATCH of the scale keeps it and returns 202 with an empty body", async () => {
    await write("PUT", appId, app(sticky));
    const patch = await call("PATCH", appId, { body: { properties: { template: { scale: { minReplicas: 2 } } } } });
    expect([patch.status, patch.body]).toEqual([202, ""]);
    expect([patch.headers.location, patch.headers["azure-asyncoperation"]]).not.toContain(undefined);
    await settled(azure, patch);
    expect((await read()).properties.configuration.ingress.stickySessions).toEqual({ affinity: "sticky" });
    await write("PUT", appId, app());
    expect((await read()).properties.configuration.ingress.stickySessions).toBeNull();
    expect(plane.ingresses.get(appId.toLowerCase())?.affinity).toBe("none");
  });

  test("other writes get 409 ContainerAppOperationInProgress until the running operation ends", async () => {
    let open = (): void => {};
    plane.gate = new Promise((resolve) => {
      open = resolve;
    });
    const put = await call("PUT", appId, { body: app() });
    for (const [method, path, body] of [
      ["PUT", appId, app()],
      ["PATCH", appId, { tags: {} }],
      ["DELETE", appId, undefined],
      ["POST", `${appId}/stop`, undefined],
    ] as const) {
      const refused = await call(method, path, { body });
      expect([refused.status, refused.body.error.code]).toEqual([409, "ContainerAppOperationInProgress"]);
    }
    open();
    await settled(azure, put);
    expect((await call("PATCH", appId, { body: { tags: { a: "b" } } })).status).toBe(202);
  });

  test("a second write to an environment gets 409 until the first one ends", async () => {
    await call("POST", "/_local/faults", { body: { fault: "operation", seconds: 2 } });
    const body = { location: "eastus", properties: {} };
    const put = await call("PUT", environmentId, { body });
    const refused = await call("PATCH", environmentId, { body: { tags: {} } });
    expect([refused.status, refused.body.error.code]).toEqual([409, "ManagedEnvironmentOperationInProgress"]);
    expect(await settled(azure, put)).toMatchObject({ status: "Succeeded" });
    expect((await call("PATCH", environmentId, { body: { tags: { a: "b" } } })).status).toBe(202);
  });

  test("PUT and PATCH refuse an environment's unknown log destination and a workspace without ID or key", async () => {
    const properties = (destination: string, logAnalyticsConfiguration?: object) => ({
      properties: { appLogsConfiguration: { destination, logAnalyticsConfiguration } },
    });
    const workspace = { customerId: "c", sharedKey: "k" };
    const code = async (method: string, body: object) =>
      (await call(method, environmentId, { body: { ...(method === "PUT" && { location: "eastus" }), ...body } })).body
        .error?.code;
    for (const method of ["PUT", "PATCH"]) {
      expect(await code(method, properties("nowhere"))).toBe("InvalidRequestBody");
      expect(await code(method, properties("log-analytics", { customerId: "c" }))).toBe(
        "InvalidRequestParameterWithDetails",
      );
      expect((await call("GET", environmentId)).body).toMatchObject({ properties: { provisioningState: "Succeeded" } });
    }
    for (const body of [
      properties("azure-monitor"),
      properties("none"),
      properties(""),
      properties("log-analytics", workspace),
    ]) {
      await write("PUT", environmentId, { location: "eastus", ...body });
    }
    await write("PATCH", environmentId, { tags: { kept: "the key, which no read returns" } });
    expect((await call("GET", environmentId)).body.properties?.appLogsConfiguration).toEqual({
      destination: "log-analytics",
      logAnalyticsConfiguration: { customerId: "c", sharedKey: null },
    });
  });

  test("an app's workload profile defaults to Consumption, and is refused in an environment without profiles", async () => {
    await write("PUT", appId, app());
    expect((await read()).properties.workloadProfileName).toBe("Consumption");
    const old = `${environmentId}-v1`;
    await write("PUT", old, { location: "eastus", properties: {} });
    expect((await call("GET", old)).body.properties.workloadProfiles).toBeNull();
    const { properties } = app() as { properties: object };
    const body = (profile: object) => ({
      location: "eastus",
      properties: { ...properties, environmentId: old, ...profile },
    });
    const refused = await call("PUT", `${appId}-1`, { body: body({ workloadProfileName: "Consumption" }) });
    expect([refused.status, refused.body.error.message]).toEqual([
      400,
      "Cannot specify workload profile name for container app in Consumption Only environment.",
    ]);
    await write("PUT", `${appId}-1`, body({}));
    expect((await call("GET", `${appId}-1`)).body.properties.workloadProfileName).toBeNull();
  });

  test("names ignore case and keep the case that they were created with", async () => {
    await write("PUT", appId, app());
    const other = await call("GET", appId.toUpperCase().replace("AGW-APP", "AGW-App"));
    expect(other.body.name).toBe("agw-app");
    expect((await call("GET", `${subscription}/resourcegroups/RG`)).body.name).toBe("rg");
  });

  test("If-Match with another ETag gets 412, with the current one 202", async () => {
    await write("PUT", appId, app());
    const { etag } = (await call("GET", appId)).headers;
    const stale = await call("PATCH", appId, { body: { tags: {} }, headers: { "if-match": '"other"' } });
    expect(stale.status).toBe(412);
    expect((await call("PATCH", appId, { body: { tags: {} }, headers: { "if-match": String(etag) } })).status).toBe(
      202,
    );
  });

  test("a refused write changes nothing", async () => {
    await write("PUT", appId, app(sticky));
    const before = await call("GET", appId);
    const refused = await call("PATCH", appId, {
      body: { properties: { configuration: { activeRevisionsMode: "Multiple" } } },
    });
    expect([refused.status, refused.body.error.code]).toEqual([400, "ContainerAppInvalidStickySessions"]);
    expect(await call("GET", appId)).toMatchObject({ body: before.body, headers: { etag: before.headers.etag } });
  });
});

describe("revisions", () => {
  test("a template change starts a new revision, routes to it, and only then stops the old one", async () => {
    await write("PUT", appId, app());
    plane.asked.length = 0;
    await write("PATCH", appId, { properties: { template: { scale: { minReplicas: 2 } } } });
    expect(plane.asked.filter((line, index, all) => all.indexOf(line) === index)).toEqual([
      "start agw-app--0000002",
      "route agw-app--0000001",
      "route agw-app--0000002",
      "stop agw-app--0000001",
    ]);
    const { value } = (await call("GET", `${appId}/revisions`)).body;
    expect(value.map((one: Answer["body"]) => [one.name, one.properties.active, one.properties.trafficWeight])).toEqual(
      [
        ["agw-app--0000001", false, 0],
        ["agw-app--0000002", true, 100],
      ],
    );
  });

  test("changes of ingress, secrets and tags keep the replicas, which see a new secret after a restart", async () => {
    const template = { containers: [{ name: "g", image: "i", env: [{ name: "K", secretRef: "key" }] }] };
    await write("PUT", appId, app({ secrets: [{ name: "key", value: "old" }] }, template));
    plane.asked.length = 0;
    await write(
      "PUT",
      appId,
      app({ ...sticky, secrets: [{ name: "key", value: "new" }] }, template, { tags: { a: "b" } }),
    );
    expect(plane.asked.filter((line) => line.startsWith("start"))).toEqual([]);
    const key = (): string | undefined => plane.running.get("agw-app--0000001")?.containers[0]?.env.K;
    expect(key()).toBe("old");
    const restart = await call("POST", `${appId}/revisions/agw-app--0000001/restart`);
    expect([restart.status, restart.body]).toEqual([200, "Restart succeeded"]);
    expect(key()).toBe("new");
  });

  const revisions = async (): Promise<Answer["body"][]> => (await call("GET", `${appId}/revisions`)).body.value;
  const states = async () => {
    const { provisioningState, latestRevisionName, latestReadyRevisionName } = (await read()).properties;
    const seen = (await revisions()).map(({ properties: { active, runningState } }) => [active, runningState]);
    return { provisioningState, latestRevisionName, latestReadyRevisionName, revisions: seen };
  };
  const scaleTo = (minReplicas: number): Promise<Answer["body"]> =>
    write("PATCH", appId, { properties: { template: { scale: { minReplicas } } } });

  test("a write succeeds while its revision is still starting: it has the weight, but no traffic yet", async () => {
    await write("PUT", appId, app());
    let ready = (): void => {};
    plane.starting = new Promise((resolve) => {
      ready = resolve;
    });
    expect(await scaleTo(2)).toMatchObject({ status: "Succeeded" });
    const starting = { provisioningState: "Provisioned", runningState: "Activating", trafficWeight: 100, active: true };
    expect((await revisions())[1].properties).toMatchObject({ ...starting, healthState: "None" });
    expect(await states()).toMatchObject({
      provisioningState: "Succeeded",
      latestRevisionName: "agw-app--0000002",
      latestReadyRevisionName: "agw-app--0000001",
    });
    expect(plane.asked.at(-1)).toBe("route agw-app--0000001");
    ready();
    expect(await states()).toMatchObject({
      latestReadyRevisionName: "agw-app--0000002",
      revisions: [
        [false, "Stopped"],
        [true, "Running"],
      ],
    });
  });

  test("a second write while a revision starts creates another one, and only the newest stays", async () => {
    await write("PUT", appId, app());
    let ready = (): void => {};
    plane.starting = new Promise((resolve) => {
      ready = resolve;
    });
    await scaleTo(2);
    expect(await scaleTo(3)).toMatchObject({ status: "Succeeded" });
    ready();
    expect(await states()).toMatchObject({
      latestReadyRevisionName: "agw-app--0000003",
      revisions: [
        [false, "Stopped"],
        [false, "Stopped"],
        [true, "Running"],
      ],
    });
  });

  test("a revision that never becomes ready turns Failed after the write, and the old one keeps serving", async () => {
    await write("PUT", appId, app());
    plane.failWith = "readiness probe failed: connection refused";
    expect(await scaleTo(2)).toMatchObject({ status: "Succeeded" });
    expect(await states()).toEqual({
      provisioningState: "Succeeded",
      latestRevisionName: "agw-app--0000002",
      latestReadyRevisionName: "agw-app--0000001",
      revisions: [
        [true, "Running"],
        [true, "Failed"],
      ],
    });
    expect([...plane.running.keys()]).toEqual(["agw-app--0000001"]);
    expect(plane.asked.filter((line) => line.startsWith("route")).at(-1)).toBe("route agw-app--0000001");
    expect((await revisions())[1].properties).toMatchObject({
      provisioningState: "Failed",
      provisioningError: "Container crashing: gateway",
      healthState: "Unhealthy",
      trafficWeight: 100,
    });
    // Any write starts the revision again, and so does a restart.
    for (const again of [
      () => write("PATCH", appId, { tags: {} }),
      () => call("POST", `${appId}/revisions/agw-app--0000002/restart`),
    ]) {
      plane.asked.length = 0;
      await again();
      expect(plane.asked).toContain("start agw-app--0000002");
      expect((await states()).revisions[1]).toEqual([true, "Failed"]);
    }
    plane.failWith = undefined;
    await write("PATCH", appId, { tags: {} });
    expect(await states()).toMatchObject({
      latestReadyRevisionName: "agw-app--0000002",
      revisions: [
        [false, "Stopped"],
        [true, "Running"],
      ],
    });
  });

  test("a failed revision takes over if it becomes ready later", async () => {
    await write("PUT", appId, app());
    plane.failWith = "exit code 1";
    let recover = (_recovered: boolean): void => {};
    plane.recovery = new Promise((resolve) => {
      recover = resolve;
    });
    await scaleTo(2);
    expect((await states()).revisions[1]).toEqual([true, "Failed"]);
    recover(true);
    expect(await states()).toMatchObject({
      latestReadyRevisionName: "agw-app--0000002",
      revisions: [
        [false, "Stopped"],
        [true, expect.anything()],
      ],
    });
  });

  test("writing the serving revision's template makes it the latest again if the latest isn't ready", async () => {
    await write("PUT", appId, app());
    plane.failWith = "exit code 1";
    await write("PUT", appId, app({}, { scale: { minReplicas: 2 } }));
    plane.asked.length = 0;
    expect(await write("PUT", appId, app())).toMatchObject({ status: "Succeeded" });
    expect(plane.asked.filter((line) => !line.startsWith("route"))).toEqual(["stop agw-app--0000002"]);
    expect(await states()).toEqual({
      provisioningState: "Succeeded",
      latestRevisionName: "agw-app--0000001",
      latestReadyRevisionName: "agw-app--0000001",
      revisions: [
        [true, "Running"],
        [false, "Stopped"],
      ],
    });
    plane.failWith = undefined;
    await write("PUT", appId, app({}, { scale: { minReplicas: 3 } }));
    expect(await states()).toMatchObject({ latestReadyRevisionName: "agw-app--0000003" });
  });

  test("creating an app with an image that can't be pulled fails with Azure's error, without revision or address", async () => {
    const image = "example.invalid/gateway:1";
    await call("POST", "/_local/faults", { body: { fault: "image", image, times: 2 } });
    const error = {
      code: "ContainerAppOperationError",
      message:
        "Failed to provision revision for container app 'agw-app'. Error details: The following field(s) are either invalid or missing. " +
        "Field 'template.containers.gateway.image' is invalid with details: 'Invalid value: \"example.invalid/gateway:1\": " +
        'GET https:: MANIFEST_UNKNOWN: manifest tagged by "1" is not found; map[Tag:1]\';..',
    };
    expect(await write("PUT", appId, app())).toMatchObject({ status: "Failed", error });
    const { properties } = await read();
    expect(properties).toMatchObject({
      provisioningState: "Failed",
      deploymentErrors: error.message,
      latestRevisionName: "",
      latestReadyRevisionName: "",
      configuration: { ingress: { fqdn: null, traffic: null, transport: null, exposedPort: null } },
      template: { containers: [{ image }] },
    });
    expect(properties).not.toHaveProperty("eventStreamEndpoint");
    expect(await revisions()).toEqual([]);
    // The second fault applies to the next write; the one after that finds the image.
    expect(await write("PATCH", appId, { tags: {} })).toMatchObject({ status: "Failed" });
    expect(await write("PATCH", appId, { tags: {} })).toMatchObject({ status: "Succeeded" });
    expect(await states()).toMatchObject({ latestReadyRevisionName: "agw-app--0000001" });
    expect((await read()).properties).not.toHaveProperty("deploymentErrors");
  });

  test("updating to an image that can't be pulled fails, and the serving revision stays the latest", async () => {
    await write("PUT", appId, app());
    const image = "example.invalid/gateway:2";
    await call("POST", "/_local/faults", { body: { fault: "image", image } });
    const update = app({}, { containers: [{ name: "gateway", image }] });
    expect(await write("PUT", appId, update)).toMatchObject({ status: "Failed" });
    expect(await states()).toEqual({
      provisioningState: "Failed",
      latestRevisionName: "agw-app--0000001",
      latestReadyRevisionName: "agw-app--0000001",
      revisions: [[true, "Running"]],
    });
    plane.asked.length = 0;
    expect(await write("PUT", appId, app())).toMatchObject({ status: "Succeeded" });
    expect(plane.asked.filter((line) => !line.startsWith("route"))).toEqual([]);
    expect(await states()).toMatchObject({ provisioningState: "Succeeded", revisions: [[true, "Running"]] });
  });

  test("replicas can be read, revisions activated and deactivated in multiple mode, and the app stopped and started", async () => {
    await write("PUT", appId, app({ activeRevisionsMode: "Multiple" }, { scale: { minReplicas: 2 } }));
    await write("PATCH", appId, { properties: { template: { scale: { minReplicas: 1 } } } });
    expect([...plane.running.keys()]).toEqual(["agw-app--0000001", "agw-app--0000002"]);
    const { value } = (await call("GET", `${appId}/revisions/agw-app--0000001/replicas`)).body;
    expect(value).toHaveLength(2);
    expect((await call("GET", `${appId}/revisions/agw-app--0000001/replicas/${value[0].name}`)).body).toEqual(value[0]);
    expect((await call("GET", `${appId}/revisions/agw-app--0000001/replicas/none`)).status).toBe(404);
    await call("POST", `${appId}/revisions/agw-app--0000001/deactivate`);
    expect([...plane.running.keys()]).toEqual(["agw-app--0000002"]);
    await call("POST", `${appId}/revisions/agw-app--0000001/activate`);
    expect([...plane.running.keys()].sort()).toEqual(["agw-app--0000001", "agw-app--0000002"]);
    await write("POST", `${appId}/stop`);
    expect([(await read()).properties.runningStatus, plane.running.size]).toEqual(["Stopped", 0]);
    await write("POST", `${appId}/start`);
    expect([(await read()).properties.runningStatus, [...plane.running.keys()]]).toEqual([
      "Running",
      ["agw-app--0000002"],
    ]);
  });
});

describe("the system log", () => {
  const events = async (): Promise<Record<string, string>[]> => {
    const path = `${appId.replace("/providers/Microsoft.App", "")}/eventstream?tailLines=300`;
    const { body } = await call("GET", path, { apiVersion: "" });
    return body
      .trim()
      .split("\n")
      .map((line: string) => JSON.parse(line));
  };

  test("lists Azure's events for a new revision, a write without one, and a failure", async () => {
    await write("PUT", appId, app());
    await write("PATCH", appId, { properties: { configuration: sticky } });
    await write("PATCH", appId, { properties: { template: { scale: { minReplicas: 2 } } } });
    plane.failWith = "Replica r did not become ready: exit code 1";
    await write("PATCH", appId, { properties: { template: { scale: { minReplicas: 3 } } } });
    const told = await events();
    const ready = ["ContainerAppReady", "Successfully updated containerApp: agw-app"];
    const update = ["ContainerAppUpdate", "Updating containerApp: agw-app"];
    const takesOver = (revision: string) => [
      ["RevisionCreation", `Creating a new revision: ${revision}`],
      ready,
      ["RevisionReady", `Successfully provisioned revision '${revision}'`],
    ];
    const traffic = (revision: string) => [
      "RevisionUpdate",
      `Setting traffic weight of '100%' for revision '${revision}'`,
    ];
    expect(told.map(({ Reason, Msg }) => [Reason, Msg])).toEqual([
      ["StartingGettingEvents", "Connecting to the events collector..."],
      ["ConnectedToEventsServer", "Successfully connected to events server"],
      ...[update, ...takesOver("agw-app--0000001"), traffic("agw-app--0000001")],
      ...[update, ["ContainerAppReady", "No revision restart or provisioning was needed."], ready],
      ...[update, ...takesOver("agw-app--0000002")],
      ["RevisionDeactivating", "Deactivating old revisions for ContainerApp 'agw-app'"],
      traffic("agw-app--0000002"),
      ...[update, ["RevisionCreation", "Creating a new revision: agw-app--0000003"], ready],
      ["Error", "Error provisioning revision agw-app--0000003. Replica r did not become ready: exit code 1"],
    ]);
    expect(told.at(-1)).toMatchObject({
      TimeStamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC$/),
      Type: "Warning",
      ContainerAppName: "agw-app",
      RevisionName: "agw-app--0000003",
      EventSource: "ContainerAppController",
    });
  });
});

describe("secrets", () => {
  test("only listSecrets returns values, and recorded requests mask them", async () => {
    await write("PUT", appId, app({ secrets: [{ name: "key", value: "s3cret" }] }));
    const workspace = `${group}/providers/Microsoft.OperationalInsights/workspaces/logs`;
    await call("PUT", workspace, { body: { location: "eastus" }, apiVersion: "2023-09-01" });
    const keys = await call("POST", `${workspace}/sharedKeys`, { apiVersion: "2023-09-01" });
    const logs = { customerId: "x", sharedKey: keys.body.primarySharedKey };
    const logged = { appLogsConfiguration: { destination: "log-analytics", logAnalyticsConfiguration: logs } };
    await write("PUT", environmentId, { location: "eastus", properties: logged });
    const reads = await Promise.all([
      call("GET", appId),
      call("GET", environmentId),
      call("GET", workspace, { apiVersion: "2023-09-01" }),
    ]);
    const text = JSON.stringify([reads.map(({ body }) => body), azure.requests()]);
    expect(text).not.toContain("s3cret");
    expect(text).not.toContain(keys.body.primarySharedKey);
    expect((await call("POST", `${appId}/listSecrets`)).body).toEqual({ value: [{ name: "key", value: "s3cret" }] });
  });
});

describe("deletes", () => {
  test("deleting an app returns 202, then 204 when polled; deleting a missing app returns 204", async () => {
    await write("PUT", appId, app());
    const deleted = await call("DELETE", appId);
    expect(deleted.status).toBe(202);
    await settled(azure, deleted);
    const result = new URL(String(deleted.headers.location));
    expect((await call("GET", `${result.pathname}${result.search}`)).status).toBe(204);
    const gone = await call("GET", appId);
    expect([gone.status, gone.body.error.code]).toEqual([404, "ResourceNotFound"]);
    expect((await call("DELETE", appId)).status).toBe(204);
    expect([plane.running.size, plane.ingresses.size]).toEqual([0, 0]);
  });

  test("deleting an environment with apps gets 409; deleting a group removes everything in it", async () => {
    await write("PUT", appId, app());
    expect((await call("DELETE", environmentId)).status).toBe(409);
    const deleted = await call("DELETE", group);
    expect(deleted.status).toBe(202);
    const result = new URL(String(deleted.headers.location));
    while ((await call("GET", `${result.pathname}${result.search}`)).status === 202);
    expect((await call("HEAD", group)).status).toBe(404);
    const gone = await call("GET", appId);
    expect([gone.status, gone.body.error.code]).toEqual([404, "ResourceGroupNotFound"]);
    expect((await call("GET", `${subscription}/resources`)).body).toEqual({ value: [] });
    expect([plane.running.size, plane.ingresses.size]).toEqual([0, 0]);
  });
});

describe("refusals", () => {
  test("a missing or forged token, or one for another audience, gets 401 in Azure's form", async () => {
    const token = await signIn(azure);
    const [head, , signature] = token.split(".");
    const forged = `${head}.${Buffer.from('{"exp":9999999999}').toString("base64url")}.${signature}`;
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${token.split(".")[1]}.`;
    for (const bad of ["", "x", forged, none, await signIn(azure, "https://vault.azure.net")]) {
      const refused = await call("GET", group, { token: bad });
      expect(refused.status).toBe(401);
      expect(refused.body.error.code).toMatch(/^(AuthenticationFailed|InvalidAuthenticationToken)$/);
      expect(refused.headers["www-authenticate"]).toMatch(/^Bearer authorization_uri="https:\/\/127\.0\.0\.1/);
    }
  });

  test("malformed JSON gets 400, more than 4 MiB 413, another content type 415", async () => {
    const { code, message } = (await call("PUT", appId, { raw: '{"a": s3cret' })).body.error;
    expect([code, message]).toEqual(["InvalidRequestContent", expect.stringContaining("'not valid JSON'")]);
    expect((await call("PUT", appId, { raw: `"${"x".repeat(5 * 1024 * 1024)}"` })).status).toBe(413);
    expect((await call("PUT", appId, { raw: "a: b", headers: { "content-type": "application/yaml" } })).status).toBe(
      415,
    );
    expect((await call("PUT", appId, { body: [] })).body.error.code).toBe("InvalidRequestBody");
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect((await call("PUT", appId, { raw: deep })).body.error.message).toContain("64 levels");
    expect((await call("GET", group)).status).toBe(200);
  });

  test("an unsupported type gets 501; an unknown subscription, group or environment is not found", async () => {
    const vault = `${group}/providers/Microsoft.KeyVault/vaults/v`;
    const unknown = await call("PUT", vault, { body: {} });
    const { code, message } = unknown.body.error;
    expect([unknown.status, code]).toEqual([501, "NotImplementedByLocalAzure"]);
    expect(message).toContain(`PUT ${vault}`);
    expect((await call("GET", "/subscriptions/11111111-1111-1111-1111-111111111111")).body.error.code).toBe(
      "SubscriptionNotFound",
    );
    expect((await call("PUT", appId.replace("/rg/", "/none/"), { body: app() })).body.error.code).toBe(
      "ResourceGroupNotFound",
    );
    const elsewhere = app();
    Object.assign((elsewhere as { properties: object }).properties, { environmentId: `${environmentId}-2` });
    const orphan = await call("PUT", appId, { body: elsewhere });
    expect([orphan.status, orphan.body.error.message]).toEqual([400, expect.stringContaining(`${environmentId}-2`)]);
  });

  test("api-version is required; the versions that az, azure-native and the SDK send are accepted", async () => {
    const without = await call("GET", group, { apiVersion: "" });
    expect([without.status, without.body.error.code]).toEqual([400, "MissingApiVersionParameter"]);
    await write("PUT", appId, app());
    for (const apiVersion of ["2025-07-01", "2025-02-02-preview"])
      expect((await call("GET", appId, { apiVersion })).status).toBe(200);
    expect((await call("GET", appId, { apiVersion: "2001-01-01" })).body.error.code).toBe("NoRegisteredProviderFound");
  });

  test("a Host header other than 127.0.0.1 and localhost gets 403, even with a token", async () => {
    const refused = await call("POST", "/_local/faults", {
      body: { fault: "drop" },
      headers: { host: "attacker.example" },
    });
    const { code, message } = refused.body.error;
    expect([refused.status, code]).toEqual([403, "HostNotLoopback"]);
    expect(message).toContain("'attacker.example'");
  });
});

describe("revisions and traffic", () => {
  const traffic = async () => (await read()).properties.configuration.ingress.traffic;
  const several = { activeRevisionsMode: "Multiple" };
  const weigh = (...entries: object[]) =>
    call("PATCH", appId, { body: { properties: { configuration: { ingress: { traffic: entries } } } } });

  test("a weight sent as a string is accepted, and an entry with a revision name is returned as Azure does", async () => {
    await write("PUT", appId, app(several));
    await write("PATCH", appId, {
      properties: { template: { containers: [{ name: "b", image: "example.invalid/b" }] } },
    });
    const named = { revisionName: "agw-app--0000001", weight: "100", latestRevision: false };
    await settled(azure, await weigh({ latestRevision: true, weight: "0" }, named));
    expect(await traffic()).toEqual([
      { latestRevision: true, weight: 0 },
      { revisionName: "agw-app--0000001", weight: 100 },
    ]);
    expect(plane.asked.at(-1)).toBe("route agw-app--0000001");
    const wrong = await weigh({ latestRevision: true, weight: "all" });
    expect([wrong.status, wrong.body.error.message]).toEqual([400, expect.stringContaining("traffic[0].weight")]);
    await write("PATCH", appId, { properties: { configuration: { activeRevisionsMode: "Single" } } });
    expect(await traffic()).toEqual([{ latestRevision: true, weight: 100 }]);
    expect(plane.asked.at(-1)).toBe("route agw-app--0000002");
  });

  test("revision labels and split traffic get 501", async () => {
    await write("PUT", appId, app(several));
    const label = await weigh({ latestRevision: true, weight: 100, label: "green" });
    expect([label.status, label.body.error.message]).toEqual([501, expect.stringContaining("traffic[].label")]);
    const split = await weigh({ latestRevision: true, weight: 50 }, { revisionName: "agw-app--0000001", weight: 50 });
    expect([split.status, split.body.error.message]).toEqual([501, expect.stringContaining("ingress.traffic)")]);
  });

  test("in single mode, revisions can be deactivated and activated, except those of a stopped app", async () => {
    await write("PUT", appId, app());
    await write("PATCH", appId, { properties: { template: { scale: { minReplicas: 2 } } } });
    const [old, newest] = [`${appId}/revisions/agw-app--0000001`, `${appId}/revisions/agw-app--0000002`];
    expect((await call("POST", `${newest}/deactivate`)).status).toBe(200);
    expect(plane.asked.at(-1)).toBe("stop agw-app--0000002");
    expect((await call("POST", `${newest}/activate`)).body).toBe("Activate succeeded");
    expect(plane.asked.at(-1)).toBe("route agw-app--0000002");
    expect((await call("POST", `${old}/activate`)).body).toBe("Activate succeeded");
    expect([...plane.running.keys()].sort()).toEqual(["agw-app--0000001", "agw-app--0000002"]);
    expect(plane.asked.at(-1)).toBe("route agw-app--0000002");
    expect((await call("GET", old)).body.properties).toMatchObject({ active: true, trafficWeight: 0 });
    await settled(azure, await call("POST", `${appId}/stop`));
    expect((await call("POST", `${newest}/activate`)).body.error.code).toBe("RevisionActivationNotAllowed");
  });
});

describe("injected faults", () => {
  const fault = (body: object): Promise<Answer> => call("POST", "/_local/faults", { body });

  test("the next calls that match method and path get the requested status, as often as requested", async () => {
    await fault({
      fault: "answer",
      status: 429,
      method: "GET",
      path: "/resourceGroups/rg",
      times: 2,
      retryAfterSeconds: 7,
    });
    expect((await call("HEAD", group)).status).toBe(204);
    const first = await call("GET", group);
    expect([first.status, first.body.error.code, first.headers["retry-after"]]).toEqual([429, "TooManyRequests", "7"]);
    expect((await call("GET", group)).status).toBe(429);
    expect((await call("GET", group)).status).toBe(200);
  });

  test("connections are dropped, and operations are slow or fail", async () => {
    await fault({ fault: "drop", path: "agw-app" });
    await expect(call("GET", appId)).rejects.toThrow(/socket hang up|ECONNRESET/);
    await fault({ fault: "operation", error: { code: "InternalError", message: "No capacity." } });
    expect(await write("PUT", appId, app())).toMatchObject({
      status: "Failed",
      error: { code: "InternalError", message: "No capacity." },
    });
    expect((await read()).properties.provisioningState).toBe("Failed");
    await fault({ fault: "operation", seconds: 0.3 });
    const started = performance.now();
    expect(await write("PUT", appId, app())).toMatchObject({ status: "Succeeded" });
    expect(performance.now() - started).toBeGreaterThan(290);
  });

  test("a fault request is refused with all its problems, and without a token", async () => {
    const wrong = await fault({ fault: "answer", status: 418, times: 0, colour: "blue" });
    expect(wrong.status).toBe(400);
    for (const part of ["$.status", "$.times", "$.colour"]) expect(wrong.body.error.message).toContain(part);
    const misplaced = await fault({ fault: "operation", seconds: 1, path: "agw-app" });
    expect(misplaced.body.error.message).toContain("$.path: is not a property of fault 'operation'.");
    expect((await call("POST", "/_local/faults", { body: { fault: "drop" }, token: "" })).status).toBe(401);
    await fault({ fault: "drop", path: "x" });
    expect((await call("GET", "/_local/faults")).body.value).toHaveLength(1);
    expect((await call("DELETE", "/_local/faults")).body.value).toEqual([]);
  });

  test("the list of remaining faults can be sent back as requests", async () => {
    const asked = [
      { fault: "answer", status: 503, retryAfterSeconds: 2, method: "GET", path: "containerApps/None", times: 2 },
      { fault: "drop", path: "elsewhere", times: 1 },
      { fault: "operation", seconds: 0.5, error: { code: "InternalError", message: "No capacity." }, times: 3 },
    ];
    for (const one of asked) await fault(one);
    expect((await call("GET", appId.replace("agw-app", "none"))).status).toBe(503);
    const left = (await call("GET", "/_local/faults")).body.value;
    expect(left).toEqual([{ ...asked[0], times: 1 }, ...asked.slice(1)]);
    expect((await call("DELETE", "/_local/faults")).body.value).toEqual([]);
    for (const one of left) expect((await fault(one)).status).toBe(201);
    expect((await call("GET", "/_local/faults")).body.value).toEqual(left);
  });
});
