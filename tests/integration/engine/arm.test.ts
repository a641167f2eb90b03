import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Arm, connectArm } from "../../../src/local/providers/azureNative/arm.ts";
import { azureNative } from "../../../src/local/providers/azureNative/provider.ts";
import { type ArmStandIn, startArmStandIn, startSilentServer } from "../../support/armStandIn.ts";
import { closedPort } from "../../support/closedPort.ts";
import { arm as call, startTestAzure } from "../../support/localAzure.ts";

let standIn: ArmStandIn;
let arm: Arm;
const signal = new AbortController().signal;
const path = "/subscriptions/s/resourceGroups/rg";
const put = (limited: Arm = arm) => limited.send("PUT", path, "2024-03-01", { location: "x" });

beforeAll(async () => {
  standIn = await startArmStandIn();
  arm = await connectArm({ environment: standIn.environment, signal });
});
afterAll(() => standIn[Symbol.asyncDispose]());
beforeEach(() => {
  standIn.intercept = () => undefined;
  standIn.lost = () => false;
  standIn.polls = 0;
  standIn.requests.length = 0;
  standIn.resources.clear();
});

/** Answers the first requests with these, the others as usual. */
function first(
  ...answers: { status: number; headers?: Record<string, unknown>; body?: Record<string, unknown> }[]
): void {
  standIn.intercept = () => answers.shift();
}

/** The limit's clock stands still but for this: how often a request is sent again then does not depend on the machine. */
function eachRequestTakes(milliseconds: number): Disposable {
  const began = Date.now();
  const clock = vi.spyOn(Date, "now").mockImplementation(() => began + standIn.requests.length * milliseconds);
  return { [Symbol.dispose]: () => clock.mockRestore() };
}

describe("what is transient", () => {
  test.each([409, 429, 500, 503])("%i is tried again, and the answer after it counts", async (status) => {
    first({ status }, { status, headers: { "retry-after": "0" } });
    expect(await put()).toMatchObject({ location: "x" });
    expect(standIn.requests).toHaveLength(3);
  });
  test("a connection that the local Azure drops without an answer is tried again", async () => {
    await using azure = await startTestAzure();
    const drop = { fault: "drop", path: "resourceGroups/dropped", times: 3 };
    expect((await call(azure, "POST", "/_local/faults", { body: drop })).status).toBe(201);
    const there = await connectArm({ environment: azure.environment, signal });
    const group = `/subscriptions/${there.subscriptionId}/resourceGroups/dropped`;
    expect(await there.send("PUT", group, "2024-03-01", { location: "westeurope" })).toMatchObject({ name: "dropped" });
    expect(await there.send("GET", group, "2024-03-01")).toMatchObject({ location: "westeurope" });
    expect((await call(azure, "GET", "/_local/faults")).body.value).toEqual([]);
  });
  test("a PUT whose answer was lost is sent again, and again while the first still runs", async () => {
    const running = { status: 409, body: { error: { code: "ContainerAppOperationInProgress", message: "busy" } } };
    standIn.lost = () => standIn.requests.length === 1;
    standIn.intercept = () => (standIn.requests.length === 2 ? running : undefined);
    expect(await put()).toMatchObject({ location: "x" });
    const [first, ...again] = standIn.requests;
    expect(first).toMatchObject({ method: "PUT", body: { location: "x" } });
    expect(again).toEqual([first, first]);
  });
  test("dropped connections are tried again only under a limit, and then named", async () => {
    const limited = await connectArm({ environment: standIn.environment, signal, retrySeconds: 0.4 });
    standIn.lost = () => true;
    using _ = eachRequestTakes(100);
    await expect(put(limited)).rejects.toThrow(`PUT https://${standIn.environment.ARM_METADATA_HOSTNAME}${path}: `);
    expect(standIn.requests).toHaveLength(3);
  });
  test("an address where nothing listens is not tried again", async () => {
    const environment = { ...standIn.environment, ARM_METADATA_HOSTNAME: `127.0.0.1:${closedPort}` };
    await expect(connectArm({ environment, signal })).rejects.toThrow("ECONNREFUSED");
  });
  test("501 is final: the local Azure does not model it", async () => {
    first({ status: 501, body: { error: { code: "NotImplemented", message: "no" } } });
    await expect(put()).rejects.toThrow('Status=501 Code="NotImplemented" Message="no"');
    expect(standIn.requests).toHaveLength(1);
  });
  test("it is tried again only under a limit, then shown in Azure's words", async () => {
    const limited = await connectArm({ environment: standIn.environment, signal, retrySeconds: 0.4 });
    standIn.intercept = () => ({
      status: 409,
      body: { error: { code: "ContainerAppOperationInProgress", message: "busy" } },
    });
    using _ = eachRequestTakes(100);
    await expect(put(limited)).rejects.toThrow('Status=409 Code="ContainerAppOperationInProgress" Message="busy"');
    expect(standIn.requests).toHaveLength(3);
  });
});

