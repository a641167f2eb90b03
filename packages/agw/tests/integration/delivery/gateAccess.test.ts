import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  arm,
  az,
  azIsThere,
  startTestAzure,
  type TestAzure,
  untilReady,
  withoutAz,
} from "../../../../../tests/support/azure/localAzure.ts";
import { createTestCertificate, type TestCertificate } from "../../../../../tests/support/mcp/testAuthority.ts";
import { type Checkout, openCheckout } from "../../support/workflowCheckout.ts";
import { runJob } from "../../support/workflowRun.ts";

const cli = await azIsThere();
const token = "s3cret-t0ken";

/** Runs the steps of deploy-stack.yml on a local Azure whose replicas can require a token. Pulumi is the built-in engine. */
describe.skipIf(!cli)(`the gate of a gateway that doesn't let everyone in${withoutAz(cli)}`, () => {
  const stack = new AsyncDisposableStack();
  let azure: TestAzure;
  let checkout: Checkout;
  let client: TestCertificate;
  let tokenFile: string;
  let app: string;

  beforeAll(async () => {
    client = stack.use(await createTestCertificate());
    const script = resolve("tests/support/mcp/signInReplica.ts");
    // The local Azure is started with the file's path, so the file is in a folder of its own.
    tokenFile = join(client.caFile, "..", "token");
    await writeFile(tokenFile, "");
    azure = stack.use(
      await startTestAzure({ replicaCommand: `'${process.execPath}' '${script}' {port} '${tokenFile}'` }),
    );
    checkout = stack.use(await openCheckout(azure));
    const scope = `/subscriptions/${azure.environment.ARM_SUBSCRIPTION_ID}/resourceGroups/agw-prod-rg`;
    app = `${scope}/providers/Microsoft.App/containerApps/agw-prod-app`;
    const run = await deploy(["update", "doctor", "probe", "gate"]);
    expect(run.code, run.output).toBe(0);
  });
  afterAll(() => stack.disposeAsync());

  const deploy = (only: readonly string[], expressions: Readonly<Record<string, string>> = {}) =>
    runJob("deploy-stack.yml", "deploy", {
      directory: checkout.directory,
      env: checkout.env,
      expressions: { "inputs.stack": "prod", ...expressions },
      only,
    });
  /** Checks the app as it is now. */
  const gate = async (expressions: Readonly<Record<string, string>> = {}) => {
    const { code, summary, output } = await deploy(["doctor", "probe", "gate"], expressions);
    const report = await readFile(join(checkout.directory, "report/probe.json"), "utf8");
    const files = ["probe.html", "probe.xml", "doctor.json"].map((file) => join(checkout.directory, "report", file));
    const shown = [summary, output, report, ...(await Promise.all(files.map((file) => readFile(file, "utf8"))))].join();
    const { verdict, cause } = JSON.parse(report);
    return { code, verdict, cause, summary, shown };
  };
  const setIngress = async (ingress: object) => {
    const { status } = await arm(azure, "PATCH", app, { body: { properties: { configuration: { ingress } } } });
    expect(status).toBeLessThan(300);
    await untilReady(azure, app);
  };
  const setAffinity = (affinity: string) => {
    const which = ["--name", "agw-prod-app", "--resource-group", "agw-prod-rg"];
    return az(azure, "containerapp", "ingress", "sticky-sessions", "set", ...which, "--affinity", affinity);
  };

  const held = { code: 0, verdict: "held", cause: "affinity-holds" };
  const lost = { code: 1, verdict: "lost", cause: "affinity-off" };
  /** With affinity on, then with affinity off although the stack declares it. */
  const onAndOff = async (expressions: Readonly<Record<string, string>>) => {
    const on = await gate(expressions);
    await setAffinity("none");
    const off = await gate(expressions);
    await setAffinity("sticky");
    return [on, off];
  };

  test("sign-in: with a token from a command or a secret, passes if sessions hold and fails if they don't", async () => {
    await writeFile(tokenFile, token);
    expect(await onAndOff({ "vars.PROBE_TOKEN_COMMAND": `cat '${tokenFile}'` })).toMatchObject([held, lost]);
    for (const expressions of [
      { "secrets.PROBE_TOKEN": token },
      { "secrets.PROBE_HEADERS": `X-Other: 1\nAuthorization: Bearer ${token}\n` },
    ]) {
      const allowed = await gate(expressions as Record<string, string>);
      expect(allowed).toMatchObject(held);
      expect(allowed.shown).not.toContain(token);
    }
  });

  test.each([
    ["no token", {}, "sign-in", "`PROBE_TOKEN_COMMAND`"],
    ["a wrong token, which the gateway repeats", { "secrets.PROBE_TOKEN": "s3cret-wrong" }, "sign-in", "`PROBE_TOKEN`"],
    ["a command that fails", { "vars.PROBE_TOKEN_COMMAND": "false" }, "no-token", "`PROBE_TOKEN_COMMAND`"],
  ] as [string, Record<string, string>, string, string][])(
    "sign-in: with %s it fails and says how to let the probe in",
    async (_case, expressions, cause, way) => {
      await writeFile(tokenFile, token);
      const refused = await gate(expressions);
      expect(refused).toMatchObject({ code: 1, verdict: "inconclusive", cause });
      expect(refused.summary).toContain(way);
      expect(refused.shown).not.toContain("s3cret");
    },
  );

  test("ipAllow: from an allowed address, passes if sessions hold and fails if they don't; otherwise names DELIVERY_RUNNER", async () => {
    await writeFile(tokenFile, "");
    const allow = (ipAddressRange: string) =>
      setIngress({ ipSecurityRestrictions: [{ name: "office", action: "Allow", ipAddressRange }] });
    await allow("127.0.0.0/8");
    expect(await onAndOff({})).toMatchObject([held, lost]);
    await allow("10.0.0.0/8");
    const refused = await gate();
    await setIngress({ ipSecurityRestrictions: null });
    expect(refused).toMatchObject({ code: 1, verdict: "inconclusive", cause: "forbidden" });
    expect(refused.summary).toContain("`DELIVERY_RUNNER`");
  });

  test("client certificates: with one, passes if sessions hold and fails if they don't; otherwise names the secrets", async () => {
    await writeFile(tokenFile, "");
    await setIngress({ clientCertificateMode: "require" });
    const { cert, key } = client.tls;
    const results = await onAndOff({ "secrets.PROBE_CLIENT_CERT": cert, "secrets.PROBE_CLIENT_KEY": key });
    const refused = await gate();
    await setIngress({ clientCertificateMode: "ignore" });
    expect(results).toMatchObject([held, lost]);
    for (const { shown } of results) expect(shown).not.toContain(key.split("\n")[1]);
    expect(refused).toMatchObject({ code: 1, verdict: "inconclusive", cause: "client-certificate" });
    expect(refused.summary).toContain("`PROBE_CLIENT_CERT`");
  });

  test("a key that doesn't match its certificate fails the probe's step, and its log says why", async () => {
    const { cert } = client.tls;
    const run = await deploy(["probe"], { "secrets.PROBE_CLIENT_CERT": cert, "secrets.PROBE_CLIENT_KEY": "s3cret" });
    expect(run.code).toBe(1);
    expect(run.output).toContain("PROBE_CLIENT_KEY");
    expect(run.output).not.toContain("s3cret");
  });
});
