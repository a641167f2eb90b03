import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { keys } from "../../../src/config/keys.ts";
import { parseSettings } from "../../../src/config/parseSettings.ts";
import { isCidr } from "../../../src/config/valueKinds.ts";
import { type Issue, listIssues } from "../../../src/messages/issues.ts";
import { resolved } from "../../support/pulumi/pulumiMocks.ts";

const good = "binds:\n  - port: 8080\n";

interface Case {
  readonly values: Record<string, string>;
  readonly stack?: string;
  readonly secret?: readonly string[];
  readonly file?: string;
  readonly others?: readonly string[];
}

function parse({ values, stack = "prod", secret = ["sessionKey", "secretEnv"], file = good, others = [] }: Case) {
  return parseSettings({
    stack,
    others: { project: "agentgateway", keys: others },
    values,
    secretKeys: new Set(secret),
    readFile: (path) => (path === "gateway/config.yaml" ? Buffer.from(file) : "which cannot be read"),
  });
}

function errorsOf(given: Case): readonly Issue[] {
  const parsed = parse(given);
  return "errors" in parsed ? parsed.errors : [];
}

const warningsOf = (given: Case): readonly Issue[] => parse(given).warnings;
const keysOf = (issues: readonly Issue[]): string[] => issues.map(({ key }) => key);

const issue = (key: string, rule: string, got: string, wayOut: string): Issue => ({ key, rule, got, wayOut });

const appName =
  "must be 2 to 32 lowercase letters, digits and hyphens, starting with a letter, ending with a letter or digit, without '--'";
const pair =
  "must be 0.25 to 4 in steps of 0.25, with 2 Gi of memory per vCPU: the Consumption profile allows no other combination";
const image = "pulumi config set image cr.agentgateway.dev/agentgateway:v1.4.1";
const hex = "a1".repeat(32);

