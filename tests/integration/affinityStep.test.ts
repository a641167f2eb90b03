import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../packages/local-azure/src/host/pki.ts";
import { retriesIn, type StepRun, startStep, whatOf } from "../support/azure/affinityStep.ts";
import { fakeDataPlane } from "../support/azure/fakeDataPlane.ts";
import {
  arm,
  az,
  azIsThere,
  emptyAzConfiguration,
  startTestAzure,
  type TestAzure,
  withoutAz,
} from "../support/azure/localAzure.ts";
import { closedPort } from "../support/closedPort.ts";
import { temporaryDirectory } from "../support/temporaryDirectory.ts";

const cli = await azIsThere();
const title = withoutAz(cli);

describe.skipIf(!cli)(`the affinity step with the real Azure CLI${title}`, () => {
  let azure: TestAzure;
  // The step uses only the control plane.
  const plane = fakeDataPlane();
  let refused = (): void => {};
  const app = ["--name", "app", "--resource-group", "rg"];
  const path = () =>
    `/subscriptions/${azure.environment.ARM_SUBSCRIPTION_ID}/resourceGroups/rg/providers/Microsoft.App/containerApps/app`;
  const step = (env: NodeJS.ProcessEnv = {}): Promise<StepRun> =>
    startStep({
      ...process.env,
      ...azure.environment,
      PATH: process.env.PATH,
      APP_NAME: "app",
      RESOURCE_GROUP: "rg",
      SUBSCRIPTION_ID: azure.environment.ARM_SUBSCRIPTION_ID,
      AFFINITY: "sticky",
      AFFINITY_RETRY_SECONDS: "1",
      ...env,
    }).ended;
  /** Makes the next calls that set affinity fail. */
  const fault = (about: object) =>
    arm(azure, "POST", "/_local/faults", { body: { method: "PATCH", path: path(), ...about } });

  beforeAll(async () => {
    azure = await startTestAzure({ dataPlane: plane, onRequest: ({ status }) => void (status === 409 && refused()) });
    await az(azure, "group", "create", "--name", "rg", "--location", "eastus2");
    const env = ["--resource-group", "rg", "--name", "env"];
    await az(azure, "containerapp", "env", "create", ...env, "--location", "eastus2", "--logs-destination", "none");
    await az(
      azure,
      "containerapp",
      "create",
      ...app,
      "--environment",
      "env",
      "--image",
      "i:1",
      "--ingress",
      "external",
      "--target-port",
      "8080",
    );
  });
  afterAll(async () => azure?.[Symbol.asyncDispose]());
  afterEach(async () => void (await arm(azure, "DELETE", "/_local/faults")));

  test("applies affinity without prompting or printing anything", async () => {
    expect(await step()).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(
      await az(
        azure,
        "containerapp",
        "show",
        ...app,
        "--query",
        "properties.configuration.ingress.stickySessions.affinity",
      ),
    ).toBe("sticky");
  });

  test("waits for another operation on the app", async () => {
    // A new revision that becomes ready only after the step was refused.
    plane.gate = new Promise((resolve) => {
      refused = resolve;
    });
    const { status } = await arm(azure, "PATCH", path(), {
      body: { properties: { template: { scale: { minReplicas: 2 } } } },
    });
    expect(status).toBe(202);
    const { code, stderr } = await step();
    expect(retriesIn(stderr)).toBeGreaterThan(0);
    expect(stderr.split("\n")[0]).toContain(whatOf("operation-running"));
    expect(code).toBe(0);
  });

  test.each([
    ["429", { fault: "answer", status: 429 }, "throttled"],
    ["500", { fault: "answer", status: 500 }, "server-error"],
    ["503", { fault: "answer", status: 503 }, "server-error"],
    ["a dropped connection", { fault: "drop" }, "connection"],
  ])("retries after %s", async (_title, about, id) => {
    await fault(about);
    const { code, stderr } = await step();
    expect(retriesIn(stderr), stderr).toBe(1);
    expect(stderr.split("\n").length, stderr).toBe(2);
    expect(stderr).toContain(whatOf(id, { host: "Azure" }));
    expect(code).toBe(0);
  });

  test("gives up at the limit with az's output and the reason of the last attempt", async () => {
    await fault({ fault: "answer", status: 429, times: 100 });
    const { code, stderr } = await step({ AFFINITY_LIMIT_SECONDS: "60", AFFINITY_RETRY_SECONDS: "60" });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ERROR: \(TooManyRequests\)/);
    expect(stderr).toContain(whatOf("throttled"));
    expect(stderr).not.toContain(whatOf("operation-running"));
  });

  test("names a proxy that does not answer as the reason, without az's stack trace, and does not retry", async () => {
    const { code, stderr } = await step({ HTTPS_PROXY: `http://127.0.0.1:${closedPort}`, NO_PROXY: "", no_proxy: "" });
    expect(code).toBe(1);
    expect(stderr).toContain(whatOf("proxy-unreachable", { host: "127.0.0.1" }));
    expect(stderr).not.toContain("Traceback");
    expect(retriesIn(stderr)).toBe(0);
  });

  test.each([
    ["requires a password", "407 Proxy Authentication Required", "proxy-sign-in"],
    ["does not allow Azure", "403 Forbidden", "proxy-refuses"],
    ["cannot reach Azure", "502 Bad Gateway", "proxy-busy"],
  ])("reports a proxy that %s", async (_title, status, id) => {
    const proxy = createServer().on("connect", (_request, socket) => void socket.end(`HTTP/1.1 ${status}\r\n\r\n`));
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    const { code, stderr } = await step({
      HTTPS_PROXY: `http://127.0.0.1:${port}`,
      NO_PROXY: "",
      no_proxy: "",
      AFFINITY_LIMIT_SECONDS: "60",
      AFFINITY_RETRY_SECONDS: "60",
    });
    proxy.close();
    expect(code).toBe(1);
    expect(stderr).toContain(whatOf(id, { host: "127.0.0.1", 1: status.slice(0, 3) }));
  });

  test("not signed in: shows the CLI's message and the reason", async () => {
    const { code, stderr } = await step({ AZURE_CONFIG_DIR: await emptyAzConfiguration(azure) });
    expect(code).toBe(1);
    expect(stderr).toContain("Please run 'az login'");
    expect(stderr).toContain(whatOf("signed-out"));
  });

  test("an untrusted certificate: shows the CLI's message and the reason, and does not retry", async () => {
    await using folder = await temporaryDirectory();
    const { caFile } = await createAuthority(folder.path);
    const { code, stderr } = await step({ REQUESTS_CA_BUNDLE: caFile });
    expect(code).toBe(1);
    expect(stderr).toContain("CERTIFICATE_VERIFY_FAILED");
    expect(retriesIn(stderr)).toBe(0);
    expect(stderr).toContain(whatOf("certificate", { host: "127.0.0.1" }));
  });

  test("a subscription that the CLI cannot see: names it", async () => {
    const { code, stderr } = await step({ SUBSCRIPTION_ID: "11111111-2222-3333-4444-555555555555" });
    expect(code).toBe(1);
    expect(stderr).toContain(whatOf("subscription-unseen", { subscription: "11111111-2222-3333-4444-555555555555" }));
  });

  test("a missing app: shows the CLI's message and the reason", async () => {
    const { code, stderr } = await step({ APP_NAME: "other" });
    expect(code).toBe(1);
    expect(stderr).toContain("ERROR: (ResourceNotFound)");
    expect(stderr).toContain(whatOf("app-gone", { app: "other", group: "rg" }));
  });
});
