import { describe, expect, test } from "vitest";
import { classify, explain, words } from "../../../affinity-step/explain.mjs";
import { failureKinds } from "../../../affinity-step/failureKinds.mjs";
import { parseCommand, parseLimits } from "../../../affinity-step/input.mjs";
import { applyAffinity } from "../../../affinity-step/retry.mjs";
import { commandFor } from "../../../affinity-step/runAz.mjs";
import { affinityCommand } from "../../../src/component/sessionAffinity.ts";
import { azTexts } from "../../support/azure/azTexts.ts";

const app = "/subscriptions/sub-1/resourceGroups/rg/providers/Microsoft.App/containerApps/app";
const names = { app: "app", group: "rg", subscription: "sub-1", command: "az set" };
const message = (text: string, seconds?: number): string => explain(classify(text, 1), names, seconds);

describe("classifies az's failures by its output", () => {
  test.each(azTexts)("$id: $start", ({ id, text }) => {
    expect(classify(`ERROR: ${text}`, 1).kind.id).toBe(id);
  });

  test("every kind of failure has an example of az's output", () => {
    expect([...new Set(azTexts.map(({ id }) => id))].sort()).toEqual(failureKinds.map(({ id }) => id).sort());
  });

  test("a stopped az is a timeout, whatever it printed before", () => {
    expect(classify("ERROR: (TooManyRequests) Rate limit is exceeded.", undefined).kind).toMatchObject({
      id: "hung",
      passes: true,
    });
  });

  test("an unknown failure is not retried", () => {
    expect(classify("ERROR: (ContainerAppInvalidIngress) Something new.", 1).kind).toMatchObject({
      id: "unknown",
      passes: false,
    });
  });

  test("lines of code in a Python stack trace are ignored", () => {
    const trace = [
      "ERROR: The command failed with an unexpected error. Here is the traceback:",
      "ERROR: Something new",
      "Traceback (most recent call last):",
      '  File "requests/adapters.py", line 700, in send',
      "    raise ProxyError(e, request=request)",
      "ValueError: Something new",
      "To check existing issues, please visit: https://github.com/Azure/azure-cli/issues",
    ].join("\n");
    expect(classify(trace, 1).kind.id).toBe("unknown");
    expect(words(trace)).toEqual(["ERROR: Something new"]);
  });
});