/** What is configured, and the one issue that is found with it. */
const bad: [title: string, given: Case, expected: Issue][] = [
  [
    "sticky with tcp",
    { values: { transport: "tcp", external: "false" } },
    issue(
      "enableStickySessions",
      "must be false with transport tcp: affinity needs an HTTP ingress",
      "true, with transport tcp",
      "pulumi config set transport auto, or pulumi config set enableStickySessions false",
    ),
  ],
  [
    "sticky with Multiple",
    { values: { activeRevisionsMode: "Multiple" } },
    issue(
      "enableStickySessions",
      "must be false with activeRevisionsMode Multiple: affinity needs single-revision mode",
      "true, with activeRevisionsMode Multiple",
      "pulumi config set activeRevisionsMode Single, or pulumi config set enableStickySessions false",
    ),
  ],
  [
    "sticky without ingress",
    { values: { ingress: "false" } },
    issue(
      "enableStickySessions",
      "must be false if the app has no ingress: affinity is a cookie that the ingress sets",
      "true, with ingress false",
      "pulumi config set ingress true, or pulumi config set enableStickySessions false",
    ),
  ],
  [
    "min over max",
    { values: { minReplicas: "5", maxReplicas: "3" } },
    issue(
      "minReplicas",
      "must be at most maxReplicas",
      "5, with maxReplicas 3",
      "pulumi config set minReplicas 3, or pulumi config set maxReplicas 5",
    ),
  ],
  [
    "min over the default max",
    { values: { minReplicas: "4" }, stack: "dev" },
    issue(
      "minReplicas",
      "must be at most maxReplicas",
      "4, with maxReplicas 3",
      "pulumi config set minReplicas 3, or pulumi config set maxReplicas 4",
    ),
  ],
  [
    "a negative number of replicas",
    { values: { minReplicas: "-1" } },
    issue("minReplicas", "must be a whole number from 0 to 1000", '"-1"', "pulumi config set minReplicas 2"),
  ],
  [
    "too many replicas",
    { values: { maxReplicas: "1001" } },
    issue("maxReplicas", "must be a whole number from 1 to 1000", '"1001"', "pulumi config set maxReplicas 10"),
  ],
  [
    "no replicas at all",
    { values: { maxReplicas: "0", minReplicas: "0" } },
    issue("maxReplicas", "must be a whole number from 1 to 1000", '"0"', "pulumi config set maxReplicas 10"),
  ],
  [
    "half a replica",
    { values: { minReplicas: "1.5" } },
    issue("minReplicas", "must be a whole number from 0 to 1000", '"1.5"', "pulumi config set minReplicas 2"),
  ],
  [
    "replicas as a word",
    { values: { minReplicas: "two" } },
    issue("minReplicas", "must be a whole number from 0 to 1000", '"two"', "pulumi config set minReplicas 2"),
  ],
  [
    "memory that does not match cpu",
    { values: { cpu: "1", memory: "4Gi" } },
    issue("cpu", pair, '1, with memory "4Gi"', "pulumi config set cpu 1 && pulumi config set memory 2Gi"),
  ],
  [
    "a cpu between the steps",
    { values: { cpu: "0.3" } },
    issue("cpu", pair, '0.3, with memory "0.6Gi"', "pulumi config set cpu 1 && pulumi config set memory 2Gi"),
  ],
  [
    "more cpu than the profile allows",
    { values: { cpu: "8" } },
    issue("cpu", pair, '8, with memory "16Gi"', "pulumi config set cpu 1 && pulumi config set memory 2Gi"),
  ],
  [
    "cpu in scientific notation",
    { values: { cpu: "1e0" } },
    issue("cpu", "must be a number", '"1e0"', "pulumi config set cpu 1"),
  ],
  ["cpu as a word", { values: { cpu: "one" } }, issue("cpu", "must be a number", '"one"', "pulumi config set cpu 1")],
  [
    "memory in Mi",
    { values: { memory: "512Mi" } },
    issue("memory", "must be a number followed by Gi", '"512Mi"', "pulumi config set memory 2Gi"),
  ],
  [
    "memory in GiB",
    { values: { memory: "2GiB" } },
    issue("memory", "must be a number followed by Gi", '"2GiB"', "pulumi config set memory 2Gi"),
  ],
  [
    "app name too long",
    { values: { containerAppName: "a".repeat(33) } },
    issue("containerAppName", appName, `"${"a".repeat(33)}"`, "pulumi config set containerAppName agw-prod-app"),
  ],
  [
    "app name with one letter",
    { values: { containerAppName: "a" } },
    issue("containerAppName", appName, '"a"', "pulumi config set containerAppName agw-prod-app"),
  ],
  [
    "app name with --",
    { values: { containerAppName: "agw--app" } },
    issue("containerAppName", appName, '"agw--app"', "pulumi config set containerAppName agw-prod-app"),
  ],
  [
    "app name with an uppercase letter",
    { values: { containerAppName: "Agw" } },
    issue("containerAppName", appName, '"Agw"', "pulumi config set containerAppName agw-prod-app"),
  ],
  [
    "app name that starts with a digit",
    { values: { containerAppName: "1agw" } },
    issue("containerAppName", appName, '"1agw"', "pulumi config set containerAppName agw-prod-app"),
  ],
  [
    "app name that ends with -",
    { values: { containerAppName: "agw-" } },
    issue("containerAppName", appName, '"agw-"', "pulumi config set containerAppName agw-prod-app"),
  ],
  [
    "base name that makes the app's name too long",
    { values: { baseName: "unitone-agentgateway-west" } },
    issue(
      "containerAppName",
      `${appName}; it is composed from baseName, environment and deploymentStamp`,
      '"unitone-agentgateway-west-prod-app"',
      "shorten baseName or deploymentStamp, or pulumi config set containerAppName a-name",
    ),
  ],
  [
    "base name in uppercase",
    { values: { baseName: "AGW" } },
    issue(
      "baseName",
      "must be lowercase letters, digits and hyphens, starting with a letter",
      '"AGW"',
      "pulumi config set baseName agw",
    ),
  ],
  ...["1agw", "agw_west"].map((baseName): [string, Case, Issue] => [
    `base name ${baseName}`,
    { values: { baseName } },
    issue(
      "baseName",
      "must be lowercase letters, digits and hyphens, starting with a letter",
      `"${baseName}"`,
      "pulumi config set baseName agw",
    ),
  ]),
  [
    "stamp with an underscore",
    { values: { deploymentStamp: "eu_1" } },
    issue(
      "deploymentStamp",
      "must be lowercase letters and digits, optionally separated by single hyphens",
      '"eu_1"',
      "pulumi config set deploymentStamp eu1",
    ),
  ],
  [
    "environment name that Azure refuses",
    { values: { environmentName: "Env_1" } },
    issue(
      "environmentName",
      "must be 2 to 60 lowercase letters, digits and hyphens, starting with a letter, ending with a letter or digit, without '--'",
      '"Env_1"',
      "pulumi config set environmentName agw-prod-environment",
    ),
  ],
  [
    "environment name too long",
    { values: { environmentName: "e".repeat(61) } },
    issue(
      "environmentName",
      "must be 2 to 60 lowercase letters, digits and hyphens, starting with a letter, ending with a letter or digit, without '--'",
      `"${"e".repeat(61)}"`,
      "pulumi config set environmentName agw-prod-environment",
    ),
  ],
  [
    "workspace name that starts with -",
    { values: { workspaceName: "-logs" } },
    issue(
      "workspaceName",
      "must be 4 to 63 letters, digits and hyphens, starting and ending with a letter or digit",
      '"-logs"',
      "pulumi config set workspaceName agw-prod-workspace",
    ),
  ],
  [
    "workspace name too short",
    { values: { workspaceName: "log" } },
    issue(
      "workspaceName",
      "must be 4 to 63 letters, digits and hyphens, starting and ending with a letter or digit",
      '"log"',
      "pulumi config set workspaceName agw-prod-workspace",
    ),
  ],
  [
    "workspace name that ends with -",
    { values: { workspaceName: "logs-" } },
    issue(
      "workspaceName",
      "must be 4 to 63 letters, digits and hyphens, starting and ending with a letter or digit",
      '"logs-"',
      "pulumi config set workspaceName agw-prod-workspace",
    ),
  ],
  [
    "resource group name that ends with a dot",
    { values: { resourceGroupName: "rg." } },
    issue(
      "resourceGroupName",
      "must be 1 to 90 letters, digits, '_', '-', '.', '(' and ')', not ending with '.'",
      '"rg."',
      "pulumi config set resourceGroupName agw-prod-group",
    ),
  ],
  [
    "port 0",
    { values: { targetPort: "0" } },
    issue("targetPort", "must be a whole number from 1 to 65535", '"0"', "pulumi config set targetPort 8080"),
  ],
  [
    "port over 65535",
    { values: { targetPort: "70000" } },
    issue("targetPort", "must be a whole number from 1 to 65535", '"70000"', "pulumi config set targetPort 8080"),
  ],
  [
    "image without tag",
    { values: { image: "cr.agentgateway.dev/agentgateway" } },
    issue(
      "image",
      "must have a tag or a digest: without one, any restart can pull another version",
      '"cr.agentgateway.dev/agentgateway"',
      image,
    ),
  ],
  [
    "image of a registry with a port, without tag",
    { values: { image: "localhost:5000/agentgateway" } },
    issue(
      "image",
      "must have a tag or a digest: without one, any restart can pull another version",
      '"localhost:5000/agentgateway"',
      image,
    ),
  ],
  ...[
    "agentgateway:v1.4.1@sha256:abc",
    "https://registry.example/agw:v1",
    "Registry/agw:v1",
    "registry.example/AgentGateway:v1",
    "registry.example/agw :v1",
    "registry.example//agw:v1",
    "registry.example/agw:v1:v2",
    "registry.example:port/agw:v1",
    "agw:-v1",
    "/agw:v1",
    `${"a".repeat(256)}/${"b".repeat(130)}:v1`,
  ].map((given): [string, Case, Issue] => [
    `image that is not a reference: ${given.slice(0, 40)}`,
    { values: { image: given } },
    {
      key: "image",
      rule: "must be an image reference such as registry.example/name:v1, with a lowercase name, without spaces or https://, and with the complete digest if it has one",
      got: expect.stringContaining(given.slice(0, 40)),
      wayOut: image,
    },
  ]),
  [
    "image latest",
    { values: { image: "agentgateway:latest" } },
    issue(
      "image",
      "must not be latest: replicas of one revision could run different versions",
      '"agentgateway:latest"',
      image,
    ),
  ],
  [
    "unknown environment",
    { values: { environment: "production" } },
    issue("environment", "must be one of dev, staging, prod", '"production"', "pulumi config set environment dev"),
  ],
  [
    "environment not set, and the stack has another name",
    { values: {}, stack: "eu-west" },
    issue(
      "environment",
      "must be set to one of dev, staging, prod, because the stack's name is none of these",
      "nothing, with stack 'eu-west'",
      "pulumi config set environment dev",
    ),
  ],
  [
    "session key too short",
    { values: { sessionKey: "abc" } },
    issue("sessionKey", "must be 64 hex digits", "a string of 3 characters", "pulumi config set --secret sessionKey"),
  ],
  [
    "session key too long",
    { values: { sessionKey: `${hex}a` } },
    issue("sessionKey", "must be 64 hex digits", "a string of 65 characters", "pulumi config set --secret sessionKey"),
  ],
  [
    "session key that is not hex",
    { values: { sessionKey: "z".repeat(64) } },
    issue("sessionKey", "must be 64 hex digits", "a string of 64 characters", "pulumi config set --secret sessionKey"),
  ],
  [
    "yes for true",
    { values: { enableStickySessions: "yes" } },
    issue("enableStickySessions", "must be true or false", '"yes"', "pulumi config set enableStickySessions true"),
  ],
  [
    "a number for a flag",
    { values: { external: "1" } },
    issue("external", "must be true or false", '"1"', "pulumi config set external true"),
  ],
  [
    "unknown transport",
    { values: { transport: "grpc" } },
    issue("transport", "must be one of auto, http, http2, tcp", '"grpc"', "pulumi config set transport auto"),
  ],
  [
    "unknown revision mode",
    { values: { activeRevisionsMode: "Double" } },
    issue(
      "activeRevisionsMode",
      "must be one of Single, Multiple",
      '"Double"',
      "pulumi config set activeRevisionsMode Single",
    ),
  ],
  [
    "unknown client certificate mode",
    { values: { clientCertificateMode: "demand" } },
    issue(
      "clientCertificateMode",
      "must be one of ignore, accept, require",
      '"demand"',
      "pulumi config set clientCertificateMode ignore",
    ),
  ],
  [
    "drainSeconds over the longest grace period",
    { values: { drainSeconds: "600" } },
    issue("drainSeconds", "must be a whole number from 0 to 590", '"600"', "pulumi config set drainSeconds 30"),
  ],
  [
    "zero concurrentRequests",
    { values: { concurrentRequests: "0" } },
    issue(
      "concurrentRequests",
      "must be a whole number from 1 to 100000",
      '"0"',
      "pulumi config set concurrentRequests 100",
    ),
  ],
  [
    "an invalid range in a list: shows only that one",
    { values: { ipAllow: '["10.0.0.0/8","10.0.0.0/33"]' } },
    issue(
      "ipAllow[1]",
      "must be an IPv4 range in CIDR notation",
      '"10.0.0.0/33"',
      "pulumi config set --path 'ipAllow[1]' 203.0.113.0/24",
    ),
  ],
  [
    "a member of a map that is not a string: shows only that one",
    { values: { tags: '{"owner":["a"],"team":"b"}' } },
    issue("tags.owner", "must be a string", '["a"]', "pulumi config set --path 'tags.owner' VALUE"),
  ],
  [
    "a secret that is not a string",
    { values: { secretEnv: '{"A":{"b":"hunter2"}}' } },
    issue(
      "secretEnv.A",
      "must be a string",
      "a value that is not a string",
      "pulumi config set --secret --path 'secretEnv.A'",
    ),
  ],
  ...(
    [
      ["empty", '""', "a blank value"],
      ["blank", '"  "', "a blank value"],
    ] as const
  ).map(([what, value, got]): [string, Case, Issue] => [
    `a secret that is ${what}`,
    { values: { secretEnv: `{"A":${value}}` } },
    issue(
      "secretEnv.A",
      "must not be empty: Azure refuses empty secrets",
      got,
      "pulumi config rm --path 'secretEnv.A'",
    ),
  ]),
  [
    "an empty variable, if env is stored as a secret",
    { values: { env: '{"A":""}' }, secret: ["env"] },
    issue(
      "env.A",
      "must not be empty: Azure refuses empty secrets",
      "a blank value",
      "pulumi config rm --path 'env.A'",
    ),
  ],
  [
    "an empty session key",
    { values: { sessionKey: "" } },
    issue("sessionKey", "must not be empty", "a string of 0 characters", "pulumi config set --secret sessionKey"),
  ],
  [
    "a control character in a setting",
    { values: { containerAppName: "agw\u0007-app" } },
    issue(
      "containerAppName",
      "must not contain control characters",
      '"agw\\u0007-app"',
      "pulumi config set containerAppName VALUE",
    ),
  ],
  ...(["env", "secretEnv"] as const).map((key): [string, Case, Issue] => [
    `NUL in ${key}`,
    { values: { [key]: JSON.stringify({ A: "x\0y", B: "-----BEGIN CERTIFICATE-----\r\n\tMIIB\n" }) } },
    issue(
      `${key}.A`,
      "must not contain control characters other than tabs and line breaks",
      "a string of 3 characters",
      key === "env" ? "pulumi config set --path 'env.A' VALUE" : "pulumi config set --secret --path 'secretEnv.A'",
    ),
  ]),
  [
    "a variable that is larger than Linux passes to a process",
    { values: { env: JSON.stringify({ A: "x".repeat(131_070), B: "x".repeat(131_069) }) } },
    issue(
      "env.A",
      "must have at most 131071 bytes, including its name and '='",
      "131072 bytes",
      "pulumi config rm --path 'env.A'",
    ),
  ],
  [
    "variables that are too large together",
    {
      values: {
        env: JSON.stringify(Object.fromEntries([..."ABCDEFGHI"].map((name) => [name, name.repeat(120_000)]))),
        secretEnv: '{"Z":"x"}',
      },
    },
    issue(
      "env",
      "must be smaller: all variables together can have at most 1048576 bytes",
      '1080021 bytes; the largest is "A" with 120002',
      "move large values into files in the image",
    ),
  ],
  ...(
    [
      ["a/b", "must have a name without <, >, %, &, \\, ?, / and control characters", "'tags[\"a/b\"]'"],
      ["a\u2028<", "must have a name without <, >, %, &, \\, ?, / and control characters", undefined],
      ["a\tb", "must have a name without <, >, %, &, \\, ?, / and control characters", undefined],
      ["", "must have a name", "'tags[\"\"]'"],
      ["n".repeat(513), "must have a name of at most 512 characters", undefined],
      ["Azure-owner", "must not start with microsoft, azure or windows: Azure reserves these", "'tags.Azure-owner'"],
      ["Environment", "must have another name: this program sets this tag itself", "'tags.Environment'"],
      ["agentgateway-Tags", "must have another name: this program sets this tag itself", "'tags.agentgateway-Tags'"],
    ] as const
  ).map(([name, rule, path]): [string, Case, Issue] => [
    `the tag ${JSON.stringify(name.slice(0, 20))}`,
    { values: { tags: JSON.stringify({ [name]: "x" }) } },
    {
      key: `tags.${name}`,
      rule,
      got: expect.any(String),
      wayOut: path === undefined ? "remove it in Pulumi.STACK.yaml" : `pulumi config rm --path ${path}`,
    },
  ]),
  ...(
    [
      ["v".repeat(257), "must have at most 256 characters", `"${"v".repeat(98)}… (257 characters)`],
      ["a\nb", "must not contain control characters", '"a\\nb"'],
    ] as const
  ).map(([value, rule, got]): [string, Case, Issue] => [
    `a tag's value: ${rule}`,
    { values: { tags: JSON.stringify({ owner: value }) } },
    issue("tags.owner", rule, got, "pulumi config set --path 'tags.owner' VALUE"),
  ]),
  [
    "more tags than Azure allows, counting this program's own",
    { values: { tags: JSON.stringify(Object.fromEntries(Array.from({ length: 46 }, (_, n) => [`t${n}`, ""]))) } },
    issue(
      "tags.t45",
      "must not exceed 45 tags: Azure allows 50, and this program sets up to 5",
      '"t45"',
      "pulumi config rm --path 'tags.t45'",
    ),
  ],
  [
    "external TCP in an environment that this program creates",
    { values: { transport: "tcp", enableStickySessions: "false" } },
    issue(
      "external",
      "must be false with transport tcp: Azure allows external TCP only in environments with a virtual network, and this program creates none",
      "true, with transport tcp",
      "pulumi config set external false, or pulumi config set existingEnvironmentName ENVIRONMENT-WITH-A-SUBNET",
    ),
  ],
  ...(
    [{ clientCertificateMode: "accept" }, { clientCertificateMode: "require" }, { allowInsecure: "true" }] as const
  ).map((setting): [string, Case, Issue] => [
    `TCP with ${Object.entries(setting).join()}`,
    { values: { transport: "tcp", external: "false", enableStickySessions: "false", ...setting } },
    issue(
      "transport",
      "must not be tcp with client certificates or allowInsecure: they need an HTTP ingress",
      `tcp, with clientCertificateMode ${"clientCertificateMode" in setting ? setting.clientCertificateMode : "ignore"} and allowInsecure ${"allowInsecure" in setting}`,
      "pulumi config set transport auto, or pulumi config set clientCertificateMode ignore && pulumi config set allowInsecure false",
    ),
  ]),
  [
    "a range that is not in a list",
    { values: { ipAllow: "10.0.0.0/8" } },
    issue(
      "ipAllow",
      "must be a list of IPv4 ranges in CIDR notation",
      '"10.0.0.0/8"',
      "pulumi config rm ipAllow && pulumi config set --path 'ipAllow[0]' 203.0.113.0/24",
    ),
  ],
  [
    "tags that are not a map",
    { values: { tags: '["a"]' } },
    issue(
      "tags",
      "must be a map of names to strings",
      '"[\\"a\\"]"',
      "pulumi config rm tags && pulumi config set --path 'tags.NAME' VALUE",
    ),
  ],
  [
    "tags that are null",
    { values: { tags: "null" } },
    issue(
      "tags",
      "must be a map of names to strings",
      '"null"',
      "pulumi config rm tags && pulumi config set --path 'tags.NAME' VALUE",
    ),
  ],
  [
    "a tag that names another environment",
    { values: { tags: '{"environment":"test","owner":"platform"}' } },
    issue(
      "tags.environment",
      "must be prod, the environment of this stack",
      '"test"',
      "pulumi config rm --path 'tags.environment'",
    ),
  ],
  [
    "secretEnv that is not a map",
    { values: { secretEnv: "hunter2" } },
    issue(
      "secretEnv",
      "must be a map of names to strings",
      "a string of 7 characters",
      "pulumi config rm secretEnv && pulumi config set --secret --path 'secretEnv.NAME'",
    ),
  ],
  [
    "an invalid variable name",
    { values: { env: '{"MY-VAR":"x"}' } },
    issue(
      "env.MY-VAR",
      "must be a valid variable name: letters, digits and '_', not starting with a digit",
      '"MY-VAR"',
      "pulumi config rm --path 'env.MY-VAR'",
    ),
  ],
  [
    "a variable that this program sets",
    { values: { env: '{"SESSION_KEY":"x"}' } },
    issue(
      "env.SESSION_KEY",
      "is set by this program, from sessionKey",
      '"SESSION_KEY"',
      "pulumi config rm --path 'env.SESSION_KEY', and set sessionKey",
    ),
  ],
  ...["CONNECTION_MIN_TERMINATION_DEADLINE", "CONNECTION_TERMINATION_DEADLINE"].map((name): [string, Case, Issue] => [
    `the gateway's own ${name}`,
    { values: { env: `{"${name}":"5s"}` } },
    issue(
      `env.${name}`,
      "is set by this program, from drainSeconds",
      `"${name}"`,
      `pulumi config rm --path 'env.${name}', and set drainSeconds`,
    ),
  ]),
  [
    "a variable in both env and secretEnv",
    { values: { env: '{"TOKEN":"x"}', secretEnv: '{"TOKEN":"y"}' } },
    issue("secretEnv.TOKEN", "must not also be in env", '"TOKEN"', "pulumi config rm --path 'secretEnv.TOKEN'"),
  ],
  [
    "two secret variables that would share one secret",
    { values: { secretEnv: '{"API_KEY":"first","api_key":"second"}' } },
    issue(
      "secretEnv.api_key",
      'must differ from "API_KEY" in more than case: Azure would store both as the secret "env-api-key"',
      '"api_key"',
      "pulumi config rm --path 'secretEnv.api_key'",
    ),
  ],
  [
    "secret variables of env and secretEnv that would share one secret",
    { values: { env: '{"A_B":"first"}', secretEnv: '{"a_b":"second"}' }, secret: ["env", "secretEnv"] },
    issue(
      "secretEnv.a_b",
      'must differ from "A_B" in more than case: Azure would store both as the secret "env-a-b"',
      '"a_b"',
      "pulumi config rm --path 'secretEnv.a_b'",
    ),
  ],
  [
    "a secret variable whose secret Azure would refuse",
    { values: { secretEnv: '{"FOO_":"x"}' } },
    issue(
      "secretEnv.FOO_",
      'must end with a letter or digit and have at most 249 characters: Azure stores it as the secret "env-foo-"',
      '"FOO_"',
      "pulumi config rm --path 'secretEnv.FOO_'",
    ),
  ],
  [
    "a secret variable whose name is too long for a secret",
    { values: { secretEnv: `{"${"F".repeat(250)}":"x"}` } },
    issue(
      `secretEnv.${"F".repeat(250)}`,
      `must end with a letter or digit and have at most 249 characters: Azure stores it as the secret "env-${"f".repeat(94)}… (254 characters)`,
      `"${"F".repeat(98)}… (250 characters)`,
      "remove it in Pulumi.STACK.yaml",
    ),
  ],
  [
    "the digest that this program sets",
    { values: { env: '{"SECRETS_DIGEST":"x"}' } },
    issue(
      "env.SECRETS_DIGEST",
      "is set by this program, from all secrets",
      '"SECRETS_DIGEST"',
      "pulumi config rm --path 'env.SECRETS_DIGEST'",
    ),
  ],
  [
    "another address for the probes",
    { values: { env: '{"READINESS_ADDR":"0.0.0.0:9000"}' } },
    issue(
      "env.READINESS_ADDR",
      "must not be set: the probes use port 15021",
      '"READINESS_ADDR"',
      "pulumi config rm --path 'env.READINESS_ADDR'",
    ),
  ],
  [
    "a variable name that needs quoting for a shell and for Pulumi's paths",
    { values: { env: `{"a.b'; rm -rf x \\"y\\"":"x"}` } },
    issue(
      `env.a.b'; rm -rf x "y"`,
      "must be a valid variable name: letters, digits and '_', not starting with a digit",
      `"a.b'; rm -rf x \\"y\\""`,
      `pulumi config rm --path 'env["a.b'\\''; rm -rf x \\"y\\""]'`,
    ),
  ],
  [
    "an unknown key that needs quoting for a shell",
    { values: { "x; rm -rf y": "1" } },
    issue("x; rm -rf y", "is not a key of this program", "a string of 1 character", "pulumi config rm 'x; rm -rf y'"),
  ],
  [
    "a stamp that makes the app's name too long",
    { values: { deploymentStamp: "westeurope-blue-production" } },
    issue(
      "containerAppName",
      `${appName}; it is composed from baseName, environment and deploymentStamp`,
      '"agw-prod-westeurope-blue-production-app"',
      "shorten baseName or deploymentStamp, or pulumi config set containerAppName a-name",
    ),
  ],
  [
    "a base name and a stamp that are too long together",
    { values: { baseName: "unitone-agwgateway", deploymentStamp: "westeurope" } },
    issue(
      "containerAppName",
      `${appName}; it is composed from baseName, environment and deploymentStamp`,
      '"unitone-agwgateway-prod-westeurope-app"',
      "shorten baseName or deploymentStamp, or pulumi config set containerAppName a-name",
    ),
  ],
  [
    "existingEnvironmentResourceGroup without existingEnvironmentName",
    { values: { existingEnvironmentResourceGroup: "net-rg" } },
    issue(
      "existingEnvironmentResourceGroup",
      "needs existingEnvironmentName, which is not set",
      '"net-rg"',
      "pulumi config set existingEnvironmentName a-name, or pulumi config rm existingEnvironmentResourceGroup",
    ),
  ],
  [
    "existingEnvironmentResourceGroup that Azure refuses",
    { values: { existingEnvironmentName: "shared", existingEnvironmentResourceGroup: "a/b" } },
    issue(
      "existingEnvironmentResourceGroup",
      "must be 1 to 90 letters, digits, '_', '-', '.', '(' and ')', not ending with '.'",
      '"a/b"',
      "pulumi config set existingEnvironmentResourceGroup agw-prod-group",
    ),
  ],
  [
    "a misspelled key",
    { values: { minReplica: "2" } },
    issue(
      "minReplica",
      "is not a key of this program; did you mean minReplicas?",
      "a string of 1 character",
      "pulumi config rm minReplica, and set minReplicas",
    ),
  ],
  [
    "a key of the Terraform module",
    { values: { enable_sticky_sessions: "true" } },
    issue(
      "enable_sticky_sessions",
      "is not a key of this program; did you mean enableStickySessions?",
      "a string of 4 characters",
      "pulumi config rm enable_sticky_sessions, and set enableStickySessions",
    ),
  ],
  [
    "a key that resembles no other",
    { values: { colour: "red" } },
    issue("colour", "is not a key of this program", "a string of 3 characters", "pulumi config rm colour"),
  ],
  [
    "a member given as a key",
    { values: { "tags.owner": "x" } },
    issue(
      "tags.owner",
      "is not a key of this program; set it as a member of tags",
      "a string of 1 character",
      "pulumi config rm tags.owner && pulumi config set --path 'tags.owner' VALUE",
    ),
  ],
  [
    "a member given as a key, with a name that needs quoting",
    { values: { "tags.it's.mine": "x" } },
    issue(
      "tags.it's.mine",
      "is not a key of this program; set it as a member of tags",
      "a string of 1 character",
      `pulumi config rm 'tags.it'\\''s.mine' && pulumi config set --path 'tags["it'\\''s.mine"]' VALUE`,
    ),
  ],
  ...(
    [
      ["agw:image", "agw", "pulumi config rm agw:image, and set image"],
      [
        "agent-gateway:enableStickySessions",
        "agent-gateway",
        "pulumi config rm agent-gateway:enableStickySessions, and set enableStickySessions",
      ],
      ["AgentGateway:colour", "AgentGateway", "pulumi config rm AgentGateway:colour"],
      [
        "agentgateway-prod:location",
        "agentgateway-prod",
        "pulumi config rm agentgateway-prod:location, and set location",
      ],
      ["myproject:minReplicas", "myproject", "pulumi config rm myproject:minReplicas, and set minReplicas"],
    ] as const
  ).map(([key, namespace, wayOut]): [string, Case, Issue] => [
    `${key}, in another namespace`,
    { values: {}, others: [key] },
    issue(
      key,
      "has no effect: this program only reads keys in the namespace agentgateway",
      `the namespace "${namespace}"`,
      wayOut,
    ),
  ]),
  [
    "a blank name",
    { values: { existingEnvironmentName: "  " } },
    issue("existingEnvironmentName", "must not be empty", '"  "', "pulumi config set existingEnvironmentName VALUE"),
  ],
  [
    "an empty location",
    { values: { location: "" } },
    issue("location", "must not be empty", '""', "pulumi config set location eastus2"),
  ],
];