describe("what never answers", () => {
  test("a call to a server that accepts and says nothing is given up, with what to do", async () => {
    await using silent = await startSilentServer();
    const environment = { ...standIn.environment, ARM_METADATA_HOSTNAME: silent.host };
    await expect(connectArm({ environment, signal, answerSeconds: 0.3 })).rejects.toThrow(
      `GET https://${silent.host}/metadata/endpoints: no answer within 0.3 s. Is that the local Azure, and does it still run?`,
    );
  });
  test("so is one of a control plane that goes silent after it had answered", async () => {
    const options = { environment: standIn.environment, signal, answerSeconds: 0.3 };
    // A busy machine may not answer a sign-in that fast; it is what comes afterwards that is to be given up.
    const patient = await vi.waitFor(() => connectArm(options), 50_000);
    standIn.silent = true;
    try {
      await expect(put(patient)).rejects.toThrow(/^PUT https:.*no answer within 0\.3 s/);
    } finally {
      standIn.silent = false;
    }
  });
});

describe("long operations", () => {
  const operation = (status: string, error?: object) => ({
    status: 200,
    headers: { "retry-after": "0" },
    body: { status, ...(error && { error }) },
  });
  const started = (name: string) => ({
    status: 201,
    headers: { [name]: `https://${standIn.environment.ARM_METADATA_HOSTNAME}/operations/x` },
    body: { id: path },
  });
  test("Azure-AsyncOperation is followed to Succeeded", async () => {
    first(started("azure-asyncoperation"), operation("InProgress"), operation("InProgress"), operation("Succeeded"));
    expect(await put()).toEqual({ id: path });
  });
  test("a failed one is an error in its own words", async () => {
    first(started("azure-asyncoperation"), operation("Failed", { code: "ImagePullFailed", message: "no such image" }));
    await expect(put()).rejects.toThrow('Code="ImagePullFailed" Message="no such image"');
  });
  test("Location is followed while it answers 202", async () => {
    const away = { ...started("location"), status: 202 };
    first(away, { status: 202, headers: { "retry-after": "0" } }, { status: 200, body: {} });
    await arm.send("DELETE", path, "2024-03-01");
    expect(standIn.requests.length).toBe(1);
  });
  test("one on another machine is refused", async () => {
    first({ status: 201, headers: { "azure-asyncoperation": "https://management.azure.com/x" }, body: {} });
    await expect(put()).rejects.toThrow("https://management.azure.com, which is not on loopback");
  });
});

