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

/** ARM's rules, over https, with a data plane that only takes notes: nothing here shows that replicas or ingress work. */

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
  test("PUT answers 201 with both addresses, then reads back in Azure's casing and defaults", async () => {
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

  test("reads have every property, in the same place, that Azure's recorded answers have", async () => {
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

  test("a PUT without affinity resets it; a PATCH of the scale leaves it; PATCH answers 202 with an empty body", async () => {
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

  test("while an operation runs every other write is 409 ContainerAppOperationInProgress, and afterwards it is taken", async () => {
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

  test("an environment's writes exclude each other too", async () => {
    await call("POST", "/_local/faults", { body: { fault: "operation", seconds: 2 } });
    const body = { location: "eastus", properties: {} };
    const put = await call("PUT", environmentId, { body });
    const refused = await call("PATCH", environmentId, { body: { tags: {} } });
    expect([refused.status, refused.body.error.code]).toEqual([409, "ManagedEnvironmentOperationInProgress"]);
    expect(await settled(azure, put)).toMatchObject({ status: "Succeeded" });
    expect((await call("PATCH", environmentId, { body: { tags: { a: "b" } } })).status).toBe(202);
  });

  test("an environment's logs go where there is something, with the workspace's id and key, by PUT as by PATCH", async () => {
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

  test("an environment with workload profiles puts an app on Consumption; one without them takes no profile's name", async () => {
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

  test("names are the same in any case, and keep the case that they were created with", async () => {
    await write("PUT", appId, app());
    const other = await call("GET", appId.toUpperCase().replace("AGW-APP", "AGW-App"));
    expect(other.body.name).toBe("agw-app");
    expect((await call("GET", `${subscription}/resourcegroups/RG`)).body.name).toBe("rg");
  });

  test("If-Match with another ETag is 412, with the right one it is taken", async () => {
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
  test("a template change starts the new one, routes to it, and only then stops the old one", async () => {
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

  test("ingress, secret and tag changes keep the replicas, which see a new secret after a restart", async () => {
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

  test("a write has succeeded while its revision still starts: Provisioned, Activating, all the weight and no traffic yet", async () => {
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

  test("a second write while a revision starts makes the next one, and only the newest is left in the end", async () => {
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

  test("one that never becomes ready turns Failed after the write has succeeded, stays active, and the old one keeps serving", async () => {
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
    // Whatever is written next starts it again, and so does its restart.
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

  test("one that failed and becomes ready after all takes over by itself", async () => {
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

  test("a write of the template that serves goes back to it while the latest one is not ready, and its replicas stay", async () => {
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

  test("an image that cannot be pulled ends the operation Failed in Azure's words: a creation has no revision and no address", async () => {
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
    // Written again while the image is still missing, and once it is there.
    expect(await write("PATCH", appId, { tags: {} })).toMatchObject({ status: "Failed" });
    expect(await write("PATCH", appId, { tags: {} })).toMatchObject({ status: "Succeeded" });
    expect(await states()).toMatchObject({ latestReadyRevisionName: "agw-app--0000001" });
    expect((await read()).properties).not.toHaveProperty("deploymentErrors");
  });

  test("an update to an image that cannot be pulled is Failed too, and the revision that serves stays the latest", async () => {
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

  test("replicas list and get, activate and deactivate in multiple mode, stop and start of the app", async () => {
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

  test("tells what was done to an app in Azure's words: what made a revision, what did not, and what failed", async () => {
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
  test("a GET never returns one; listSecrets does; the record of requests masks them", async () => {
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
  test("an app: 202, polled to 204, then 404; one that is not there: 204", async () => {
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

  test("an environment that still has apps: 409; a group: everything in it", async () => {
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
  test("without a token, with a forged one, and with one for another audience: 401 in Azure's form", async () => {
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

  test("malformed JSON, more than 4 MB and another content type: 400, 413, 415, and the server goes on", async () => {
    expect((await call("PUT", appId, { raw: '{"a": s3cret' })).body.error).toMatchObject({
      code: "InvalidRequestContent",
    });
    expect((await call("PUT", appId, { raw: `"${"x".repeat(5 * 1024 * 1024)}"` })).status).toBe(413);
    expect((await call("PUT", appId, { raw: "a: b", headers: { "content-type": "application/yaml" } })).status).toBe(
      415,
    );
    expect((await call("PUT", appId, { body: [] })).body.error.code).toBe("InvalidRequestBody");
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect((await call("PUT", appId, { raw: deep })).body.error.message).toContain("nested deeper than 64 levels");
    expect((await call("GET", group)).status).toBe(200);
  });

  test("what is not modelled is 501 and named; another subscription, group or environment is not found", async () => {
    const vault = `${group}/providers/Microsoft.KeyVault/vaults/v`;
    const unknown = await call("PUT", vault, { body: {} });
    expect([unknown.status, unknown.body.error.message]).toEqual([501, `The local Azure does not model PUT ${vault}.`]);
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

  test("api-version is required; the versions of the CLI, of azure-native and of the SDK are all taken", async () => {
    const without = await call("GET", group, { apiVersion: "" });
    expect([without.status, without.body.error.code]).toEqual([400, "MissingApiVersionParameter"]);
    await write("PUT", appId, app());
    for (const apiVersion of ["2025-07-01", "2025-02-02-preview"])
      expect((await call("GET", appId, { apiVersion })).status).toBe(200);
    expect((await call("GET", appId, { apiVersion: "2001-01-01" })).body.error.code).toBe("NoRegisteredProviderFound");
  });

  test("a Host header that is not loopback is refused, whatever the token", async () => {
    const refused = await call("POST", "/_local/faults", {
      body: { fault: "drop" },
      headers: { host: "attacker.example" },
    });
    expect(refused.status).toBe(403);
  });
});

describe("revisions and traffic", () => {
  const traffic = async () => (await read()).properties.configuration.ingress.traffic;
  const several = { activeRevisionsMode: "Multiple" };
  const weigh = (...entries: object[]) =>
    call("PATCH", appId, { body: { properties: { configuration: { ingress: { traffic: entries } } } } });

  test("a weight that az sends as text is taken, and a revision that is named reads back as Azure's do", async () => {
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

  test("labels and a split over revisions are not modelled, and named", async () => {
    await write("PUT", appId, app(several));
    const label = await weigh({ latestRevision: true, weight: 100, label: "green" });
    expect([label.status, label.body.error.message]).toEqual([501, expect.stringContaining("traffic[].label")]);
    const split = await weigh({ latestRevision: true, weight: 50 }, { revisionName: "agw-app--0000001", weight: 50 });
    expect([split.status, split.body.error.message]).toEqual([501, expect.stringContaining("traffic split")]);
  });

  test("in single mode the latest revision and an older one can be deactivated and activated again, a stopped app's not", async () => {
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
    expect((await call("POST", `${newest}/activate`)).body.error.message).toContain("the app is stopped");
  });
});

describe("faults on request", () => {
  const fault = (body: object): Promise<Answer> => call("POST", "/_local/faults", { body });

  test("the next N calls that match a method and path answer 429, 500 or 503, then all is well", async () => {
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

  test("a dropped connection, a slow operation and one that ends Failed", async () => {
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

  test("a request for one says everything that is wrong with it, and needs the token", async () => {
    const wrong = await fault({ fault: "answer", status: 418, times: 0, colour: "blue" });
    expect(wrong.status).toBe(400);
    for (const part of ["$.status", "$.times", "$.colour"]) expect(wrong.body.error.message).toContain(part);
    const misplaced = await fault({ fault: "operation", seconds: 1, path: "agw-app" });
    expect(misplaced.body.error.message).toContain("$.path: is not taken with fault 'operation'.");
    expect((await call("POST", "/_local/faults", { body: { fault: "drop" }, token: "" })).status).toBe(401);
    await fault({ fault: "drop", path: "x" });
    expect((await call("GET", "/_local/faults")).body.value).toHaveLength(1);
    expect((await call("DELETE", "/_local/faults")).body.value).toEqual([]);
  });

  test("the faults that are left are listed in the form that they were asked for in, with what is left of times", async () => {
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