describe("refuses bad configuration with key, rule, given value and what to do", () => {
  test.each(bad)("%s", (_title, given, expected) => {
    expect(errorsOf(given)).toEqual([expected]);
  });
});

test("reports all problems at once", () => {
  const errors = errorsOf({ values: { minReplicas: "x", image: "a", transport: "tcp", tagz: "{}" } });
  expect(keysOf(errors)).toEqual(["tagz", "minReplicas", "enableStickySessions", "external", "image"]);
});

test.each<[string, Case, string[]]>([
  ["replicas over a maximum", { values: { minReplicas: "5", maxReplicas: "many" }, stack: "dev" }, ["maxReplicas"]],
  ["replicas over an environment's default", { values: { minReplicas: "5" }, stack: "eu" }, ["environment"]],
  ["memory for a cpu", { values: { cpu: "one", memory: "4Gi" } }, ["cpu"]],
  [
    "affinity with a transport",
    { values: { transport: "grpc", activeRevisionsMode: "Multiple" } },
    ["transport", "enableStickySessions"],
  ],
  ["a warning on replicas", { values: { enableStickySessions: "false", maxReplicas: "x" } }, ["maxReplicas"]],
  ["the file on the port", { values: { targetPort: "x" }, file: "binds:\n  - port: 3000\n" }, ["targetPort"]],
  ["the file on an ingress", { values: { ingress: "x" }, file: "binds:\n  - port: 3000\n" }, ["ingress"]],
  ["the file on variables", { values: { env: "x" }, file: "binds:\n  - port: $PORT # $NOPE\n" }, ["env"]],
  ["a warning on a flag", { values: { ingress: "yes", allowInsecure: "true" } }, ["ingress"]],
  ["the file at a path", { values: { gatewayConfig: " " }, file: "[" }, ["gatewayConfig"]],
])("skips a rule over several keys if one of them is invalid: %s", (_what, given, keysWithIssues) => {
  expect(keysOf([...errorsOf(given), ...warningsOf(given)])).toEqual(keysWithIssues);
});

