import { credentials, type ServiceError } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type ArmStandIn, startArmStandIn, startSilentServer } from "../../../../../tests/support/azure/armStandIn.ts";
import { arm as call, startTestAzure } from "../../../../../tests/support/azure/localAzure.ts";
import { closedPort } from "../../../../../tests/support/closedPort.ts";
import { PartialFailure } from "../../../src/pulumi/protocol/provider.ts";
import { fill } from "../../../src/pulumi/protocol/rpc.ts";
import { serveProvider } from "../../../src/pulumi/protocol/serveProvider.ts";
import { fromStruct, secret } from "../../../src/pulumi/protocol/values.ts";
import { type Arm, connectArm, OperationError } from "../../../src/pulumi/providers/azureNative/arm.ts";
import { azureNative } from "../../../src/pulumi/providers/azureNative/azureNative.ts";

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

/** Advances the clock only with each request, so that the number of retries does not depend on the machine's speed. */
function eachRequestTakes(milliseconds: number): Disposable {
  const began = Date.now();
  const clock = vi.spyOn(Date, "now").mockImplementation(() => began + standIn.requests.length * milliseconds);
  return { [Symbol.dispose]: () => clock.mockRestore() };
}

describe("transient failures", () => {
  const conflict = (code: string) => ({ status: 409, body: { error: { code, message: "busy" } } });
  test("retries 409 AnotherOperationInProgress, the only 409 that azure-native retries", async () => {
    first(conflict("AnotherOperationInProgress"), conflict("AnotherOperationInProgress"));
    expect(await put()).toMatchObject({ location: "x" });
    expect(standIn.requests).toHaveLength(3);
  });
  test("does not retry any other 409, including Container Apps' own", async () => {
    first(conflict("ContainerAppOperationInProgress"));
    await expect(put()).rejects.toThrow('Status=409 Code="ContainerAppOperationInProgress" Message="busy"');
    expect(standIn.requests).toHaveLength(1);
  });
  test.each([429, 500, 503])("retries %i and returns the next answer", async (status) => {
    first({ status }, { status, headers: { "retry-after": "0" } });
    expect(await put()).toMatchObject({ location: "x" });
    expect(standIn.requests).toHaveLength(3);
  });
  test("retries when the local Azure drops the connection without an answer", async () => {
    await using azure = await startTestAzure();
    const drop = { fault: "drop", path: "resourceGroups/dropped", times: 3 };
    expect((await call(azure, "POST", "/_local/faults", { body: drop })).status).toBe(201);
    const there = await connectArm({ environment: azure.environment, signal });
    const group = `/subscriptions/${there.subscriptionId}/resourceGroups/dropped`;
    expect(await there.send("PUT", group, "2024-03-01", { location: "westeurope" })).toMatchObject({ name: "dropped" });
    expect(await there.send("GET", group, "2024-03-01")).toMatchObject({ location: "westeurope" });
    expect((await call(azure, "GET", "/_local/faults")).body.value).toEqual([]);
  });
  test("retries a PUT whose answer was lost, and again while the first one is still running", async () => {
    const running = conflict("AnotherOperationInProgress");
    standIn.lost = () => standIn.requests.length === 1;
    standIn.intercept = () => (standIn.requests.length === 2 ? running : undefined);
    expect(await put()).toMatchObject({ location: "x" });
    const [first, ...again] = standIn.requests;
    expect(first).toMatchObject({ method: "PUT", body: { location: "x" } });
    expect(again).toEqual([first, first]);
  });
  test("retries dropped connections until the limit, then names the request", async () => {
    const limited = await connectArm({ environment: standIn.environment, signal, retrySeconds: 0.4 });
    standIn.lost = () => true;
    using _ = eachRequestTakes(100);
    await expect(put(limited)).rejects.toThrow(`PUT https://${standIn.environment.ARM_METADATA_HOSTNAME}${path}: `);
    expect(standIn.requests).toHaveLength(3);
  });
  test("does not retry a refused connection", async () => {
    const environment = { ...standIn.environment, ARM_METADATA_HOSTNAME: `127.0.0.1:${closedPort}` };
    await expect(connectArm({ environment, signal })).rejects.toThrow("ECONNREFUSED");
  });
  test("does not retry 501: the local Azure does not model the request", async () => {
    first({ status: 501, body: { error: { code: "NotImplemented", message: "no" } } });
    await expect(put()).rejects.toThrow('Status=501 Code="NotImplemented" Message="no"');
    expect(standIn.requests).toHaveLength(1);
  });
  test("retries a 409 until the limit, then shows the error in Azure's wording", async () => {
    const limited = await connectArm({ environment: standIn.environment, signal, retrySeconds: 0.4 });
    standIn.intercept = () => conflict("AnotherOperationInProgress");
    using _ = eachRequestTakes(100);
    await expect(put(limited)).rejects.toThrow('Status=409 Code="AnotherOperationInProgress" Message="busy"');
    expect(standIn.requests).toHaveLength(3);
  });
});