describe("only the local Azure", () => {
  test.each([
    ["ARM_METADATA_HOSTNAME", "management.azure.com"],
    ["ARM_METADATA_HOSTNAME", "127.0.0.1.example.com:1"],
    ["IDENTITY_ENDPOINT", "http://169.254.169.254/metadata/identity"],
  ])("%s = %s is refused before anything is sent", async (name, value) => {
    const environment = { ...standIn.environment, [name]: value };
    await expect(connectArm({ environment, signal })).rejects.toThrow(/not on loopback.*pulumi up/);
    expect(standIn.requests).toEqual([]);
  });
  test("a control plane that metadata places elsewhere is refused", async () => {
    first({ status: 200, body: { resourceManager: "https://management.azure.com/" } });
    await expect(connectArm({ environment: standIn.environment, signal })).rejects.toThrow("not on loopback");
  });
  test("without a local Azure the message names what is missing, and the command to start one", async () => {
    await expect(connectArm({ environment: {}, signal })).rejects.toThrow("ARM_METADATA_HOSTNAME is not set");
    await expect(connectArm({ environment: {}, signal })).rejects.toThrow("agw azure");
  });
});

describe("azure-native, for the types that the stack uses", () => {
  const provider = () => azureNative({ environment: standIn.environment });
  const check = (type: string, news: Record<string, string>) =>
    provider().check({ urn: `urn:pulumi:s::p::${type}::name`, news });
  test("an unknown type or function is an error that names it, and those that there are", async () => {
    await expect(check("azure-native:storage:Account", {})).rejects.toThrow(
      /no resource type 'azure-native:storage:Account'; it has: .*azure-native:app:ContainerApp/,
    );
    await expect(provider().invoke("azure-native:storage:getAccount", {})).rejects.toThrow(
      /no function .*getContainerApp/,
    );
  });
  test("what is missing or unknown is said of all properties at once", async () => {
    const { failures } = await check("azure-native:app:ContainerApp", { nonsense: "1", more: "2" });
    expect(failures.map(({ property }) => property)).toEqual([
      "nonsense",
      "more",
      "resourceGroupName",
      "containerAppName",
      "location",
    ]);
  });
  test("read with nothing recorded, as for an import, gives what is live as inputs: no difference to a program that says the same", async () => {
    const id = `/subscriptions/${standIn.environment.ARM_SUBSCRIPTION_ID}/resourceGroups/rg/providers/Microsoft.App/containerApps/web`;
    const environmentId = "/subscriptions/s/env";
    const configuration = { ingress: { external: true, fqdn: "web.example" } };
    const properties = {
      environmentId,
      managedEnvironmentId: environmentId,
      configuration,
      provisioningState: "Succeeded",
    };
    standIn.resources.set(id.toLowerCase(), { id, name: "web", location: "West Europe", tags: { a: "1" }, properties });
    const urn = "urn:pulumi:s::p::azure-native:app:ContainerApp::name";
    const found = await provider().read({ urn, id, inputs: {}, outputs: {} });
    const inputs = {
      resourceGroupName: "rg",
      containerAppName: "web",
      location: "West Europe",
      tags: { a: "1" },
      environmentId,
      configuration: { ingress: { external: true } },
    };
    expect(found).toMatchObject({ id, inputs, outputs: { provisioningState: "Succeeded" } });
    expect(found?.inputs).toEqual(inputs);
    const news = { ...inputs, location: "westeurope" };
    const known = { urn, id, inputs: found?.inputs ?? {}, outputs: found?.outputs ?? {} };
    expect(await provider().diff({ ...known, news })).toEqual({ changes: {}, deleteBeforeReplace: false });
  });
  test("the spelling of a location is no difference", async () => {
    const at = { urn: "urn:pulumi:s::p::azure-native:resources:ResourceGroup::g", id: "x", outputs: {} };
    const [inputs, news] = [{ location: "West Europe" }, { location: "westeurope" }];
    expect(await provider().diff({ ...at, inputs, news })).toEqual({ changes: {}, deleteBeforeReplace: false });
    expect(await provider().diff({ ...at, inputs, news: { location: "eastus" } })).toMatchObject({
      changes: { location: "update-replace" },
      deleteBeforeReplace: true,
    });
  });
});