test("checks a rule if all its keys are set, even if others are invalid", () => {
  const errors = errorsOf({ values: { minReplicas: "5", maxReplicas: "3" }, stack: "eu" });
  expect(keysOf(errors)).toEqual(["environment", "minReplicas"]);
});

test("of two tags that differ only in case, the second is refused", () => {
  expect(errorsOf({ values: { tags: '{"Owner":"a","owner":"b"}' } })).toMatchObject([
    { key: "tags.owner", rule: "must differ from earlier names in more than case: Azure ignores the case" },
  ]);
});

test("an image with a user name and password is not shown", () => {
  const [issue] = errorsOf({ values: { image: "user:hunter2@reg.example/x:1" } });
  expect(issue).toMatchObject({ key: "image", got: "a string of 28 characters" });
});

test("60 tags are one problem", () => {
  const tags = JSON.stringify(Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`t${index}`, "x"])));
  expect(keysOf(errorsOf({ values: { tags } }))).toEqual(["tags.t45"]);
});

test("checks the names in a map even if some of its values are refused", () => {
  const errors = errorsOf({ values: { secretEnv: '{"A":"\\u0000","B-C":"x"}' } });
  expect(keysOf(errors)).toEqual(["secretEnv.A", "secretEnv.B-C"]);
});

test("never shows a secret's value", () => {
  const values = { sessionKey: "hunter2", secretEnv: "hunter2", env: '["hunter2"]' };
  for (const given of [{ values }, { values: {}, file: "a: 'hunter2\nb: [" }, { values: {}, file: "a: *hunter2" }]) {
    const errors = errorsOf(given);
    expect(errors).not.toEqual([]);
    expect(JSON.stringify(errors)).not.toContain("hunter2");
  }
});

