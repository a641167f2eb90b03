import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/local/pki.ts";
import { fakeDataPlane } from "../support/fakeDataPlane.ts";
import {
  arm,
  az,
  azIsThere,
  emptyAzConfiguration,
  type Ran,
  runWith,
  startTestAzure,
  type TestAzure,
  withoutAz,
} from "../support/localAzure.ts";
import { temporaryDirectory } from "../support/temporaryDirectory.ts";

const cli = await azIsThere();
const title = withoutAz(cli);
const script = await readFile(new URL("../../src/stack/affinity.sh", import.meta.url), "utf8");
const line =
  'az containerapp ingress sticky-sessions set --name "$APP_NAME" --resource-group "$RESOURCE_GROUP" --subscription "$SUBSCRIPTION_ID" --affinity "$AFFINITY" --only-show-errors --output none';

describe.skipIf(!cli)(`the affinity step, with the real Azure CLI and its own words${title}`, () => {
  let azure: TestAzure;
  // The step sees the control plane alone; what runs behind it is not this test's.
  const plane = fakeDataPlane();
  let refused = (): void => {};
  const app = ["--name", "app", "--resource-group", "rg"];
  const path = () =>
    `/subscriptions/${azure.environment.ARM_SUBSCRIPTION_ID}/resourceGroups/rg/providers/Microsoft.App/containerApps/app`;
  const step = (env: Record<string, string> = {}): Promise<Ran> =>
    runWith(azure, "/bin/sh", ["-c", script, line], {
      APP_NAME: "app",
      RESOURCE_GROUP: "rg",
      SUBSCRIPTION_ID: azure.environment.ARM_SUBSCRIPTION_ID,
      AFFINITY: "sticky",
      AFFINITY_RETRY_SECONDS: "1",
      ...env,
    });

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

  test("applies affinity without asking anything, and prints nothing", async () => {
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

  test("waits out another operation on the app", async () => {
    // A new revision that becomes ready only once the step has been refused.
    plane.gate = new Promise((resolve) => {
      refused = resolve;
    });
    const { status } = await arm(azure, "PATCH", path(), {
      body: { properties: { template: { scale: { minReplicas: 2 } } } },
    });
    expect(status).toBe(202);
    const { code, stderr } = await step();
    expect(stderr).toContain("session affinity: trying again in 1 s: ERROR: (ContainerAppOperationInProgress)");
    expect(code).toBe(0);
  });

  test("not signed in: the CLI's message, and az login", async () => {
    const { code, stderr } = await step({ AZURE_CONFIG_DIR: await emptyAzConfiguration(azure) });
    expect(code).toBe(1);
    expect(stderr).toContain("Please run 'az login'");
    expect(stderr).toContain("The Azure CLI is not signed in: az login");
  });

  test("a certificate that az does not trust: the CLI's message, and where to trust it", async () => {
    await using folder = await temporaryDirectory();
    const { caFile } = await createAuthority(folder.path);
    const { code, stderr } = await step({ REQUESTS_CA_BUNDLE: caFile });
    expect(code).toBe(1);
    expect(stderr).toContain("CERTIFICATE_VERIFY_FAILED");
    expect(stderr).not.toContain("trying again");
    expect(stderr).toContain("does not trust the certificate that it was shown");
  });

  test("another subscription than the CLI sees: the CLI's message, and which one is missing", async () => {
    const { code, stderr } = await step({ SUBSCRIPTION_ID: "11111111-2222-3333-4444-555555555555" });
    expect(code).toBe(1);
    expect(stderr).toContain("does not see subscription 11111111-2222-3333-4444-555555555555: az login --tenant");
  });

  test("app missing: the CLI's message, and pulumi up --refresh", async () => {
    const { code, stderr } = await step({ APP_NAME: "other" });
    expect(code).toBe(1);
    expect(stderr).toContain("ERROR: (ResourceNotFound)");
    expect(stderr).toContain("The container app is gone: pulumi up --refresh makes it again.");
  });
});