describe("timeouts", () => {
  test("a call to a server that never answers times out, with the command to run", async () => {
    await using silent = await startSilentServer();
    const environment = { ...standIn.environment, ARM_METADATA_HOSTNAME: silent.host };
    await expect(connectArm({ environment, signal, answerSeconds: 0.3 })).rejects.toThrow(
      `GET https://${silent.host}/metadata/endpoints: no answer within 0.3 s. If no local Azure is running there, start one: npx agw azure`,
    );
  });
  test("a call to a control plane that stops answering times out", async () => {
    const options = { environment: standIn.environment, signal, answerSeconds: 0.3 };
    // A busy machine may be too slow for the sign-in, which is not under test, so it is retried.
    const patient = await vi.waitFor(() => connectArm(options), 50_000);
    standIn.silent = true;
    try {
      await expect(put(patient)).rejects.toThrow(/^PUT https:.*no answer within 0\.3 s/);
    } finally {
      standIn.silent = false;
    }
  });
});

describe("long-running operations", () => {
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
  test("polls Azure-AsyncOperation until Succeeded", async () => {
    first(started("azure-asyncoperation"), operation("InProgress"), operation("InProgress"), operation("Succeeded"));
    expect(await put()).toEqual({ id: path });
  });
  test("a failed operation is an error with Azure's code and message", async () => {
    first(started("azure-asyncoperation"), operation("Failed", { code: "ImagePullFailed", message: "no such image" }));
    await expect(put()).rejects.toThrow('Code="ImagePullFailed" Message="no such image"');
  });
  test("a failed operation and a canceled wait are OperationErrors, a refused request is not", async () => {
    first(started("azure-asyncoperation"), operation("Failed", { code: "ImagePullFailed", message: "no such image" }));
    await expect(put()).rejects.toBeInstanceOf(OperationError);
    const stop = new AbortController();
    const cancelled = await connectArm({ environment: standIn.environment, signal: stop.signal });
    first(started("azure-asyncoperation"), { ...operation("InProgress"), headers: { "retry-after": "60" } });
    standIn.answered = ({ path: asked }) => asked === "/operations/x" && stop.abort(new Error("context canceled"));
    const error = await put(cancelled).catch((failure) => failure);
    standIn.answered = () => {};
    expect(error).toBeInstanceOf(OperationError);
    expect(error.message).toMatch(/context canceled$/);
    first({ status: 400, body: { error: { code: "InvalidTemplate", message: "no" } } });
    await expect(put()).rejects.not.toBeInstanceOf(OperationError);
  });
  test("polls Location while it answers 202", async () => {
    const away = { ...started("location"), status: 202 };
    first(away, { status: 202, headers: { "retry-after": "0" } }, { status: 200, body: {} });
    await arm.send("DELETE", path, "2024-03-01");
    expect(standIn.requests.length).toBe(1);
  });
  test("refuses an operation on another machine", async () => {
    first({ status: 201, headers: { "azure-asyncoperation": "https://management.azure.com/x" }, body: {} });
    await expect(put()).rejects.toThrow("https://management.azure.com, which is not on loopback");
  });
});

