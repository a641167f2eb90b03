import { describe, expect, test } from "vitest";
import { affinityCommand } from "../../../src/component/affinity/sessionAffinity.ts";
import { classify, explain, words } from "../../../src/component/affinity/step/explain.mjs";
import { failureKinds } from "../../../src/component/affinity/step/failureKinds.mjs";
import { parseCommand, parseLimits } from "../../../src/component/affinity/step/input.mjs";
import { applyAffinity } from "../../../src/component/affinity/step/retry.mjs";
import { commandFor } from "../../../src/component/az/runAz.mjs";
import { azTexts } from "../../support/azure/azTexts.ts";

const app = "/subscriptions/sub-1/resourceGroups/rg/providers/Microsoft.App/containerApps/app";
const names = { app: "app", group: "rg", subscription: "sub-1", command: "az set" };
const message = (text: string, seconds?: number): string => explain(classify(text, 1), names, seconds);

describe("how az fails, by its own words", () => {
  test.each(azTexts)("$id: $start", ({ id, text }) => {
    expect(classify(`ERROR: ${text}`, 1).kind.id).toBe(id);
  });

  test("every kind of failure has a text of az's that shows it", () => {
    expect([...new Set(azTexts.map(({ id }) => id))].sort()).toEqual(failureKinds.map(({ id }) => id).sort());
  });

  test("an az that was stopped is told from one that failed, whatever it had said before", () => {
    expect(classify("ERROR: (TooManyRequests) Rate limit is exceeded.", undefined).kind).toMatchObject({
      id: "hung",
      passes: true,
    });
  });

  test("what no kind matches is not retried", () => {
    expect(classify("ERROR: (ContainerAppInvalidIngress) Something new.", 1).kind).toMatchObject({
      id: "unknown",
      passes: false,
    });
  });

  test("the code that a Python stack trace shows does not count, only what it says", () => {
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
  test.each(azTexts)("$id ($start): az's words, what is wrong, what to do, and the next command", ({ text }) => {
    const lines = message(`ERROR: ${text}`, 600).split("\n");
    expect(lines.at(-1)).toMatch(/pulumi up( --refresh)?$/);
    expect(lines.at(-2), "what to do").toMatch(/\.$|--debug$|provisioningState$/);
    expect(lines.at(-3)).toMatch(/^Session affinity was not applied\. Gave up after 600 s; at the last try .+\.$/);
    expect(lines.slice(-3).join(" "), "no gap").not.toMatch(/[{}]|undefined| {2}/);
  });

  test.each([
    ["write", "may not change the app"],
    ["read", "may not read the app"],
  ])("a missing right to %s: which one, on what, and the role that has it", (verb, what) => {
    const text = `(AuthorizationFailed) The client 'c' with object id 'o' does not have authorization to perform action 'Microsoft.App/containerApps/${verb}' over scope '${app}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
    expect(message(text)).toContain(`${what}: it lacks Microsoft.App/containerApps/${verb} on ${app}.`);
    expect(message(text)).toContain("The role 'Container Apps Contributor' has");
  });

  test("only another operation is called another operation", () => {
    const blamed = azTexts.filter(({ text }) =>
      message(`ERROR: ${text}`, 600).includes("another operation is running"),
    );
    expect([...new Set(blamed.map(({ id }) => id))]).toEqual(["operation-running"]);
  });

  test("what a server said cannot act on a terminal, nor hide the message", () => {
    const hostile = `\u001b[2J\u001b]0;title\u0007ERROR: (Odd\u202e) \u0008text\t1${"x".repeat(5000)}\n${"line\n".repeat(99)}`;
    const shown = message(hostile);
    expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(shown.split("\n").length).toBeLessThan(12);
    expect(shown.length).toBeLessThan(3000);
  });

  test("the spinner of a long operation is not shown", () => {
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

  /** Runs the step with a clock of the test's own, and an az that says one text after the other, and then succeeds. */
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
        // A number stands for an az that hangs for so long.
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

  test("what passes is tried again, after pauses that double up to 30 s, and each says why and how long", async () => {
    const { failure, calls, pauses, said } = await run(Array(6).fill(busy));
    expect(failure).toBeUndefined();
    expect(calls.length).toBe(7);
    expect(pauses).toEqual([2, 4, 8, 16, 30, 30]);
    expect(said[1]).toBe(
      "session affinity: another operation is running on the app or its environment; retrying in 4 s (4 s of 600 s)",
    );
  });

  test("what does not pass is not tried again", async () => {
    const { failure, calls, said } = await run(["ERROR: Please run 'az login' to setup account."]);
    expect({ calls: calls.length, said }).toEqual({ calls: 1, said: [] });
    expect(failure).toContain("Session affinity was not applied: the Azure CLI is not signed in.");
  });

  test("it is given up within the limit, for the reason of the last try, which need not be that of the first", async () => {
    const { failure, seconds } = await run([busy, ...Array(99).fill("ERROR: (TooManyRequests) Slow down.")]);
    expect(seconds).toBeLessThanOrEqual(600);
    expect(failure).toContain(
      `ERROR: (TooManyRequests) Slow down.\nSession affinity was not applied. Gave up after ${seconds} s; at the last try Azure limits the rate`,
    );
  });

  test("a call that hangs is stopped and tried again, and none may last beyond the limit", async () => {
    const { failure, calls, seconds } = await run(Array(99).fill(100_000));
    expect(calls.map((call) => call.seconds)).toEqual([120, 120, 120, 120, 600 - 4 * 120 - 2 - 4 - 8 - 16]);
    expect(seconds).toBe(600);
    expect(failure).toContain("Gave up after 600 s; at the last try the Azure CLI did not end in time");
  });

  test("a call that hangs once is no failure", async () => {
    expect(await run([100_000])).toMatchObject({ failure: undefined, pauses: [2] });
  });

  const read =
    "az containerapp show --name app --resource-group rg --subscription sub-1 --only-show-errors --output none";
  test.each([
    ["signed out", "ERROR: Please run 'az login' to setup account.", "is not signed in"],
    ["really gone", "ERROR: (ResourceNotFound) The Resource was not found.", "does not exist in resource group rg"],
    ["a proxy", "ERROR: ... ProxyError('Unable to connect to proxy', ...", "cannot reach the proxy"],
  ])("az says 'does not exist' of any failed read; another read tells the reason: %s", async (_title, text, reason) => {
    const { failure, calls } = await run([swallowed, text]);
    expect(calls.map(({ args }) => args)).toEqual(["az set", read]);
    expect(failure).toContain(reason);
    expect(failure, "not what az made of it").not.toContain("does not exist in group");
  });

  test("'does not exist', and the other read works: it passed, so the whole is tried again", async () => {
    const { failure, calls } = await run([swallowed, ""]);
    expect(failure).toBeUndefined();
    expect(calls.map(({ args }) => args)).toEqual(["az set", read, "az set"]);
  });
});

describe("what the step is given", () => {
  const environment = { APP_NAME: "app", RESOURCE_GROUP: "rg_1.(x)", SUBSCRIPTION_ID: "sub-1", AFFINITY: "sticky" };

  test("values come from the environment, as whole arguments", () => {
    const problems: string[] = [];
    expect(parseCommand(affinityCommand.create, environment, problems).slice(0, 8)).toEqual(
      "az containerapp ingress sticky-sessions set --name app --resource-group".split(" "),
    );
    expect(problems).toEqual([]);
  });

  test.each([
    ["a value that is missing", {}, affinityCommand.create, 4],
    ["a value with a space", { ...environment, APP_NAME: "a b" }, affinityCommand.create, 1],
    ["a value that is an option", { ...environment, APP_NAME: "--debug" }, affinityCommand.create, 1],
    ["a value with shell text", { ...environment, RESOURCE_GROUP: "rg&calc" }, affinityCommand.create, 1],
    ["a value of cmd.exe", { ...environment, AFFINITY: "%PATH%" }, affinityCommand.create, 1],
    ["another program", environment, "rm -f x", 1],
    ["shell text", environment, "az show; rm $(x)", 2],
  ])("refused: %s", (_title, given, line, count) => {
    const problems: string[] = [];
    parseCommand(line, given, problems);
    expect(problems.length, problems.join("; ")).toBe(count);
  });

  test("limits have defaults, and each that is no number of seconds is named", () => {
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

  test("on Windows, where az is a batch file, each value is quoted; elsewhere arguments stay as they are", () => {
    expect(commandFor(["az", "show", "rg(x)"], "win32")).toEqual(['az "show" "rg(x)"']);
    expect(commandFor(["az", "show", "rg(x)"], "linux")).toEqual(["az", "show", "rg(x)"]);
  });

  test.each(["%PATH%", "a b", 'a"b', "a&b", "a^b", "a\nb", ""])("on Windows, refused: %j", (word) => {
    expect(() => commandFor(["az", "show", word], "win32")).toThrow("cannot be given to az on Windows");
  });
});

describe("the text that the Command runs", () => {
  test("needs nothing but Node: no other file, no package, no path of this machine", () => {
    const imported = [...affinityCommand.stdin.matchAll(/^import [^;]* from "([^"]*)";$/gm)].map(([, name]) => name);
    expect(imported.length).toBeGreaterThan(0);
    expect(imported.filter((name) => !name?.startsWith("node:"))).toEqual([]);
    expect(affinityCommand.stdin).not.toContain(import.meta.dirname.split("/tests/")[0]);
    expect(affinityCommand.interpreter).toEqual(["node", "--input-type=module", "-"]);
  });
});
