import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { identity } from "../../packages/local-azure/src/arm/token.ts";
import { type StepRun, startStep, whatOf } from "../support/azure/affinityStep.ts";
import { azIsThere, withoutAz } from "../support/azure/localAzure.ts";
import { armError, type Reply, type ScriptedAzure, startScriptedAzure } from "../support/azure/scriptedAzure.ts";

const cli = await azIsThere();
const run = promisify(execFile);

describe.skipIf(!cli)(
  `the affinity step with the real Azure CLI, if Azure answers with an error${withoutAz(cli)}`,
  () => {
    let azure: ScriptedAzure;
    const step = (env: NodeJS.ProcessEnv = {}): Promise<StepRun> =>
      startStep({
        ...azure.environment,
        APP_NAME: "app",
        RESOURCE_GROUP: "rg",
        SUBSCRIPTION_ID: identity.subscription,
        AFFINITY: "sticky",
        // The step gives up after the first attempt.
        AFFINITY_LIMIT_SECONDS: "60",
        AFFINITY_RETRY_SECONDS: "60",
        ...env,
      }).ended;

    beforeAll(async () => {
      azure = await startScriptedAzure();
    });
    afterAll(async () => azure?.[Symbol.asyncDispose]());
    beforeEach(() => {
      azure.reply = () => undefined;
      azure.calls.length = 0;
    });

    const scope = `/subscriptions/${identity.subscription}/resourceGroups/rg/providers/Microsoft.App/containerApps/app`;
    const lacking = (verb: string): Reply =>
      armError(
        403,
        "AuthorizationFailed",
        `The client 'c' with object id 'o' does not have authorization to perform action 'Microsoft.App/containerApps/${verb}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
      );

    test("without an error, sets affinity with one PATCH and prints nothing", async () => {
      expect(await step()).toEqual({ code: 0, stdout: "", stderr: "" });
      expect(azure.calls.filter((call) => call.startsWith("PATCH"))).toEqual([`PATCH ${scope}`]);
    });

    test.each<[string, string, Reply, string]>([
      ["no permission to write", "PATCH", lacking("write"), "may-not-change"],
      [
        "no permission to read, which az reports as an app that does not exist",
        "GET",
        lacking("read"),
        "may-not-change",
      ],
      [
        "a read-only lock",
        "PATCH",
        armError(
          409,
          "ScopeLocked",
          `The scope '${scope}' cannot perform write operation because following scope(s) are locked: '/subscriptions/s/resourceGroups/rg'. Please remove the lock and try again.`,
        ),
        "locked",
      ],
      [
        "a policy",
        "PATCH",
        armError(
          403,
          "RequestDisallowedByPolicy",
          'Resource \'app\' was disallowed by policy. Policy identifiers: \'[{"policyAssignment":{"name":"p"}}]\'.',
        ),
        "policy",
      ],
      [
        "a disabled subscription",
        "PATCH",
        armError(
          409,
          "ReadOnlyDisabledSubscription",
          "The subscription 's' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.",
        ),
        "subscription-disabled",
      ],
      [
        "an expired token",
        "GET",
        armError(
          401,
          "ExpiredAuthenticationToken",
          "The access token expiry UTC time '1' is earlier than current UTC time '2'.",
        ),
        "sign-in-expired",
      ],
      [
        "an HTML page of a gateway",
        "PATCH",
        { status: 502, text: "<html><style>a{b:c}</style>Bad Gateway</html>" },
        "server-error",
      ],
      [
        "an HTML page of a firewall",
        "GET",
        { status: 403, text: "<html><style>a{b:c}</style>Blocked</html>" },
        "forbidden",
      ],
      ["a dropped connection on every read", "GET", "drop", "connection"],
    ])("%s: az's output and the reason", async (_title, method, reply, id) => {
      azure.reply = (call) => (call.method === method && call.path === scope ? reply : undefined);
      const { code, stderr } = await step();
      const verb = method === "GET" ? "read" : "write";
      const values = {
        subscription: identity.subscription,
        host: "Azure",
        1: `Microsoft.App/containerApps/${verb}`,
        2: scope,
      };
      expect(stderr).toContain(whatOf(id, values));
      expect(stderr).toMatch(/^ERROR: /);
      expect(stderr).not.toMatch(/Traceback|does not exist in group/);
      expect(stderr).not.toContain(whatOf("operation-running"));
      expect(code).toBe(1);
    });

    test("if Azure does not answer, stops az, which would wait forever, and retries", async () => {
      let hung = 0;
      azure.reply = ({ method }) => (method === "PATCH" && hung++ === 0 ? "hang" : undefined);
      const { code, stderr } = await step({ AFFINITY_CALL_SECONDS: "10", AFFINITY_RETRY_SECONDS: "0" });
      expect(stderr).toMatch(new RegExp(`^session affinity: ${whatOf("hung")}; .*\\n$`));
      expect(code).toBe(0);
    });

    describe("signed in with a federated token", () => {
      let folder: string;
      beforeAll(async () => {
        folder = await mkdtemp(join(azure.environment.AZURE_CONFIG_DIR ?? "", "..", "federated-"));
        for (const file of ["clouds.config", "config", "versionCheck.json"]) {
          await cp(join(azure.environment.AZURE_CONFIG_DIR ?? "", file), join(folder, file));
        }
        const who = ["--username", identity.principal, "--tenant", identity.tenant, "--federated-token", "a.b.c"];
        const env = { ...azure.environment, AZURE_CONFIG_DIR: folder };
        await run("az", ["login", "--service-principal", ...who], { env });
      });
      afterAll(() => rm(folder, { recursive: true, force: true }));

      test.each([
        [
          "that has expired",
          700024,
          "Client assertion is not within its valid time range. Current time: 2026-11-27T06:11:15.1049397Z, assertion valid from 2026-11-27T06:01:13.0000000Z, expiry time of assertion 2026-11-27T06:06:13.0000000Z.",
          "federated-token-expired",
        ],
        [
          "of another branch",
          700213,
          "No matching federated identity record found for presented assertion subject 'repo:me/it:ref:refs/heads/x'.",
          "federated-credential",
        ],
        [
          "for an application that is gone",
          700016,
          "Application with identifier 'c' was not found in the directory 'Contoso'.",
          "federated-credential",
        ],
        [
          "that a policy blocks",
          53003,
          "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
          "conditional-access",
        ],
        [
          "while Entra ID has a transient error",
          90033,
          "A transient error has occurred. Please try again.",
          "entra-busy",
        ],
      ])("one %s", async (_title, number, text, id) => {
        const body = {
          error: "invalid_client",
          error_description: `AADSTS${number}: ${text} Trace ID: t Correlation ID: c Timestamp: 2026-11-27 06:11:15Z`,
          error_codes: [number],
        };
        azure.reply = ({ path }) => (path.endsWith("/oauth2/v2.0/token") ? { status: 401, body } : undefined);
        const { code, stderr } = await step({ AZURE_CONFIG_DIR: folder });
        expect(stderr).toContain(`AADSTS${number}`);
        expect(stderr).toContain(whatOf(id));
        expect(code).toBe(1);
      });
    });
  },
);