describe("only the local Azure", () => {
  test.each([
    ["ARM_METADATA_HOSTNAME", "management.azure.com"],
    ["ARM_METADATA_HOSTNAME", "127.0.0.1.example.com:1"],
    ["IDENTITY_ENDPOINT", "http://169.254.169.254/metadata/identity"],
  ])("refuses %s = %s before anything is sent", async (name, value) => {
    const environment = { ...standIn.environment, [name]: value };
    await expect(connectArm({ environment, signal })).rejects.toThrow(/not on loopback.*pulumi up/);
    expect(standIn.requests).toEqual([]);
  });
  test("refuses a control plane that the metadata places on another machine", async () => {
    first({ status: 200, body: { resourceManager: "https://management.azure.com/" } });
    await expect(connectArm({ environment: standIn.environment, signal })).rejects.toThrow("not on loopback");
  });
  test("without a local Azure, the error names the missing variable and the command to start one", async () => {
    await expect(connectArm({ environment: {}, signal })).rejects.toThrow("ARM_METADATA_HOSTNAME is not set");
    await expect(connectArm({ environment: {}, signal })).rejects.toThrow("agw azure");
  });
});

describe("azure-native, for the types that the stack uses", () => {
  const provider = () => azureNative({ environment: standIn.environment });
  const check = (type: string, news: Record<string, string>) =>
    provider().check({ urn: `urn:pulumi:s::p::${type}::name`, news });
  test("an unsupported type or function is an error that names it and the supported ones", async () => {
    await expect(check("azure-native:storage:Account", {})).rejects.toThrow(
      /resource type 'azure-native:storage:Account'\. Supported: .*azure-native:app:ContainerApp/,
    );
    await expect(provider().invoke("azure-native:storage:getAccount", {})).rejects.toThrow(
      /function 'azure-native:storage:getAccount'.*getContainerApp/,
    );
  });
  test("reports all missing and unknown properties at once", async () => {
    const { failures } = await check("azure-native:app:ContainerApp", { nonsense: "1", more: "2" });
    expect(failures.map(({ property }) => property)).toEqual([
      "nonsense",
      "more",
      "resourceGroupName",
      "containerAppName",
      "location",
    ]);
  });
  const id =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.App/containerApps/web";
  const urn = "urn:pulumi:s::p::azure-native:app:ContainerApp::name";
  const given = { resourceGroupName: "rg", containerAppName: "web", location: "westeurope", environmentId: "/env" };
  const write = { preview: false, timeout: 0 };
  test("a read without recorded state (an import) makes every live value an input: a program that omits a create-only one replaces it", async () => {
    const environmentId = "/subscriptions/s/env";
    const configuration = { ingress: { external: true, fqdn: "web.example" } };
    const properties = {
      environmentId,
      managedEnvironmentId: environmentId,
      configuration,
      provisioningState: "Succeeded",
    };
    standIn.resources.set(id.toLowerCase(), { id, name: "web", location: "West Europe", tags: { a: "1" }, properties });
    const found = await provider().read({ urn, id, inputs: {}, outputs: {} });
    const inputs = {
      resourceGroupName: "rg",
      containerAppName: "web",
      location: "West Europe",
      tags: { a: "1" },
      environmentId,
      managedEnvironmentId: environmentId,
      configuration: { ingress: { external: true } },
    };
    expect(found).toMatchObject({ id, inputs, outputs: { provisioningState: "Succeeded" } });
    expect(found?.inputs).toEqual(inputs);
    const news = { ...inputs, location: "westeurope" };
    const known = { urn, id, inputs: found?.inputs ?? {}, outputs: found?.outputs ?? {} };
    expect(await provider().diff({ ...known, news })).toEqual({ changes: {}, deleteBeforeReplace: false });
    const { managedEnvironmentId: _, ...less } = news;
    expect(await provider().diff({ ...known, news: less })).toEqual({
      changes: { managedEnvironmentId: "delete-replace" },
      deleteBeforeReplace: true,
    });
  });
  test("a read after a write whose outputs were lost makes every live value an input, and keeps the program's other inputs", async () => {
    const live = { environmentId: "/env", managedEnvironmentId: "/env", workloadProfileName: "Consumption" };
    standIn.resources.set(id.toLowerCase(), { id, name: "web", location: "West Europe", properties: live });
    const found = await provider().read({ urn, id, inputs: given, outputs: {} });
    expect(found?.inputs).toEqual({ ...given, ...live, location: "West Europe" });
    // With the outputs recorded, it is not drift.
    const known = { location: "West Europe", ...live };
    expect((await provider().read({ urn, id, inputs: given, outputs: known }))?.inputs).toEqual(given);
  });
  test("a new create-only input whose value the outputs already have is not a replacement", async () => {
    const change = (news: Record<string, string>) =>
      provider().diff({ urn, id, inputs: {}, outputs: { environmentId: "/env" }, news });
    expect(await change({ environmentId: "/env" })).toMatchObject({ changes: { environmentId: "add" } });
    expect(await change({ environmentId: "/other" })).toMatchObject({ changes: { environmentId: "add-replace" } });
  });
  test("a write whose operation fails returns the live state; a refused one returns none", async () => {
    standIn.polls = 1;
    const failed = { status: 200, body: { status: "Failed", error: { code: "Boom", message: "no" } } };
    standIn.intercept = ({ path: asked }) => (asked.startsWith("/operations/") ? failed : undefined);
    const create = provider().create({ urn, inputs: given, ...write });
    const partial = await create.catch((error) => error);
    expect(partial).toBeInstanceOf(PartialFailure);
    expect(partial).toMatchObject({ reason: 'Status=200 Code="Boom" Message="no"', state: { id, inputs: given } });
    expect(partial.state.outputs).toMatchObject({ name: "web", environmentId: "/env" });

    const refused = { status: 400, body: { error: { code: "InvalidTemplate", message: "no" } } };
    standIn.intercept = ({ method }) => (method === "PUT" ? refused : undefined);
    const update = provider().update({ urn, id, inputs: given, outputs: {}, news: given, ...write });
    await expect(update).rejects.not.toBeInstanceOf(PartialFailure);
  });
  test("a write that is canceled during its operation returns no outputs, because the read is canceled too", async () => {
    const running = provider();
    standIn.polls = 1e6;
    standIn.answered = ({ path: asked }) => asked.startsWith("/operations/") && running.cancel();
    const partial = await running.create({ urn, inputs: given, ...write }).catch((error) => error);
    standIn.answered = () => {};
    expect(partial).toBeInstanceOf(PartialFailure);
    expect(partial.state).toEqual({ id, inputs: given, outputs: {} });
    expect(partial.reason).toMatch(/^resource created but read failed .*: context canceled: .*context canceled$/);
  });
  test("Pulumi's engine receives a partial failure as the details of a gRPC error", async () => {
    const state = { id, inputs: { a: 1 }, outputs: { b: secret("x") } };
    const failing = { ...provider(), create: () => Promise.reject(new PartialFailure("it crashed", state)) };
    await using served = await serveProvider(() => failing, "1.0.0");
    const client = new services.ResourceProviderClient(served.address, credentials.createInsecure());
    const request = fill(new proto.CreateRequest(), { urn, properties: {} });
    const error = await new Promise<ServiceError | null>((resolve) => client.create(request, resolve));
    client.close();
    expect(error?.details).toBe("it crashed");
    const [bytes] = error?.metadata.get("grpc-status-details-bin") ?? [];
    const [packed] = statuses.Status.deserializeBinary(bytes as Buffer).getDetailsList();
    expect(packed?.getTypeUrl()).toBe("type.googleapis.com/pulumirpc.ErrorResourceInitFailed");
    const details = proto.ErrorResourceInitFailed.deserializeBinary(packed?.getValue_asU8() ?? new Uint8Array());
    expect(details.getReasonsList()).toEqual(["it crashed"]);
    const [inputs, outputs] = [fromStruct(details.getInputs()), fromStruct(details.getProperties())];
    expect({ id: details.getId(), inputs, outputs }).toEqual(state);
  });
  test("the spelling of a location is not a difference", async () => {
    const at = { urn: "urn:pulumi:s::p::azure-native:resources:ResourceGroup::g", id: "x", outputs: {} };
    const [inputs, news] = [{ location: "West Europe" }, { location: "westeurope" }];
    expect(await provider().diff({ ...at, inputs, news })).toEqual({ changes: {}, deleteBeforeReplace: false });
    expect(await provider().diff({ ...at, inputs, news: { location: "eastus" } })).toMatchObject({
      changes: { location: "update-replace" },
      deleteBeforeReplace: true,
    });
  });
});
