import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTestCertificate } from "../../../../../tests/support/mcp/testAuthority.ts";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { probeInvocation, probeOptionTable } from "../../../src/commands/probeOptions.ts";
import { readOptions } from "../../../src/terminal/options.ts";

function invocation(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return probeInvocation(readOptions([...args], probeOptionTable), env);
}

const url = ["--url", "https://gateway.example"];
const refusal = (...args: readonly string[]) => {
  try {
    invocation([...url, ...args]);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
};

describe("the options of agw probe", () => {
  test.each<[string[], object]>([
    [["--path", "/x"], { path: "/x" }],
    [["--sessions", "7"], { sessions: 7 }],
    [["--calls", "8"], { calls: 8 }],
    [["--spread", "9.5"], { spread: 9.5 }],
    [["--fresh", "100"], { fresh: 100 }],
    [["--hold"], { hold: true }],
    [["--transport", "sse"], { transport: "sse" }],
    [["--client", "sdk-v2"], { client: "sdk-v2" }],
    [["--header", "X-A=1=2", "--header", "x-b="], { headers: { "X-A": "1=2", "x-b": "" } }],
    [["--control-sessions", "3"], { controlSessions: 3 }],
    [["--no-control"], { controlSessions: 0 }],
    [["--timeout", "2"], { timeout: 2 }],
    [["--rate", "40"], { rate: 40 }],
    [["--in-flight", "4"], { inFlight: 4 }],
    [["--replica-header", "x-pod"], { replicaHeader: "x-pod" }],
    [["--watch"], { sessions: 10 }],
    [["--watch", "--sessions", "20"], { sessions: 20 }],
    [[], {}],
  ])("%j alone sets %j", (args, options) => {
    expect(invocation([...url, ...args]).options).toEqual({ url: "https://gateway.example", ...options });
  });

  test("outputs and the time to watch are read", () => {
    const none = { watch: false, watchFor: undefined, json: false, html: undefined, junit: undefined };
    expect(invocation(url)).toMatchObject(none);
    const results = ["--json", "--html", "r.html", "--junit", "r.xml"];
    expect(invocation([...url, ...results])).toMatchObject({ json: true, html: "r.html", junit: "r.xml" });
    expect(invocation([...url, "--watch", "--for", "0.5"])).toMatchObject({ watch: true, watchFor: 0.5 });
  });

  test("the URL and the token can come from the environment; options take precedence", async () => {
    const env = { GATEWAY_URL: "http://127.0.0.1:1", TOKEN: "from the environment" };
    expect(invocation([], env).options).toEqual({ url: "http://127.0.0.1:1", bearer: "from the environment" });
    expect(invocation([], { ...env, TOKEN: "" }).options).not.toHaveProperty("bearer");
    await using folder = await temporaryDirectory();
    const file = join(folder.path, "token");
    await writeFile(file, "from the file\n");
    const { options } = invocation([...url, "--bearer-file", file, "--header", `x-key=@${file}`], env);
    expect(options).toEqual({ url: url[1], bearer: "from the file", headers: { "x-key": "from the file" } });
  });

  test("credentials can come from the environment, as in a workflow; options take precedence", async () => {
    await using certificate = await createTestCertificate();
    const { cert, key } = certificate.tls;
    const env = { PROBE_HEADERS: "X-A: 1:2\r\n\nx-b:3\n", PROBE_CLIENT_CERT: cert, PROBE_CLIENT_KEY: key };
    const found = { headers: { "X-A": "1:2", "x-b": "3" }, cert, key };
    expect(invocation(url, env).options).toEqual({ url: url[1], ...found });
    expect(invocation([...url, "--header", "x-b=4"], env).options.headers).toEqual({ "X-A": "1:2", "x-b": "4" });
    const unset = {
      TOKEN: "",
      PROBE_TOKEN_COMMAND: "",
      PROBE_HEADERS: "",
      PROBE_CLIENT_CERT: "",
      PROBE_CLIENT_KEY: "",
    };
    expect(invocation(url, unset).options).toEqual({ url: url[1] });
    await using folder = await temporaryDirectory();
    const files = [join(folder.path, "cert"), join(folder.path, "key")] as const;
    await writeFile(files[0], cert);
    await writeFile(files[1], key);
    const garbage = { PROBE_CLIENT_CERT: "x", PROBE_CLIENT_KEY: "x" };
    const pair = ["--cert", files[0], "--key", files[1]];
    expect(invocation([...url, ...pair], garbage).options).toEqual({ url: url[1], cert, key });
  });

  test("the command that prints the token can be an option or a variable", async () => {
    const token = ({ options }: ReturnType<typeof invocation>) => (options.bearer as () => Promise<string>)();
    expect(await token(invocation([...url, "--bearer-command", "echo 'a b'"], { TOKEN: "x" }))).toBe("a b");
    expect(await token(invocation(url, { PROBE_TOKEN_COMMAND: "echo t0ken", PATH: process.env.PATH ?? "" }))).toBe(
      "t0ken",
    );
  });

  test.each([
    [{ TOKEN: "hunter2", PROBE_TOKEN_COMMAND: "echo" }, "TOKEN and PROBE_TOKEN_COMMAND: set only one of them"],
    [{ PROBE_TOKEN_COMMAND: "echo 'hunter2" }, "PROBE_TOKEN_COMMAND: must be a command, with every quote closed"],
    [{ PROBE_HEADERS: "x-a: 1\nhunter2" }, "PROBE_HEADERS: every line must be NAME: VALUE"],
  ])("a wrong variable is refused without its value, case %#: %s", (env, message) => {
    expect(() => invocation(url, env)).toThrow(message);
    expect(() => invocation(url, env)).not.toThrow("hunter2");
  });

  test.each([
    [["--for", "0", "--watch"], "--for: must be more than 0 seconds, got 0"],
    [["--rate", ""], "--rate: must be a number, got ''"],
    [["--client", "curl"], "--client: must be lean, sdk, sdk-v2, got 'curl'"],
    [["--header", "hunter2"], "--header: must be NAME=VALUE or NAME=@FILE"],
    [["--header", "=hunter2"], "--header: must be NAME=VALUE or NAME=@FILE"],
    [["--header", "x=@/nonexistent"], "--header x: cannot read /nonexistent (ENOENT)"],
    [["--bearer-command", ""], "--bearer-command: must be a command, with every quote closed"],
    [
      ["--bearer-command", "echo", "--bearer-file", ".nvmrc"],
      "--bearer-command: cannot be combined with --bearer-file",
    ],
    [["gateway"], "'gateway': unexpected argument; pass the URL with --url"],
    ...["calls", "spread", "fresh", "control-sessions", "rate"].map((name) => [
      ["--watch", `--${name}`, "3"],
      `--${name}: has no effect with --watch`,
    ]),
    [["--watch", "--hold"], "--hold: has no effect with --watch"],
    [["--watch", "--client", "lean"], "--client: has no effect with --watch"],
  ] as [string[], string][])("%j is refused: %s", (args, message) => {
    expect(refusal(...args)).toBe(message);
    expect(refusal(...args)).not.toContain("hunter2");
  });

  test("empty files, files without a certificate and folders are refused, all in one message", async () => {
    await using folder = await temporaryDirectory();
    const [empty, report] = [join(folder.path, "empty"), join(folder.path, "report")];
    await writeFile(empty, " \n");
    await mkdir(report);
    await writeFile(join(folder.path, "text"), "no certificate");
    const files = ["--bearer-file", empty, "--ca", join(folder.path, "text"), "--html", report, "--junit", report];
    expect(refusal(...files).split("\n- ")).toEqual([
      "4 options are wrong:",
      `--html: ${report} is a directory`,
      `--junit: ${report} is a directory`,
      `--bearer-file: the file ${empty} is empty`,
      `--ca: the file ${join(folder.path, "text")} contains no PEM certificate`,
    ]);
    expect(refusal("--ca", empty)).toBe(`--ca: the file ${empty} is empty`);
  });
});
