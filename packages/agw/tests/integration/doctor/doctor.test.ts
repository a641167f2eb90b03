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
import { type DoctorReport, runDoctor } from "../../../src/doctor/index.ts";

/** The real Azure CLI and a real ingress with real replicas; it does not show what real Azure answers. */

const cli = await azIsThere();
const reason = withoutAz(cli);

const name = "agw-prod-app";
const resourceGroup = "agw-prod-rg";
const which = ["--name", name, "--resource-group", resourceGroup];

describe.skipIf(!cli)(`the doctor with the real Azure CLI on the local Azure${reason}`, () => {
  let azure: TestAzure;
  const run = (...args: string[]) => az(azure, ...args);
  const look = (change: { env?: NodeJS.ProcessEnv; subscription?: string; name?: string; url?: string } = {}) =>
    runDoctor({
      name,
      resourceGroup,
      ca: azure.caPem,
      signal: AbortSignal.timeout(170_000),
      ...change,
      env: { ...process.env, ...azure.environment, PATH: process.env.PATH, ...change.env },
    });
  const line = (report: DoctorReport, check: string) => report.checks.find((one) => one.check === check);
  /** Runs the command that a line gives, as an operator would: through a shell. */
  const mend = async (report: DoctorReport, check: string) => {
    const command = line(report, check)?.mend ?? "";
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

  test("finds what is wrong, only reads, and the commands that it gives mend it", async () => {
    await run("containerapp", "revision", "set-mode", ...which, "--mode", "multiple");
    const before = azure.requests().length;
    const report = await look();
    const methods = azure
      .requests()
      .slice(before)
      .map(({ method }) => method);
    expect(new Set(methods)).toEqual(new Set(["GET"]));
    expect(report.checks.filter(({ status }) => status !== "ok")).toMatchObject([
      { check: "revision mode", status: "not ok", found: "Multiple; affinity needs Single" },
      { check: "affinity", status: "not ok", found: "none, with up to 3 replicas" },
    ]);
    expect(line(report, "cookie issued")).toMatchObject({ status: "ok", found: "none, as affinity is off" });

    await mend(report, "revision mode");
    await mend(report, "affinity");
    const mended = await look();
    expect(mended.checks.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(mended).toMatchObject({ verdict: "ok", replicas: { now: 2, min: 2, max: 3 } });
    expect(line(mended, "cookie attributes")?.found).toBe("Path=/; Secure; HttpOnly; SameSite=None");
  });

  test("an app that is not there is found missing, and what rests on it is unknown", async () => {
    const report = await look({ name: "agw-other-app" });
    expect(line(report, "app exists")).toMatchObject({
      status: "not ok",
      found: "no 'agw-other-app' in group 'agw-prod-rg'",
    });
    expect(line(report, "affinity")?.status).toBe("unknown");
  });

  test("another subscription than the one that is meant", async () => {
    const other = "11111111-1111-4111-8111-111111111111";
    const report = await look({ subscription: other });
    expect(line(report, "subscription")).toMatchObject({
      status: "not ok",
      mend: `az account set --subscription ${other}`,
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

  test("an ingress that refuses this address, or asks for a certificate: unknown, and why; not a cookie that is missing", async () => {
    const office = { name: "office", action: "Allow", ipAddressRange: "10.0.0.0/8" };
    await setIngress({ ipSecurityRestrictions: [office] });
    const restricted = await look();
    await setIngress({ ipSecurityRestrictions: null, clientCertificateMode: "require" });
    const certified = await look();
    await setIngress({ clientCertificateMode: "ignore" });
    const lines = (report: DoctorReport) =>
      report.checks.filter(({ status }) => status !== "ok").map(({ check, status, found }) => [check, status, found]);
    const rest = ["cookie attributes", "cookie kept"].map((check) => [check, "unknown", "no cookie was issued"]);
    for (const [report, why] of [
      [restricted, "the app's IP restrictions may refuse this address"],
      [certified, "the app asks for a client certificate, and this look shows none"],
    ] as const) {
      const url = ["URL answers", "unknown", `${report.target.url}: HTTP 403; ${why}`];
      expect(lines(report)).toEqual([url, ["cookie issued", "unknown", `none: ${why}`], ...rest]);
    }
  });

  test("an app that is stopped, and the command that starts it", async () => {
    expect((await arm(azure, "POST", `${path()}/stop`)).status).toBe(202);
    await vi.waitUntil(async () => (await arm(azure, "GET", path())).body.properties.runningStatus === "Stopped", {
      timeout: 30_000,
    });
    const report = await look();
    expect(line(report, "app exists")).toMatchObject({ status: "not ok", found: "Succeeded, Stopped" });
    expect(line(report, "URL answers")?.found).toContain("the app is stopped");
    await mend(report, "app exists");
    await vi.waitUntil(async () => line(await look(), "replicas")?.status === "ok", { timeout: 60_000 });
  });

  test("nobody signed in", async () => {
    const report = await look({ env: { AZURE_CONFIG_DIR: await emptyAzConfiguration(azure) } });
    expect(line(report, "signed in")).toMatchObject({ status: "not ok", mend: "az login" });
    expect(line(report, "affinity")?.status).toBe("unknown");
  });
});

describe("the doctor without Azure", () => {
  const address = (url: string) => runDoctor({ url, env: process.env, signal: AbortSignal.timeout(60_000) });
  const lines = (report: DoctorReport) => report.checks.map(({ status, found }) => `${status}: ${found}`);

  test("no Azure CLI on the PATH", async () => {
    const options = { name, resourceGroup, env: { PATH: "/nowhere" }, signal: AbortSignal.timeout(60_000) };
    const [first, ...others] = (await runDoctor(options)).checks;
    const found = "the Azure CLI is not on the PATH";
    const mend = "https://aka.ms/azure-cli";
    expect(first).toEqual({ id: "signed-in", check: "signed in", status: "not ok", found, mend });
    expect(others.slice(0, 2)).toEqual([
      { id: "subscription", check: "subscription", status: "unknown", found },
      { id: "app-exists", check: "app exists", status: "unknown", found },
    ]);
  });

  test("an address that refuses the connection", async () => {
    const report = await address(`http://127.0.0.1:${closedPort}`);
    expect(lines(report)[0]).toBe(`not ok: http://127.0.0.1:${closedPort}: the connection is refused`);
    expect(report.verdict).toBe("not ok");
  });

  test.each([
    ["Secure", "Path=/; Secure; HttpOnly; SameSite=None", "a Secure cookie is not sent over plain http"],
    [
      "Domain=app.example",
      "Domain=app.example; Path=/; HttpOnly; SameSite=None: browsers drop SameSite=None without Secure",
      "a cookie jar at 127.0.0.1 takes none of app.example",
    ],
  ])("a cookie with %s over plain http is issued, and not kept", async (attribute, attributes, why) => {
    const cookie = `acaAffinity="0123456789abcdef"; Path=/; HttpOnly; SameSite=None; ${attribute}`;
    await using server = await serveHttp((_, response) => response.writeHead(400, { "set-cookie": cookie }).end());
    expect(lines(await address(server.url))).toEqual([
      `ok: ${server.url}: HTTP 400`,
      "ok: acaAffinity",
      `${attribute === "Secure" ? "ok" : "not ok"}: ${attributes}`,
      `not ok: ${why}`,
    ]);
  });
});
