import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  arm,
  az,
  azIsThere,
  emptyAzConfiguration,
  runWith,
  startTestAzure,
  type TestAzure,
  withoutAz,
} from "../../../../../tests/support/azure/localAzure.ts";
import { closedPort } from "../../../../../tests/support/closedPort.ts";
import { serveHttp } from "../../../../../tests/support/httpServer.ts";
import type { CheckId } from "../../../src/doctor/checklist.ts";
import { type DoctorReport, runDoctor } from "../../../src/doctor/index.ts";
import { certificateMissing } from "../../../src/doctor/reach.ts";

/** Uses the real Azure CLI, and the local Azure's ingress and replicas. Real Azure may answer differently. */

const cli = await azIsThere();
const reason = withoutAz(cli);

const name = "agw-prod-app";
const resourceGroup = "agw-prod-rg";
const which = ["--name", name, "--resource-group", resourceGroup];

describe.skipIf(!cli)(`the doctor with the real Azure CLI on the local Azure${reason}`, () => {
  let azure: TestAzure;
  const run = (...args: string[]) => az(azure, ...args);
  const check = (change: { env?: NodeJS.ProcessEnv; subscription?: string; name?: string; url?: string } = {}) =>
    runDoctor({
      name,
      resourceGroup,
      ca: azure.caPem,
      signal: AbortSignal.timeout(170_000),
      ...change,
      env: { ...process.env, ...azure.environment, PATH: process.env.PATH, ...change.env },
    });
  const line = (report: DoctorReport, id: CheckId) => report.checks.find((one) => one.id === id);
  /** Runs the command of a check in a shell, as an operator would. */
  const fix = async (report: DoctorReport, id: CheckId) => {
    const command = line(report, id)?.try ?? "";
    expect(command).toMatch(/^az /);
    const ran = await runWith(azure, "/bin/sh", ["-c", command]);
    expect(ran).toMatchObject({ code: 0 });
  };

  beforeAll(async () => {
    azure = await startTestAzure();
    await run("group", "create", "--name", resourceGroup, "--location", "eastus2");
    await run(
      "containerapp",
      "env",
      "create",
      "--name",
      "env",
      "--resource-group",
      resourceGroup,
      "--location",
      "eastus2",
    );
    await run(
      ...["containerapp", "create", ...which, "--environment", "env", "--image", "example.invalid/agentgateway:1"],
      ...["--ingress", "external", "--target-port", "8080", "--min-replicas", "2", "--max-replicas", "3"],
    );
  });
  afterAll(async () => azure?.[Symbol.asyncDispose]());

  test("finds what is wrong without changing anything, and its commands fix it", async () => {
    await run("containerapp", "revision", "set-mode", ...which, "--mode", "multiple");
    const before = azure.requests().length;
    const report = await check();
    const methods = azure
      .requests()
      .slice(before)
      .map(({ method }) => method);
    expect(new Set(methods)).toEqual(new Set(["GET"]));
    expect(report.checks.filter(({ status }) => status !== "ok")).toMatchObject([
      { id: "revision-mode", status: "not ok" },
      { id: "affinity", status: "not ok" },
    ]);
    expect(line(report, "cookie-issued")?.status).toBe("ok");

    await fix(report, "revision-mode");
    await fix(report, "affinity");
    const fixed = await check();
    expect(fixed.checks.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(fixed).toMatchObject({ verdict: "ok", replicas: { now: 2, min: 2, max: 3 } });
    expect(line(fixed, "cookie-attributes")?.found).toBe("Path=/; Secure; HttpOnly; SameSite=None");
  });

  test("a missing app is not ok, and the checks that depend on it are unknown", async () => {
    const report = await check({ name: "agw-other-app" });
    expect(line(report, "app-exists")).toMatchObject({
      status: "not ok",
      found: expect.stringMatching(/'agw-other-app'.*'agw-prod-rg'/),
    });
    expect(line(report, "affinity")?.status).toBe("unknown");
  });

  test("a subscription other than the expected one is not ok", async () => {
    const other = "11111111-1111-4111-8111-111111111111";
    const report = await check({ subscription: other });
    expect(line(report, "subscription")).toMatchObject({
      status: "not ok",
      try: `az account set --subscription ${other}`,
    });
  });

  const path = () =>
    `/subscriptions/${azure.environment.ARM_SUBSCRIPTION_ID}/resourceGroups/${resourceGroup}/providers/Microsoft.App/containerApps/${name}`;
  const setIngress = async (ingress: object) => {
    const { status } = await arm(azure, "PATCH", path(), { body: { properties: { configuration: { ingress } } } });
    expect(status).toBeLessThan(300);
    const state = async () => (await arm(azure, "GET", path())).body.properties.provisioningState;
    await vi.waitUntil(async () => (await state()) === "Succeeded", { timeout: 30_000 });
  };

  test("if the ingress may block this machine or requires a certificate, the URL and the cookie are unknown", async () => {
    const office = { name: "office", action: "Allow", ipAddressRange: "10.0.0.0/8" };
    await setIngress({ ipSecurityRestrictions: [office] });
    const restricted = await check();
    await setIngress({ ipSecurityRestrictions: null, clientCertificateMode: "require" });
    const certified = await check();
    await setIngress({ clientCertificateMode: "ignore" });
    const ingress = { external: true, ipRestrictions: 0, clientCertificate: false };
    expect(restricted.ingress).toEqual({ ...ingress, ipRestrictions: 1 });
    expect(certified.ingress).toEqual({ ...ingress, clientCertificate: true });
    const unknown = ["url-answers", "cookie-issued", "cookie-attributes", "cookie-kept"];
    for (const [report, found, command] of [
      [restricted, "HTTP 403", "az containerapp ingress access-restriction list"],
      [certified, certificateMissing, "curl --verbose --cert"],
    ] as const) {
      const lines = report.checks.filter(({ status }) => status !== "ok");
      expect(lines.map(({ id, status }) => [id, status])).toEqual(unknown.map((id) => [id, "unknown"]));
      expect(lines[0]?.found).toContain(`${report.target.url}: ${found}`);
      expect(lines[0]?.try).toContain(command);
    }
  });

  test("a stopped app is not ok, and its command starts the app", async () => {
    expect((await arm(azure, "POST", `${path()}/stop`)).status).toBe(202);
    await vi.waitUntil(async () => (await arm(azure, "GET", path())).body.properties.runningStatus === "Stopped", {
      timeout: 30_000,
    });
    const report = await check();
    expect(line(report, "app-exists")).toMatchObject({ status: "not ok", found: "Succeeded, Stopped" });
    expect(line(report, "url-answers")).toMatchObject({
      status: "unknown",
      try: expect.stringContaining("properties.runningStatus"),
    });
    await fix(report, "app-exists");
    await vi.waitUntil(async () => line(await check(), "replicas")?.status === "ok", { timeout: 60_000 });
  });

  test("without a signed-in account, the fix is az login", async () => {
    const report = await check({ env: { AZURE_CONFIG_DIR: await emptyAzConfiguration(azure) } });
    expect(line(report, "signed-in")).toMatchObject({ status: "not ok", try: "az login" });
    expect(line(report, "affinity")?.status).toBe("unknown");
  });
});

describe("the doctor without Azure", () => {
  const address = (url: string) => runDoctor({ url, env: process.env, signal: AbortSignal.timeout(60_000) });
  const statuses = (report: DoctorReport) => report.checks.map(({ id, status }) => `${id}: ${status}`);

  test("without an Azure CLI, the fix is its download page", async () => {
    const options = { name, resourceGroup, env: { PATH: "/nowhere" }, signal: AbortSignal.timeout(60_000) };
    const [first, ...others] = (await runDoctor(options)).checks;
    const fix = "https://aka.ms/azure-cli";
    expect(first).toMatchObject({ id: "signed-in", check: "signed in", status: "not ok", try: fix });
    expect(others.slice(0, 2)).toMatchObject([
      { id: "subscription", check: "subscription", status: "unknown" },
      { id: "app-exists", check: "app exists", status: "unknown" },
    ]);
  });

  test("an address that refuses the connection is not ok", async () => {
    const report = await address(`http://127.0.0.1:${closedPort}`);
    expect(report.checks[0]).toMatchObject({
      id: "url-answers",
      status: "not ok",
      found: expect.stringContaining(`http://127.0.0.1:${closedPort}`),
    });
    expect(report.verdict).toBe("not ok");
  });

  test.each([
    ["Secure", "Path=/; Secure; HttpOnly; SameSite=None", "ok"],
    ["Domain=app.example", "Domain=app.example; Path=/; HttpOnly; SameSite=None", "not ok"],
  ])("a cookie with %s over plain http is issued, but not kept", async (attribute, attributes, attributesStatus) => {
    const cookie = `acaAffinity="0123456789abcdef"; Path=/; HttpOnly; SameSite=None; ${attribute}`;
    await using server = await serveHttp((_, response) => response.writeHead(400, { "set-cookie": cookie }).end());
    const report = await address(server.url);
    expect(statuses(report)).toEqual([
      "url-answers: ok",
      "cookie-issued: ok",
      `cookie-attributes: ${attributesStatus}`,
      "cookie-kept: not ok",
    ]);
    expect(report.checks.slice(0, 3).map(({ found }) => found)).toEqual([
      `${server.url}: HTTP 400`,
      "acaAffinity",
      expect.stringContaining(attributes),
    ]);
  });
});