const off =
  "is off, but the app can have several replicas: a request can reach a replica that does not have its session. This breaks stdio and SSE targets, held GET streams and the older SSE transport. " +
  "It does not affect clients of the sessionless 2026-07-28 protocol, stateless backends, or calls to Streamable HTTP targets, because AgentGateway 1.4 resumes their sessions on any replica";

describe("warns about configuration that works but may be a mistake", () => {
  test("affinity off with several replicas: says what breaks and what does not", () => {
    expect(warningsOf({ values: { enableStickySessions: "false" } })).toEqual([
      issue(
        "enableStickySessions",
        off,
        "false, with maxReplicas 10",
        "pulumi config set enableStickySessions true, or pulumi config set maxReplicas 1, or, if this is intended, pulumi config set acknowledgeNoAffinity true",
      ),
    ]);
  });
  test("acknowledgeNoAffinity silences that warning", () => {
    expect(warningsOf({ values: { enableStickySessions: "false", acknowledgeNoAffinity: "true" } })).toEqual([]);
  });
  test.each([{ ingress: "false" }, { transport: "tcp" }])(
    "no warning if the app cannot have affinity: %j",
    (values) => {
      expect(warningsOf({ values: { enableStickySessions: "false", ...values } })).toEqual([]);
    },
  );
  test("no warning about affinity off with one replica", () => {
    expect(warningsOf({ values: { enableStickySessions: "false", minReplicas: "1", maxReplicas: "1" } })).toEqual([]);
  });
  test("affinity off with several revisions: suggests settings that are valid together", () => {
    const [warning] = warningsOf({ values: { enableStickySessions: "false", activeRevisionsMode: "Multiple" } });
    expect(warning?.wayOut).toMatch(
      /^pulumi config set activeRevisionsMode Single && pulumi config set enableStickySessions true, or /,
    );
  });
  test("affinity on with one replica", () => {
    expect(warningsOf({ values: { maxReplicas: "1", minReplicas: "1" } })).toEqual([
      issue(
        "enableStickySessions",
        "is on, but the app has at most one replica: affinity has no effect",
        "true, with maxReplicas 1",
        "pulumi config set maxReplicas 3, or pulumi config set enableStickySessions false",
      ),
    ]);
  });
  test("no warning about valid settings, including secrets", () => {
    // Plain variables only need a valid name, which can also be the name of a property of every object.
    const env = { LOG: "info", LOG_: "x", log_: "y", toString: "z" };
    const secretEnv = { API_KEY: "k", API_TOKEN: "t", ["F".repeat(249)]: "f" };
    const values = { sessionKey: hex, secretEnv: JSON.stringify(secretEnv), env: JSON.stringify(env) };
    expect(errorsOf({ values })).toEqual([]);
    expect(warningsOf({ values })).toEqual([]);
  });
  test("plain variables that look like secrets, by name or by value, but not those stored as secrets", () => {
    const env =
      '{"OPENAI_APIKEY":"hunter2","DB_URL":"postgres://app:hunter2@db/x","OAUTH_TOKEN_URL":"https://x.example"}';
    const [warning, ...more] = warningsOf({ values: { env } });
    expect([warning, ...more]).toEqual([
      issue(
        "env",
        "has values that look like secrets: anyone who can read the app can see them",
        '["OPENAI_APIKEY","DB_URL"]',
        "move them to secretEnv: pulumi config set --secret --path 'secretEnv.NAME'",
      ),
    ]);
    expect(warningsOf({ values: { env }, secret: ["env"] })).toEqual([]);
  });
  test("a secret that is stored as plain text", () => {
    expect(warningsOf({ values: { sessionKey: hex }, secret: [] })).toEqual([
      issue(
        "sessionKey",
        "is not stored as a secret",
        "a string of 64 characters",
        "pulumi config set --secret sessionKey",
      ),
    ]);
  });
  test("plain HTTP", () => {
    expect(warningsOf({ values: { allowInsecure: "true" } })).toEqual([
      issue(
        "allowInsecure",
        "lets clients connect without TLS, which exposes session IDs and affinity cookies on the network",
        "true",
        "pulumi config set allowInsecure false",
      ),
    ]);
  });
});

