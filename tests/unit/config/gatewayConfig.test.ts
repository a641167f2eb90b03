import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readGatewayConfig, readRegularFile } from "../../../src/config/gatewayConfig.ts";
import { keys } from "../../../src/config/keys.ts";
import type { Issue } from "../../../src/messages/issues.ts";

interface Given {
  readonly image?: string;
  readonly targetPort?: number | undefined;
  readonly tcp?: boolean;
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

function read(file: string | Buffer, { variables = {}, ...given }: Given = {}) {
  const replica = { image: keys.image.default ?? "", targetPort: 8080, tcp: false, ...given };
  return readGatewayConfig("g.yaml", { ...replica, variables: new Map(Object.entries(variables)) }, () =>
    Buffer.from(file),
  );
}

const errorsOf = (file: string | Buffer, given?: Given): readonly Issue[] => read(file, given).errors;
const warningsOf = (file: string, given?: Given): readonly Issue[] => read(file, given).warnings;
const issue = (rule: string, got: string, wayOut: string): Issue => ({ key: "gatewayConfig", rule, got, wayOut });

const good = "gateways: {default: {port: 8080}}\n";
const ownImage = "example.azurecr.io/gateway:1";

describe("the file", () => {
  const folder = mkdtempSync(join(tmpdir(), "gateway-config-"));
  const at = (name: string) => join(folder, name);
  const file = "must be the path of a file of at most 1048576 bytes, relative to the project folder";
  const wayOut = "create or shorten the file, or pulumi config set gatewayConfig PATH";
  const errorsAt = (path: string) =>
    readGatewayConfig(path, { image: "", targetPort: 1, tcp: false, variables: undefined }, readRegularFile).errors;

  test("must exist", () => {
    expect(errorsAt("no.yaml")).toEqual([issue(file, "'no.yaml', which cannot be read", wayOut)]);
  });
  test("must be a regular file: a folder or pipe is not opened", () => {
    mkdirSync(at("folder"));
    execFileSync("mkfifo", [at("pipe")]);
    for (const path of [at("folder"), at("pipe"), "/dev/zero"])
      expect(errorsAt(path)).toEqual([issue(file, `'${path}', which is not a regular file`, wayOut)]);
  });
  test("must fit into a secret; a larger one is not read", () => {
    writeFileSync(at("large.yaml"), "");
    truncateSync(at("large.yaml"), 2 ** 40);
    expect(errorsAt(at("large.yaml"))).toEqual([
      issue(file, `'${at("large.yaml")}', which has 1099511627776 bytes`, wayOut),
    ]);
    writeFileSync(at("largest.yaml"), `a: ${"x".repeat(1024 * 1024 - 3)}`);
    expect(errorsAt(at("largest.yaml"))).toEqual([]);
    rmSync(folder, { recursive: true });
  });
  test("must be UTF-8", () => {
    expect(errorsOf(Buffer.from("binds: [] # \xff", "latin1"))).toEqual([
      issue("must be UTF-8", "'g.yaml', which is not", "save 'g.yaml' as UTF-8"),
    ]);
    expect(read(`\ufeff${good}`)).toMatchObject({ content: `\ufeff${good}`, errors: [] });
  });
  test.each([
    ["not YAML", "binds:\n  - port: 8080\n  key: 'topsecret\n", "line 3, column 1 (BAD_INDENT)"],
    ["an unresolved alias", "binds:\n  - port: 8080\n    key: *topsecret\n", "line 3, column 10 (BAD_ALIAS)"],
    [
      "exponentially many aliases",
      `a: &a [x]\nb: &b [${"*a,".repeat(200)}]\nc: [${"*b,".repeat(200)}]\n`,
      "line 2, column 8 (BAD_ALIAS)",
    ],
    ["two documents", `${good}---\n${good}`, "line 2, column 1 (MULTIPLE_DOCS)"],
    ["a top-level key twice", `${good}${good}`, "line 2, column 1 (DUPLICATE_KEY)"],
    ["a control character, even in a comment", `${good}# \x07`, "line 2, column 3 (CONTROL_CHARACTER)"],
  ])("must be readable YAML: %s", (_what, content, position) => {
    expect(errorsOf(content)).toEqual([
      issue("must be readable YAML", `'g.yaml', with an error at ${position}`, "fix 'g.yaml' there"),
    ]);
  });
  test.each([
    ["- topsecret\n", "a list"],
    ["topsecret\n", "a string"],
    ["7\n", "a number"],
    ["", "nothing"],
    ["# only a comment\n", "nothing"],
  ])("must be a mapping: %j", (content, what) => {
    const rule = "must be a YAML mapping, as AgentGateway expects";
    expect(errorsOf(content)).toEqual([
      issue(rule, `'g.yaml', which contains ${what}`, "see https://agentgateway.dev/docs for the format"),
    ]);
  });
  test("must not have top-level keys that AgentGateway 1.4 refuses", () => {
    expect(errorsOf(`${good}gateway: {}\nx-anchors: {}\n`)).toEqual([
      issue(
        "must only have these top-level keys: config, binds, frontendPolicies, policies, workloads, services, backends, routeGroups, gateways, routes, tcpRoutes, llm, mcp, ui",
        "'g.yaml', with unknown keys: 2",
        "change it in 'g.yaml'",
      ),
    ]);
  });
  test("may have aliases, and many of them", () => {
    const routes = `[${"*p,".repeat(500)}]`;
    expect(read(`gateways: {default: {port: &p 8080}}\nfrontendPolicies: {a: ${routes}}`).errors).toEqual([]);
  });
});

const dollar = (text: string): string => text.replaceAll("@", "$");

describe("variables", () => {
  const upstream =
    "must use only environment variables that are set: the gateway expands $NAME everywhere, even in comments, and exits if NAME is not set";
  const wayOut = dollar("add them to env or secretEnv, or write @{NAME:-default}, or write @@ for a dollar sign");

  test("that are not set are refused, with their lines", () => {
    expect(errorsOf(dollar(`${good}# @ONE costs @5\nconfig: {network: "@{TWO}"}\n`))).toEqual([
      issue(upstream, "'g.yaml', with ONE at line 2, a dollar sign at line 2, TWO at line 3", wayOut),
    ]);
  });
  test("may be set by an image other than upstream's 1.4: a warning", () => {
    const content = dollar(`${good}# @{ONE}\n`);
    const rule =
      "uses environment variables that this configuration does not set: the gateway exits unless the image sets them";
    expect(read(content, { image: ownImage })).toEqual({
      content,
      errors: [],
      warnings: [issue(rule, "'g.yaml', with ONE at line 2", wayOut)],
    });
  });
  test("only the first five are named", () => {
    const [{ got = "" } = {}] = errorsOf(dollar(`${good}# @A @B @C @D @E @F @G`));
    expect(got).toMatch(/, E at line 2, 2 more$/);
  });
  test.each([
    ["set by the configuration", "@ONE @{ONE} @{ONE}x", { ONE: "1" }],
    ["with a default", "@{ONE:-} @{ONE:-a b}", {}],
    ["of Container Apps and the image", "@CONTAINER_APP_REPLICA_NAME @{CONTAINER_APP_PORT} @HOSTNAME @HOME @PATH", {}],
    ["escaped, or no variables", "@@ONE @ @- @{ never closed", {}],
    ["an editor's schema comment", "yaml-language-server: @schema=https://agentgateway.dev/schema/config", {}],
  ])("that are %s pass", (_what, comment, variables) => {
    expect(errorsOf(dollar(`${good}# ${comment}`), { variables })).toEqual([]);
  });
  test.each(["@{}", "@{:-x}", "@1", "@é", "@{A\nB}", "@schema"])("%j is a variable, too", (text) => {
    expect(errorsOf(dollar(`${good}#${text}`))).toHaveLength(1);
  });
  test("are replaced before the YAML is read", () => {
    const port = dollar("gateways: {default: {port: @{PORT}}}");
    expect(errorsOf(port, { variables: { PORT: "8080" } })).toEqual([]);
    expect(errorsOf(port, { variables: { PORT: "[" } })[0]?.rule).toBe("must be readable YAML");
    expect(errorsOf(dollar("gateways: {default: {port: @CONTAINER_APP_PORT}}"), { targetPort: 9000 })).toEqual([]);
  });
});

test("the sample has no issues", () => {
  const replica = { image: keys.image.default ?? "", targetPort: 8080, tcp: false, variables: new Map() };
  expect(readGatewayConfig("gateway/config.yaml", replica, readRegularFile)).toMatchObject({
    errors: [],
    warnings: [],
  });
});

test("never shows what the file contains", () => {
  const said: string[] = [];
  const listen = (warning: Error) => void said.push(warning.message);
  process.on("warning", listen);
  const files = ["a: 'hunter2\nb: [", "a: *hunter2", "hunter2: 1", "binds:\n  ? [hunter2]\n  : !hunter2 x\n"];
  for (const file of [...files, dollar("key: abc@hunter2"), "config: {adminAddr: 'hunter2:1'}"]) {
    const { errors } = read(file);
    expect(errors).not.toEqual([]);
    expect(JSON.stringify(errors)).not.toContain("hunter2");
  }
  process.off("warning", listen);
  expect(said).toEqual([]);
});

describe("ports", () => {
  const rule = "must listen on targetPort, or the ingress cannot reach the gateway";

  test.each([
    ["binds: [{port: 3000}, {port: 3001}]", "3000, 3001", "pulumi config set targetPort 3000"],
    ["binds: [{port: 8080, mode: internal}]", "no port", "add gateways to 'g.yaml'"],
    ["gateways: {a: {port: 9000}}", "9000", "pulumi config set targetPort 9000"],
    ["mcp: {targets: []}", "3000", "pulumi config set targetPort 3000"],
    ["llm: {models: []}", "4000", "pulumi config set targetPort 4000"],
    ["mcp: {port: 3002}\nllm: {port: 4002}", "3002, 4002", "pulumi config set targetPort 3002"],
    ["gateways: {other: {port: 9000}}\nmcp: {targets: []}", "9000, 3000", "pulumi config set targetPort 9000"],
    [
      "gateways: {default: {port: 9000, protocol: TCP}}\nmcp: {targets: []}",
      "9000, 3000",
      "pulumi config set targetPort 9000",
    ],
    ["config: {}", "no port", "add gateways to 'g.yaml'"],
    ["gateways: {a: {port: 0}}", "0", "add gateways to 'g.yaml'"],
    ["gateways: {a: {port: 0}, b: {port: 9000}}", "0, 9000", "pulumi config set targetPort 9000"],
  ])("must include targetPort: %s", (file, found, wayOut) => {
    const got = `targetPort 8080, but the configuration listens on ${found}`;
    expect(errorsOf(file)).toEqual([issue(rule, got, wayOut)]);
  });
  test.each([
    ["gateways", "gateways: {default: {port: '8080'}}"],
    ["gateways", "gateways: {default: {port: 99999}}"],
    ["binds", "binds: [{port: 8080.5}]"],
    ["mcp", "gateways: {default: {port: 8080}}\nmcp: {port: hunter2}"],
  ])("must be numbers that the gateway can read, in %s: %s", (key, file) => {
    const number = "must have ports that are numbers from 1 to 65535, without quotation marks";
    expect(errorsOf(file)).toEqual([issue(number, `an invalid port, in ${key}`, "change it in 'g.yaml'")]);
  });
  test("are only a warning for an image other than upstream's 1.4", () => {
    expect(read("mcp: {targets: []}", { image: ownImage })).toMatchObject({ errors: [], warnings: [{ rule }] });
  });
  test.each([
    ["gateways as well as binds", "gateways: {a: {port: 8080}}\nbinds: [{port: 3000}]"],
    ["mcp attached to the default gateway", `${good}mcp: {targets: []}`],
    ["llm attached by name", "gateways: {a: {port: 8080}}\nllm: {gateways: a, models: []}"],
    ["listeners from elsewhere", "config: {localXdsPath: /config/other.yaml}"],
  ])("are fine: %s", (_what, file) => expect(errorsOf(file)).toEqual([]));
  test("do not matter without an ingress", () => {
    expect(errorsOf("config: {}", { targetPort: undefined })).toEqual([]);
  });

  test("oidc anywhere needs OIDC_COOKIE_SECRET", () => {
    const oidc = `${good}policies: [{name: a, policy: {oidc: {issuer: https://id.example}}}]`;
    const rule = "must not use oidc unless OIDC_COOKIE_SECRET is set, because the gateway exits without it";
    const wayOut = "pulumi config set --secret --path 'secretEnv.OIDC_COOKIE_SECRET'";
    const route = "gateways: {a: {port: 8080}}\nroutes: [{name: mcp, policies: {oidc: {}}}]";
    for (const file of [oidc, route]) expect(errorsOf(file)).toEqual([issue(rule, "'g.yaml'", wayOut)]);
    expect(errorsOf(oidc, { variables: { OIDC_COOKIE_SECRET: "x" } })).toEqual([]);
    expect(errorsOf("gateways: {oidc: {port: 8080}}")).toEqual([]);
  });

  const noTls = "must not use TLS on targetPort: the ingress terminates TLS and sends plain HTTP";
  test.each([
    ["gateways", "gateways: {a: {port: 8080, tls: {cert: a, key: b}}}"],
    ["gateways", "gateways: {a: {port: 8080, listeners: [{protocol: TLS}]}}"],
    ["binds", "binds: [{port: 8080, listeners: [{protocol: HTTPS}]}]"],
    ["llm", "llm: {port: 8080, tls: {cert: a, key: b}}"],
  ])("must not speak TLS behind an HTTP ingress: %s", (key, file) => {
    expect(errorsOf(file)).toEqual([issue(noTls, `TLS on port 8080, in ${key}`, "change it in 'g.yaml'")]);
    expect(errorsOf(file, { tcp: true })).toEqual([]);
  });
  test("tls without the protocol HTTPS or TLS has no effect in a listener of binds", () => {
    expect(errorsOf("binds: [{port: 8080, listeners: [{tls: {cert: a, key: b}}]}]")).toEqual([]);
  });

  test.each([
    [`${good}config: {adminAddr: "0.0.0.0:8080"}`, 8080, "8080, used again in gateways"],
    [`${good}config: {statsAddr: "[::]:15021"}`, 8080, "15021, used again in config.readinessAddr"],
    ["gateways: {a: {port: 15020}}", 15020, "15020, used again in gateways"],
    ["gateways: {a: {port: 8080}}\nbinds: [{port: 8080}]", 8080, "8080, used again in gateways"],
  ])("must differ: %s", (file, targetPort, taken) => {
    expect(errorsOf(file, { targetPort })).toEqual([
      issue("must use each port only once, because a second listener fails", `port ${taken}`, "change it in 'g.yaml'"),
    ]);
  });
  test("may include 0 several times, because it stands for any free port", () => {
    expect(errorsOf("binds: [{port: 8080}, {port: 0}]\ngateways: {a: {port: 0}}")).toEqual([]);
  });
  test("must differ from those that env sets", () => {
    expect(errorsOf(good, { variables: { STATS_ADDR: "[::]:8080" } })).toHaveLength(1);
    expect(errorsOf("gateways: {a: {port: 15020}}", { targetPort: 15020, variables: { STATS_ADDR: "off" } })).toEqual(
      [],
    );
  });
});

describe("addresses", () => {
  const change = "change it in 'g.yaml'";
  test.each(["localhost:15021", "127.0.0.1:15021", "[::]:9000", "10.0.0.1:15021", "off", "unix:/tmp/s"])(
    "readiness must stay reachable for the probes: %s",
    (address) => {
      expect(errorsOf(`${good}config: {readinessAddr: "${address}"}`)).toEqual([
        issue(
          "must keep readiness on port 15021 of all interfaces, because the probes use it",
          `config.readinessAddr ${address}`,
          change,
        ),
      ]);
    },
  );
  test.each(["[::]:15021", "0.0.0.0:15021"])("readiness may be set to its default: %s", (address) => {
    expect(errorsOf(`${good}config: {readinessAddr: "${address}"}`)).toEqual([]);
  });
  test.each(["", ":15021", "15021", "gateway:15021", "::1:15021", "0.0.0.0:70000", "0.0.0.0", "unix:"])(
    "must have a form that AgentGateway accepts: %j",
    (address) => {
      const rule = "must only have addresses such as 0.0.0.0:15021, localhost:15000 or off";
      for (const key of ["readinessAddr", "adminAddr", "statsAddr"])
        expect(errorsOf(`${good}config: {${key}: "${address}"}`)).toEqual([issue(rule, `config.${key}`, change)]);
      expect(errorsOf(good, { variables: { STATS_ADDR: address } })).toEqual([
        issue(rule, "STATS_ADDR", "change it in env or secretEnv"),
      ]);
    },
  );
  test("an admin interface that is open to the network is a warning", () => {
    const open = issue(
      "opens the admin interface to the network",
      "config.adminAddr 0.0.0.0:15000",
      "set it to localhost:15000",
    );
    expect(warningsOf(`${good}config: {adminAddr: "0.0.0.0:15000"}`)).toEqual([open]);
    expect(warningsOf(good, { variables: { ADMIN_ADDR: "0.0.0.0:15000" } })).toEqual([
      { ...open, got: "ADMIN_ADDR 0.0.0.0:15000" },
    ]);
    expect(warningsOf(`${good}config: {adminAddr: "off"}`)).toEqual([]);
  });
});

describe("warns about what works but may be a mistake", () => {
  test("a key that occurs twice below the top level", () => {
    const rule =
      "repeats keys within a mapping: the gateway refuses most repeated keys, and uses the last value of the others";
    expect(warningsOf("gateways:\n  a: {port: 8080}\n  a: {port: 8080}\n")).toEqual([
      issue(rule, "'g.yaml', at line 3", "remove the duplicates"),
    ]);
  });
  const routed = (matches: string) => `${good}routes: [{matches: ${matches}, backends: []}]`;
  test.each(["[{path: {exact: /tools}}]", "[{path: {pathPrefix: /mcpx}}, {path: {pathPrefix: /mcp/x}}]"])(
    "no route for /mcp: %s",
    (matches) => {
      expect(warningsOf(routed(matches))).toEqual([
        issue(
          "has no route for /mcp, the path in the output mcpEndpoint",
          "'g.yaml'",
          "add one, or give clients the path of your route",
        ),
      ]);
    },
  );
  test.each([
    routed("[{path: {exact: /mcp}}]"),
    routed("[{path: {pathPrefix: /mcp}}]"),
    routed("[{path: {pathPrefix: /}}]"),
    routed("[{path: {regex: /tools}}]"),
    routed("[{headers: []}]"),
    `${good}routes: [{backends: []}]`,
    `${routed("[{path: {exact: /tools}}]")}\nmcp: {targets: []}`,
    good,
  ])("but not if a route may match: %s", (file) => expect(warningsOf(file)).toEqual([]));
});
