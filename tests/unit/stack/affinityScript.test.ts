import { execFile } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../support/temporaryDirectory.ts";

const script = await readFile(new URL("../../../src/stack/affinity.sh", import.meta.url), "utf8");

interface Outcome {
  readonly code: number;
  readonly stderr: string;
  /** How often `az` was called. */
  readonly calls: number;
}

/**
 * Runs the script with a stand-in for az that prints one line after the other and fails, until there are none left. It shows
 * how the script reads az's words, not that az says them; that is shown with the real az in tests/integration.
 */
async function run(lines: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  await using folder = await temporaryDirectory();
  const say = lines.map((_, index) => `${index}) printf '%s\\n' "$LINE_${index}" >&2; exit 1 ;;`).join("\n");
  await writeFile(
    join(folder.path, "az"),
    `#!/bin/sh\nn=$(cat "${folder.path}/n" 2>/dev/null || echo 0)\necho $((n + 1)) > "${folder.path}/n"\ncase $n in\n${say}\nesac\n`,
  );
  await chmod(join(folder.path, "az"), 0o755);
  const said = Object.fromEntries(lines.map((line, index) => [`LINE_${index}`, line]));
  const all = {
    PATH: `${folder.path}:/usr/bin:/bin`,
    AFFINITY_RETRY_SECONDS: "0",
    SUBSCRIPTION_ID: "sub-1",
    ...said,
    ...env,
  };
  const { code, stderr } = await new Promise<Omit<Outcome, "calls">>((resolve) => {
    execFile("/bin/sh", ["-c", script, "az set"], { env: all }, (error, _stdout, text) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stderr: text }),
    );
  });
  return { code, stderr, calls: Number(await readFile(join(folder.path, "n"), "utf8").catch(() => "0")) };
}

describe("another operation runs on the app (409), 429, 5xx: waited out", () => {
  test.each([
    "(ContainerAppOperationInProgress) Cannot modify a container app while another operation runs.",
    "(TooManyRequests) Rate limit is exceeded.",
    "Operation returned an invalid status 'Too Many Requests'",
    "(InternalServerError) An error occurred.",
    "(ServiceUnavailable) The service is unavailable.",
    "(GatewayTimeout) The gateway did not receive a response.",
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: / (Caused by NewConnectionError('Failed to establish a new connection: [Errno 111] Connection refused'))",
    "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: / (Caused by NameResolutionError('Failed to resolve (Temporary failure in name resolution)'))",
    "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
  ])("%s", async (line) => {
    const { code, calls, stderr } = await run([`ERROR: ${line}`, `ERROR: ${line}`]);
    expect({ code, calls }).toEqual({ code: 0, calls: 3 });
    expect(stderr).toContain(`session affinity: trying again in 0 s: ERROR: ${line}`);
  });

  test("but not beyond the limit", async () => {
    const { code, stderr, calls } = await run(["ERROR: (ContainerAppOperationInProgress) busy"], {
      AFFINITY_LIMIT_SECONDS: "0",
    });
    expect({ code, calls }).toEqual({ code: 1, calls: 1 });
    expect(stderr).toContain("ERROR: (ContainerAppOperationInProgress) busy\nStill so after 0 s");
  });
});