describe("accepts valid configuration", () => {
  const args = (given: Case) => {
    const parsed = parse(given);
    if ("errors" in parsed) throw new Error(listIssues(parsed.errors));
    return parsed.args;
  };

  test("names follow {baseName}-{environment}[-{stamp}]-{app|env|logs|rg}, each overridable", () => {
    expect(args({ values: { baseName: "unitone-agw", deploymentStamp: "eu1" } })).toMatchObject({
      containerAppName: "unitone-agw-prod-eu1-app",
      environmentName: "unitone-agw-prod-eu1-env",
      workspaceName: "unitone-agw-prod-eu1-logs",
      resourceGroupName: "unitone-agw-prod-eu1-rg",
    });
    expect(
      args({
        values: { containerAppName: "a1", environmentName: "b1", workspaceName: "c123", resourceGroupName: "d" },
      }),
    ).toMatchObject({
      containerAppName: "a1",
      environmentName: "b1",
      workspaceName: "c123",
      resourceGroupName: "d",
    });
  });
  test("any stack name works if environment is set", () => {
    expect(args({ values: { environment: "staging" }, stack: "eu-west" })).toMatchObject({
      containerAppName: "agw-staging-app",
    });
  });
  test.each(["0.25", "0.5", "4"])("memory follows cpu if it is not set: cpu %s", (cpu) => {
    expect(parse({ values: { cpu } })).toHaveProperty("args");
  });
  test.each([
    ["a new environment in a new group", {}, "eastus2"],
    ["an existing environment and a new group, which needs a location", { existingEnvironmentName: "e1" }, "eastus2"],
    ["an existing group, which determines the location", { existingResourceGroup: "true" }, undefined],
    ["both existing", { existingResourceGroup: "true", existingEnvironmentName: "e1" }, undefined],
  ])("location: %s", (_what, values, location) => {
    expect(args({ values })).toMatchObject({ location });
  });
  test("an existing environment is in its own group, or by default in the app's", () => {
    const shared = { existingEnvironmentName: "shared" };
    expect(args({ values: { ...shared, existingEnvironmentResourceGroup: "net-rg" } })).toMatchObject({
      environmentName: "shared",
      existingEnvironmentResourceGroup: "net-rg",
    });
    expect(args({ values: shared })).toMatchObject({ existingEnvironmentResourceGroup: "agw-prod-rg" });
  });
  test("env that Pulumi stores as a secret becomes secrets of the app", () => {
    const values = { env: '{"TOKEN":"x"}', secretEnv: '{"API_KEY":"y"}' };
    const secret = args({ values, secret: ["env", "secretEnv"] });
    expect(secret.env).toEqual({});
    expect(Object.keys(secret.secretEnv ?? {})).toEqual(["TOKEN", "API_KEY"]);
    const plain = args({ values });
    expect(plain.env).toEqual({ TOKEN: "x" });
    expect(Object.keys(plain.secretEnv ?? {})).toEqual(["API_KEY"]);
  });
  test("numbers and booleans in a map become strings exactly as written", () => {
    const given = '{"ID":9007199254740993,"BIG":1e21,"HALF":0.50,"ON":true}';
    const texts = { ID: "9007199254740993", BIG: "1e21", HALF: "0.50", ON: "true" };
    expect(args({ values: { env: given, tags: given } })).toMatchObject({ env: texts, tags: texts });
  });
  test("the smallest and largest value of every number", () => {
    const smallest = {
      targetPort: 1,
      minReplicas: 0,
      maxReplicas: 1,
      concurrentRequests: 1,
      drainSeconds: 0,
      readySeconds: 10,
    };
    const largest = {
      targetPort: 65535,
      minReplicas: 1000,
      maxReplicas: 1000,
      concurrentRequests: 100_000,
      drainSeconds: 590,
      readySeconds: 3600,
    };
    for (const numbers of [smallest, largest]) {
      const values = Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, String(value)]));
      expect(args({ values, file: "binds:\n  - port: $CONTAINER_APP_PORT\n" })).toMatchObject(numbers);
    }
  });
  test("IPv4 ranges", () => {
    const ipAllow = ["203.0.113.0/24", "0.0.0.0/0", "198.51.100.7/32"];
    expect(args({ values: { ipAllow: JSON.stringify(ipAllow) } })).toMatchObject({ ipAllow });
  });
  test("a gatewayConfig is passed on unchanged, as a secret", async () => {
    const file = "# $$\ngateways: {default: {port: 8080}}\n";
    const { gatewayConfig } = args({ values: {}, file });
    const content = pulumi.output(gatewayConfig);
    expect(await resolved(content)).toBe(file);
    expect(await pulumi.isSecret(content)).toBe(true);
  });
  test.each(["agw:v1", "MyRegistry.azurecr.io/team/agw_x:V1.2-rc.1", "localhost/a:1", "registry:5000/a--b/c__d:x"])(
    "the image %s",
    (given) => expect(parse({ values: { image: given } })).toHaveProperty("args"),
  );
  test("keys in other namespaces that were probably not meant for this program", () => {
    const others = [
      "azure-native:location",
      "azure:environment",
      "aws:region",
      "shared:location",
      "platform:tags",
      "pulumi:tags",
    ];
    expect(errorsOf({ values: {}, others })).toEqual([]);
  });
  test("internal TCP, and external TCP in an existing environment", () => {
    const tcp = { transport: "tcp", enableStickySessions: "false" };
    expect(errorsOf({ values: { ...tcp, external: "false" } })).toEqual([]);
    expect(errorsOf({ values: { ...tcp, existingEnvironmentName: "shared" } })).toEqual([]);
  });
  test("45 tags, with the longest name and value", () => {
    const names = Array.from({ length: 45 }, (_, index) => `t${index}`.padEnd(512, "x"));
    const tags = Object.fromEntries(names.map((name) => [name, "v".repeat(256)]));
    expect(errorsOf({ values: { tags: JSON.stringify(tags) } })).toEqual([]);
  });
  test("a digest instead of a tag", () => {
    expect(parse({ values: { image: `agentgateway@sha256:${hex}` } })).toHaveProperty("args");
    expect(parse({ values: { image: `localhost:5000/agentgateway:v1@sha512:${hex}${hex}` } })).toHaveProperty("args");
  });
});

test.each(["10.0.0.0", "10.0.0.0/", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/240", "10.0.0.0/8/8", "x10.0.0.0/8", "::/0"])(
  "%s is not an IPv4 range",
  (range) => expect(isCidr(range)).toBe(false),
);

test("every default is valid for its key", () => {
  for (const [name, key] of Object.entries(keys)) {
    if (key.default === undefined) continue;
    const text = typeof key.default === "string" ? key.default : JSON.stringify(key.default);
    expect(key.issues(key.read(text), { name, secret: key.secret, given: text }), name).toEqual([]);
    expect(key.read(text), name).toEqual(key.default);
  }
});
