import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Answer,
  arm,
  send,
  settled,
  startTestAzure,
  type TestAzure,
  untilReady,
} from "../../../../../tests/support/azure/localAzure.ts";

/** Revisions with real replicas behind the real ingress. Replicas respond with their revision's name. */

const group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg";
const environmentId = `${group}/providers/Microsoft.App/managedEnvironments/env`;
const appId = `${group}/providers/Microsoft.App/containerApps/agw-app`;
const replica = join(import.meta.dirname, "..", "..", "support", "plainReplica.mjs");
const probes = [{ type: "Startup", tcpSocket: { port: 8080 }, periodSeconds: 1, failureThreshold: 3 }];

let azure: TestAzure;
const containers = (...env: object[]): object[] => [
  { name: "gateway", image: "example.invalid/gateway:1", env: [{ name: "KEY", secretRef: "key" }, ...env], probes },
];
const write = async (method: string, body: object): Promise<Answer["body"]> =>
  settled(azure, await arm(azure, method, appId, { body }));
/** Writes the app and waits until its revision is ready. */
async function deploy(method: string, body: object): Promise<void> {
  expect(await write(method, body)).toMatchObject({ status: "Succeeded" });
  await untilReady(azure, appId);
}
const template = (env: object[], minReplicas: number): object => ({
  containers: containers(...env),
  scale: { minReplicas },
});

/** Sends one request through the app's ingress. */
async function ask(): Promise<{ status: number; revision: string; key: string }> {
  const { fqdn } = (await arm(azure, "GET", appId)).body.properties.configuration.ingress;
  const { status, body } = await send(azure, "GET", new URL(`https://${fqdn}/`), {});
  return { status, ...(status === 200 ? JSON.parse(body) : {}) };
}

beforeAll(async () => {
  azure = await startTestAzure({ replicaCommand: `${process.execPath} ${replica} {port}` });
  await arm(azure, "PUT", group, { body: { location: "eastus" } });
  await settled(azure, await arm(azure, "PUT", environmentId, { body: { location: "eastus", properties: {} } }));
  const configuration = { ingress: { external: true, targetPort: 8080 }, secrets: [{ name: "key", value: "old" }] };
  await deploy("PUT", { location: "eastus", properties: { environmentId, configuration, template: template([], 2) } });
});
afterAll(async () => azure?.[Symbol.asyncDispose]());

/** Long enough for a slow machine. */
const patience = { timeout: 60_000 };

describe("a revision takes over", () => {
  test("once it is ready, and no request fails in the meantime", async () => {
    expect(await ask()).toMatchObject({ status: 200, revision: "agw-app--0000001" });
    let going = true;
    const seen: (readonly [number, string])[] = [];
    const load = (async () => {
      while (going) seen.push(await ask().then(({ status, revision }) => [status, revision] as const));
    })();
    // Requests run before, during and after the change.
    await expect.poll(() => seen.length, patience).toBeGreaterThan(2);
    await deploy("PATCH", { properties: { template: template([{ name: "NEW", value: "1" }], 2) } });
    // Routing and the name of the latest ready revision change together, so the new revision answers the next request.
    expect(await ask()).toMatchObject({ status: 200, revision: "agw-app--0000002" });
    await expect.poll(() => seen.at(-1), patience).toEqual([200, "agw-app--0000002"]);
    going = false;
    await load;
    expect(seen.filter(([status]) => status !== 200)).toEqual([]);
    const order = seen.map(([, revision]) => revision);
    expect(order).toEqual([...order].sort());
  });

  test("not if its replicas crash at start: it fails, their last log lines can be read, and the old one keeps serving", async () => {
    const broken = template([{ name: "BROKEN", value: "1" }], 2);
    expect(await write("PATCH", { properties: { template: broken } })).toMatchObject({ status: "Succeeded" });
    const revisions = async (): Promise<Answer["body"][]> => (await arm(azure, "GET", `${appId}/revisions`)).body.value;
    await expect
      .poll(async () => (await revisions()).map(({ name, properties }) => [name, properties.runningState]), patience)
      .toEqual([
        ["agw-app--0000001", "Stopped"],
        ["agw-app--0000002", "Running"],
        ["agw-app--0000003", "Failed"],
      ]);
    expect(await ask()).toMatchObject({ status: 200, revision: "agw-app--0000002" });
    expect((await revisions())[2].properties).toMatchObject({
      ...{ active: true, replicas: 2, trafficWeight: 100, healthState: "Unhealthy", provisioningState: "Failed" },
      ...{ provisioningError: "Container crashing: gateway", runningStateDetails: "2/2 Container crashing: gateway" },
    });
    const waiting = {
      ...{ ready: false, started: false, runningState: "Waiting" },
      runningStateDetails: "Container is waiting with reason: CrashLoopBackOff on legion.",
    };
    const replicas = async () => (await arm(azure, "GET", `${appId}/revisions/agw-app--0000003/replicas`)).body.value;
    // Between two starts. During a start it is Running.
    await expect
      .poll(async () => (await replicas())[0].properties, patience)
      .toMatchObject({ runningState: "NotRunning", containers: [waiting] });
    const restarts = (await replicas()).map((one: Answer["body"]) => one.properties.containers[0].restartCount);
    expect(Math.max(...restarts)).toBeGreaterThan(2);
    const [{ properties }] = await replicas();
    const { token } = (await arm(azure, "POST", `${appId}/getAuthToken`)).body.properties;
    let text = "";
    for await (const chunk of follow(`${properties.containers[0].logStreamEndpoint}?output=text&tailLines=1`, token))
      text += chunk;
    expect(text).toBe("cannot open the configuration\n");
  });

  test("not if the serving revision's template is written: that is the latest again and keeps its replicas", async () => {
    const replicas = async () => {
      const { value } = (await arm(azure, "GET", `${appId}/revisions/agw-app--0000002/replicas`)).body;
      return value.map(({ name }: Answer["body"]) => name);
    };
    const before = await replicas();
    await deploy("PATCH", { properties: { template: template([{ name: "NEW", value: "1" }], 2) } });
    expect((await arm(azure, "GET", appId)).body.properties.latestRevisionName).toBe("agw-app--0000002");
    expect(await replicas()).toEqual(before);
    await expect
      .poll(async () => (await arm(azure, "GET", `${appId}/revisions/agw-app--0000003/replicas`)).body.value, patience)
      .toEqual([]);
    await deploy("PATCH", { properties: { template: template([], 1) } });
  });

  test("replicas see a new secret value only after the revision restarts", async () => {
    await write("PATCH", { properties: { configuration: { secrets: [{ name: "key", value: "new" }] } } });
    expect(await ask()).toMatchObject({ revision: "agw-app--0000004", key: "old" });
    await arm(azure, "POST", `${appId}/revisions/agw-app--0000004/restart`);
    expect(await ask()).toMatchObject({ revision: "agw-app--0000004", key: "new" });
  });
});