describe("the message of a failed step", () => {
  test.each(azTexts)("$id ($start): az's output, what is wrong, what to do, and the next command", ({ text }) => {
    const lines = message(`ERROR: ${text}`, 600).split("\n");
    expect(lines.at(-1)).toMatch(/pulumi up( --refresh)?$/);
    expect(lines.at(-2), "what to do").toMatch(/\.$|--debug$|provisioningState$/);
    expect(lines.at(-3)).toMatch(/^Session affinity was not applied\. Gave up after 600 s; in the last attempt, .+\.$/);
    expect(lines.slice(-3).join(" "), "no gap").not.toMatch(/[{}]|undefined| {2}/);
  });

  test.each(["write", "read"])("a missing %s permission: names it, its scope and the role that includes it", (verb) => {
    const text = `(AuthorizationFailed) The client 'c' with object id 'o' does not have authorization to perform action 'Microsoft.App/containerApps/${verb}' over scope '${app}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
    expect(message(text)).toContain(`lacks the permission Microsoft.App/containerApps/${verb} on ${app}.`);
    expect(message(text)).toContain(
      "The role 'Container Apps Contributor' includes all permissions that this step needs",
    );
  });

  test("only another operation is reported as another operation", () => {
    const blamed = azTexts.filter(({ text }) =>
      message(`ERROR: ${text}`, 600).includes("another operation is running"),
    );
    expect([...new Set(blamed.map(({ id }) => id))]).toEqual(["operation-running"]);
  });

  test("a server's text cannot control the terminal or hide the message", () => {
    const hostile = `\u001b[2J\u001b]0;title\u0007ERROR: (Odd\u202e) \u0008text\t1${"x".repeat(5000)}\n${"line\n".repeat(99)}`;
    const shown = message(hostile);
    expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(shown.split("\n").length).toBeLessThan(12);
    expect(shown.length).toBeLessThan(3000);
  });

  test("drops the spinner of a long operation", () => {
    expect(words("\r/ Running ..\r| Running ..\r\u001b[KERROR: (Odd) Something.\n")).toEqual([
      "ERROR: (Odd) Something.",
    ]);
  });
});

describe("429, 5xx, a lost connection, an az that hangs: the affinity step retries, as it does while another operation runs", () => {
  interface Call {
    readonly args: string;
    readonly seconds: number;
  }

  /** Runs the step with a fake clock, and an az that fails with one text after the other and then succeeds. */
  async function run(texts: readonly (string | number)[], limits = { limit: 600, call: 120, retry: 2 }) {
    let now = 1000;
    const calls: Call[] = [];
    const pauses: number[] = [];
    const said: string[] = [];
    const left = [...texts];
    const failure = await applyAffinity(["az", "set"], names, limits, {
      az: async (args, seconds) => {
        calls.push({ args: args.join(" "), seconds });
        now += 1;
        const text = left.shift();
        // A number is an az that hangs for that many seconds.
        if (typeof text !== "number") return { code: text === undefined || text === "" ? 0 : 1, output: text ?? "" };
        now += Math.min(text, seconds) - 1;
        return text > seconds ? { code: undefined, output: "" } : { code: 0, output: "" };
      },
      pause: async (seconds) => {
        pauses.push(seconds);
        now += seconds;
      },
      now: () => now,
      say: (line) => said.push(line),
    });
    return { failure, calls, pauses, said, seconds: now - 1000 };
  }

  const busy = "ERROR: (ContainerAppOperationInProgress) Cannot modify a container app while it is being updated.";
  const swallowed = "ERROR: The containerapp 'app' does not exist in group 'rg'";

  test("retries transient failures with pauses that double up to 30 s, and logs the reason and the time", async () => {
    const { failure, calls, pauses, said } = await run(Array(6).fill(busy));
    expect(failure).toBeUndefined();
    expect(calls.length).toBe(7);
    expect(pauses).toEqual([2, 4, 8, 16, 30, 30]);
    expect(said[1]).toBe(
      "session affinity: another operation is running on the app or its environment; retrying in 4 s (4 of 600 s)",
    );
  });

  test("does not retry other failures", async () => {
    const text = "ERROR: Please run 'az login' to setup account.";
    const { failure, calls, said } = await run([text]);
    expect({ calls: calls.length, said }).toEqual({ calls: 1, said: [] });
    expect(failure).toBe(message(text));
  });

  test("gives up within the limit, and reports the failure of the last attempt", async () => {
    const { failure, seconds } = await run([busy, ...Array(99).fill("ERROR: (TooManyRequests) Slow down.")]);
    expect(seconds).toBeLessThanOrEqual(600);
    expect(failure).toBe(message("ERROR: (TooManyRequests) Slow down.", seconds));
  });

  test("stops and retries a call that hangs, and no call runs beyond the limit", async () => {
    const { failure, calls, seconds } = await run(Array(99).fill(100_000));
    expect(calls.map((call) => call.seconds)).toEqual([120, 120, 120, 120, 600 - 4 * 120 - 2 - 4 - 8 - 16]);
    expect(seconds).toBe(600);
    expect(failure).toBe(explain(classify("", undefined), names, 600));
  });

  test("recovers from a call that hangs once", async () => {
    expect(await run([100_000])).toMatchObject({ failure: undefined, pauses: [2] });
  });

  const read =
    "az containerapp show --name app --resource-group rg --subscription sub-1 --only-show-errors --output none";
  test.each([
    ["signed out", "ERROR: Please run 'az login' to setup account."],
    ["really gone", "ERROR: (ResourceNotFound) The Resource was not found."],
    ["a proxy", "ERROR: ... ProxyError('Unable to connect to proxy', ..."],
  ])("az prints 'does not exist' for any failed read; a second read finds the reason: %s", async (_title, text) => {
    const { failure, calls } = await run([swallowed, text]);
    expect(calls.map(({ args }) => args)).toEqual(["az set", read]);
    expect(failure).toBe(message(text));
  });

  test("retries the command if az prints 'does not exist' but a second read works", async () => {
    const { failure, calls } = await run([swallowed, ""]);
    expect(failure).toBeUndefined();
    expect(calls.map(({ args }) => args)).toEqual(["az set", read, "az set"]);
  });
});

describe("parses the step's input", () => {
  const environment = { APP_NAME: "app", RESOURCE_GROUP: "rg_1.(x)", SUBSCRIPTION_ID: "sub-1", AFFINITY: "sticky" };

  test("takes values from the environment, each as one argument", () => {
    const problems: string[] = [];
    expect(parseCommand(affinityCommand.create, environment, problems).slice(0, 8)).toEqual(
      "az containerapp ingress sticky-sessions set --name app --resource-group".split(" "),
    );
    expect(problems).toEqual([]);
  });

  test.each([
    ["a missing value", {}, affinityCommand.create, 4],
    ["a value with a space", { ...environment, APP_NAME: "a b" }, affinityCommand.create, 1],
    ["a value that is an option", { ...environment, APP_NAME: "--debug" }, affinityCommand.create, 1],
    ["a value with shell text", { ...environment, RESOURCE_GROUP: "rg&calc" }, affinityCommand.create, 1],
    ["a variable of cmd.exe", { ...environment, AFFINITY: "%PATH%" }, affinityCommand.create, 1],
    ["another program", environment, "rm -f x", 1],
    ["shell text", environment, "az show; rm $(x)", 2],
  ])("refuses %s", (_title, given, line, count) => {
    const problems: string[] = [];
    parseCommand(line, given, problems);
    expect(problems.length, problems.join("; ")).toBe(count);
  });

  test("limits have defaults, and every invalid one is reported", () => {
    const problems: string[] = [];
    expect(parseLimits({}, problems)).toEqual({ limit: 600, call: 120, retry: 2 });
    expect(problems).toEqual([]);
    parseLimits({ AFFINITY_LIMIT_SECONDS: "0", AFFINITY_CALL_SECONDS: "ten", AFFINITY_RETRY_SECONDS: "-1" }, problems);
    expect(problems.map((problem) => problem.split(" ")[0])).toEqual([
      "AFFINITY_LIMIT_SECONDS",
      "AFFINITY_CALL_SECONDS",
      "AFFINITY_RETRY_SECONDS",
    ]);
  });

  test("quotes every argument on Windows, where az is a batch file, and none elsewhere", () => {
    expect(commandFor(["az", "show", "rg(x)"], "win32")).toEqual(['az "show" "rg(x)"']);
    expect(commandFor(["az", "show", "rg(x)"], "linux")).toEqual(["az", "show", "rg(x)"]);
  });

  test.each(["%PATH%", "a b", 'a"b', "a&b", "a^b", "a\nb", ""])("refuses %j on Windows", (word) => {
    expect(() => commandFor(["az", "show", word], "win32")).toThrow("cannot be passed to az on Windows");
  });
});

describe("the source that the Command runs", () => {
  test("needs only Node: no other file, no package, no path of this machine", () => {
    const imported = [...affinityCommand.stdin.matchAll(/^import [^;]* from "([^"]*)";$/gm)].map(([, name]) => name);
    expect(imported.length).toBeGreaterThan(0);
    expect(imported.filter((name) => !name?.startsWith("node:"))).toEqual([]);
    expect(affinityCommand.stdin).not.toContain(import.meta.dirname.split("/tests/")[0]);
    expect(affinityCommand.interpreter).toEqual(["node", "--input-type=module", "-"]);
  });
});