describe("any other failure stops with az's own message and the way out", () => {
  test.each([
    ["Please run 'az login' to setup account.", "az login (in a pipeline:"],
    ["AADSTS700082: The refresh token has expired.", "az login (in a pipeline:"],
    [
      "(SubscriptionNotFound) The subscription 'sub-1' could not be found.",
      "does not see subscription sub-1: az login --tenant",
    ],
    [
      "The subscription of 'sub-1' doesn't exist in cloud 'AzureCloud'.",
      "does not see subscription sub-1: az login --tenant",
    ],
    [
      "(InvalidAuthenticationTokenTenant) The access token is from the wrong issuer 'https://sts.windows.net/1/'. It must match the tenant 'https://sts.windows.net/2/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/2' to get the token.",
      "does not see subscription sub-1: az login --tenant",
    ],
    [
      "Could not retrieve credential from local cache for service principal p-1. Run `az login` for this service principal.",
      "az login (in a pipeline:",
    ],
    [
      "(AuthorizationFailed) The client 'c-1' with object id 'o-1' does not have authorization to perform action 'Microsoft.App/containerApps/write' over scope '/subscriptions/sub-1/resourceGroups/rg/providers/Microsoft.App/containerApps/app' or the scope is invalid. If access was recently granted, please refresh your credentials.",
      "'Container Apps Contributor'",
    ],
    [
      "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: /subscriptions (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1006)')))",
      "does not trust the certificate that it was shown: put the proxy's own into REQUESTS_CA_BUNDLE",
    ],
    [
      "HTTPSConnectionPool(host='management.azure.invalid', port=443): Max retries exceeded with url: /subscriptions (Caused by NameResolutionError(\"<urllib3.connection.HTTPSConnection object at 0x7f>: Failed to resolve 'management.azure.invalid' ([Errno -2] Name or service not known)\"))",
      "does not find Azure's address: see the name servers and HTTPS_PROXY here, and az cloud show",
    ],
    ["'containerapp' is misspelled or not recognized by the system.", "az upgrade"],
    ["(ContainerAppInvalidIngress) Something new.", "az ended with exit code 1. Run the command by hand with --debug"],
  ])("%s", async (line, wayOut) => {
    const { code, stderr, calls } = await run([`ERROR: ${line}`, "never reached"]);
    expect({ code, calls }).toEqual({ code: 1, calls: 1 });
    expect(stderr).toContain(`ERROR: ${line}\n`);
    expect(stderr).toContain(wayOut);
  });

  const swallowed = "ERROR: The containerapp 'app' does not exist in group 'rg'";
  test("what az swallows into 'does not exist' is looked up: signed out", async () => {
    const { code, stderr, calls } = await run([swallowed, "ERROR: Please run 'az login' to setup account."]);
    expect({ code, calls }).toEqual({ code: 1, calls: 2 });
    expect(stderr).toMatch(/^ERROR: Please run 'az login' to setup account\.\nThe Azure CLI is not signed in/);
  });

  test("what az swallows into 'does not exist' is looked up: really gone", async () => {
    const { code, stderr } = await run([swallowed, "ERROR: (ResourceNotFound) The Resource was not found."]);
    expect(code).toBe(1);
    expect(stderr).toContain("The container app is gone: pulumi up --refresh makes it again.");
  });

  test("what az swallows into 'does not exist' is looked up: there again, so it is tried again", async () => {
    expect(await run([swallowed])).toMatchObject({ code: 0, calls: 3 });
  });

  test("az not installed", async () => {
    const { code, stderr } = await run([], { PATH: "/nonexistent" });
    expect(code).toBe(1);
    expect(stderr).toContain(
      "az: not found\nThe Azure CLI is not installed here, or not on the PATH: https://aka.ms/azure-cli, then pulumi up.",
    );
  });
});

describe("how az is called, as a stand-in for it sees it", () => {
  /** Runs the script with a stand-in that notes its input and the variable, and a `sleep` that notes its argument and does not. */
  async function watch(az: string, env: Record<string, string> = {}): Promise<string[]> {
    await using folder = await temporaryDirectory();
    const seen = join(folder.path, "seen");
    const programs = { az, sleep: `echo "sleep $1" >> ${seen}` };
    for (const [name, text] of Object.entries(programs)) {
      await writeFile(join(folder.path, name), `#!/bin/sh\nSEEN=${seen}\n${text}\n`);
      await chmod(join(folder.path, name), 0o755);
    }
    await new Promise<void>((resolve) => {
      const all = { PATH: `${folder.path}:/usr/bin:/bin`, SUBSCRIPTION_ID: "sub-1", ...env };
      const child = execFile("/bin/sh", ["-c", script, "az set"], { env: all }, () => resolve());
      child.stdin?.end("an answer");
    });
    return (await readFile(seen, "utf8")).trim().split("\n");
  }

  test("it can ask nothing: its input is empty, and no extension is installed for it", async () => {
    const note = "echo \"$1: input '$(cat)', install $AZURE_EXTENSION_USE_DYNAMIC_INSTALL\" >> $SEEN";
    const swallowed = "[ $1 = set ] || exit 0; [ $(wc -l < $SEEN) -gt 1 ] || { echo does not exist in group; exit 1; }";
    expect(await watch(`${note}\n${swallowed}`, { AFFINITY_RETRY_SECONDS: "0" })).toEqual([
      "set: input '', install no",
      "containerapp: input '', install no",
      "sleep 0",
      "set: input '', install no",
    ]);
  });

  test("it is called again after pauses that double up to 30 s", async () => {
    const busy = "[ $(grep -c sleep $SEEN 2>/dev/null || true) = 5 ] && exit 0\necho TooManyRequests; exit 1";
    expect(await watch(`touch $SEEN\n${busy}`, { AFFINITY_RETRY_SECONDS: "6" })).toEqual([
      "sleep 6",
      "sleep 12",
      "sleep 24",
      "sleep 30",
      "sleep 30",
    ]);
  });
});