describe("a replica's log", () => {
  const endpoint = async (): Promise<{ address: string; token: string }> => {
    const { value } = (await arm(azure, "GET", `${appId}/revisions/agw-app--0000004/replicas`)).body;
    const { properties } = (await arm(azure, "POST", `${appId}/getAuthToken`)).body;
    return { address: value[0].properties.containers[0].logStreamEndpoint, token: properties.token };
  };

  test("has Azure's format: opening lines, then each line with its time", async () => {
    const { address, token } = await endpoint();
    await ask();
    let text = "";
    for await (const chunk of follow(`${address}?output=json&tailLines=1`, token)) text += chunk;
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ Log }) => Log)).toEqual([
      "Connecting to the container 'gateway'...",
      expect.stringMatching(/^Successfully Connected to container: 'gateway' \[Revision: '.+', Replica: '.+'\]$/),
      expect.stringContaining("GET /"),
    ]);
    for (const { TimeStamp } of lines) {
      // As on Azure, the opening lines have a time without zone, in UTC.
      const time = Date.parse(TimeStamp.replace(/(\+00:00)?$/, "Z"));
      expect(Math.abs(time - Date.now())).toBeLessThan(3_600_000);
    }
    expect(lines[2].TimeStamp).toMatch(/\+00:00$/);
    expect((await arm(azure, "GET", `${new URL(address).pathname}?tailLines=301`)).status).toBe(400);
  });

  test("streams lines as they are written, including repeated ones, and ends with the replica", async () => {
    const { address, token } = await endpoint();
    await ask();
    const lines = follow(`${address}?follow=true&output=text&tailLines=1`, token);
    // The last existing line. Later lines are written while the reader waits.
    expect((await lines.next()).value).toContain("GET /");
    const { fqdn } = (await arm(azure, "GET", appId)).body.properties.configuration.ingress;
    for (const _time of [1, 2, 3])
      expect((await send(azure, "GET", new URL(`https://${fqdn}/marked`), {})).status).toBe(200);
    let text = "";
    while (text.split("GET /marked").length < 4) text += (await lines.next()).value;
    await write("PATCH", { properties: { template: template([{ name: "NEXT", value: "1" }], 1) } });
    for await (const chunk of lines) text += chunk;
    expect(text.split("GET /marked")).toHaveLength(4);
  });
});

/** Yields the chunks of a stream. Leaving the loop closes the connection. */
async function* follow(address: string, token: string): AsyncGenerator<string> {
  const response = await new Promise<import("node:http").IncomingMessage>((resolve, reject) => {
    const outgoing = request(
      address,
      { ca: azure.caPem, agent: false, headers: { authorization: `Bearer ${token}` } },
      resolve,
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
  for await (const chunk of response) yield String(chunk);
}
