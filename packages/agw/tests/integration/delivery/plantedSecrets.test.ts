import { cp, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  azIsThere,
  type Ran,
  runWith,
  startTestAzure,
  type TestAzure,
  withoutAz,
} from "../../../../../tests/support/azure/localAzure.ts";
import { pulumiIsThere, withoutPulumi } from "../../../../../tests/support/pulumi/pulumiCli.ts";
import { type RealPulumi, startRealPulumi } from "../../../../../tests/support/pulumi/realPulumi.ts";
import { driftMarkdown } from "../../../src/delivery/comment/driftIssue.ts";
import { previewMarkdown } from "../../../src/delivery/comment/previewComment.ts";
import { violationsOf } from "../../../src/delivery/digest/policyEvents.ts";
import { parsePreview } from "../../../src/delivery/digest/readPreview.ts";
import { writeStandIns } from "../../support/standIns.ts";
import { runJob } from "../../support/workflowRun.ts";

const cli = await azIsThere();
const reason = withoutAz(cli);

const sessionKey = "5eed".repeat(16);
const token = "planted-token-in-env-7f3a";
const password = "planted-password-in-gateway-config-91bc";
const planted = [sessionKey, token, password];
/** Each secret in plaintext, percent-encoded, and in base64 at each of the three offsets. */
const forms = planted.flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  ...[0, 1, 2].map((offset) => Buffer.from(secret.slice(offset)).toString("base64").replaceAll("=", "").slice(0, -2)),
]);

/** Returns the names of the texts that contain a secret in any of these forms. */
const leaks = (produced: Readonly<Record<string, string>>): string[] =>
  Object.entries(produced).flatMap(([name, text]) => (forms.some((form) => text.includes(form)) ? [name] : []));

const gatewayConfig = `# ${password}
binds:
  - port: 8080
    listeners:
      - routes:
          - backends:
              - mcp:
                  targets:
                    - name: learn
                      mcp:
                        host: https://user:${password}@gateway.invalid/mcp
`;

async function plant(directory: string) {
  const file = (name: string) => join(directory, name);
  await writeFile(file("key"), sessionKey);
  await writeFile(file("env"), JSON.stringify({ API_TOKEN: token }));
  await writeFile(file("gateway.yaml"), gatewayConfig);
  return { sessionKey: `@${file("key")}`, secretEnv: `@${file("env")}`, gatewayConfig: file("gateway.yaml") };
}

test("the search finds a secret in every form", () => {
  expect(forms.every((form) => leaks({ text: `a ${form} b` }).length === 1)).toBe(true);
  expect(leaks({ text: Buffer.from(`xy${token}`).toString("base64") })).toEqual(["text"]);
  expect(leaks({ text: "nothing" })).toEqual([]);
});

describe.skipIf(!cli)(`planted secrets appear in nothing that a run produces${reason}`, () => {
  let azure: TestAzure;
  let settings: string[];
  const agw = (...args: string[]): Promise<Ran> =>
    runWith(azure, process.execPath, ["packages/agw/src/agw.ts", ...args], { AGW_LOCAL: azure.directory });
  const stack = (command: string, ...more: string[]) => agw(command, "--stack", "prod", ...settings, ...more);

  beforeAll(async () => {
    azure = await startTestAzure();
    const folder = await mkdtemp(join(azure.directory, "planted-"));
    settings = Object.entries(await plant(folder)).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  });
  afterAll(async () => azure?.[Symbol.asyncDispose]());

  test("an update: outputs, logs, previews, comments, reports and state", async () => {
    const first = await stack("preview", "--json");
    const up = await stack("up", "--json");
    expect(up.code, up.stderr).toBe(0);
    const second = await stack("preview", "--json", "-c", "image=example.invalid/agentgateway:2");
    const address = (JSON.parse(up.stdout) as { outputs: { url: string } }).outputs.url;
    const report = (name: string) => join(azure.directory, name);
    const probe = await agw(
      "probe",
      "--url",
      address,
      "--json",
      "--sessions",
      "5",
      "--html",
      report("probe.html"),
      "--junit",
      report("probe.xml"),
    );
    const doctor = await agw("doctor", "--stack", "prod", "--json");
    const previews = [first, second].map(({ stdout }) => parsePreview(stdout));
    const ran = { first, up, second, probe, doctor };
    const produced = {
      ...Object.fromEntries(
        Object.entries(ran).flatMap(([name, { stdout, stderr }]) => [
          [name, stdout],
          [`${name} (log)`, stderr],
        ]),
      ),
      comments: previews.map((preview) => previewMarkdown(preview, { stack: "prod" })).join("\n"),
      issue: driftMarkdown(previews.map((preview) => ({ stack: "prod", previewExit: 7, preview }))),
      "ARM calls": JSON.stringify(azure.requests()),
      "probe.html": await readFile(report("probe.html"), "utf8"),
      "probe.xml": await readFile(report("probe.xml"), "utf8"),
      state: await readFile(join(azure.directory, "state/agentgateway/prod.json"), "utf8"),
    };
    expect(produced.comments).toContain("template.containers[0].image");
    for (const [name, text] of Object.entries(produced)) if (!name.endsWith("(log)")) expect(text, name).not.toBe("");
    expect(leaks(produced)).toEqual([]);
  });

  test("files outside the replicas' folder, which the replicas need to read", async () => {
    const entries = await readdir(azure.directory, { recursive: true, withFileTypes: true });
    const files = entries
      .filter(
        (entry) =>
          entry.isFile() &&
          !/^(replicas|az|planted-\w+)(\/|$)/.test(
            join(entry.parentPath, entry.name).slice(azure.directory.length + 1),
          ),
      )
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(5);
    const texts = await Promise.all(files.map(async (file) => [file, await readFile(file, "latin1")] as const));
    expect(leaks(Object.fromEntries(texts))).toEqual([]);
  });

  test("the message about an invalid session key", async () => {
    const wrong = join(azure.directory, "planted-wrong");
    await writeFile(wrong, `${token}${password}`);
    const { code, stdout, stderr } = await stack("preview", "-c", `sessionKey=@${wrong}`);
    expect(code).not.toBe(0);
    expect(stderr).toContain("sessionKey");
    expect(leaks({ stdout, stderr })).toEqual([]);
  });
});

describe.skipIf(!cli || !pulumiIsThere)(`planted secrets with Pulumi's own engine${withoutPulumi}`, () => {
  let azure: TestAzure;
  let pulumi: RealPulumi;

  beforeAll(async () => {
    azure = await startTestAzure();
    pulumi = await startRealPulumi(azure, "prod");
  });
  afterAll(async () => {
    await pulumi?.[Symbol.asyncDispose]();
    await azure?.[Symbol.asyncDispose]();
  });

  test("appear in nothing that preview.yml keeps, and in no update's output, stack output or state", async () => {
    await writeFile(join(pulumi.project, "planted.yaml"), gatewayConfig);
    // The job renders its comment with this code.
    await cp("packages/agw/src", join(pulumi.project, "packages/agw/src"), { recursive: true });
    const set = (...args: string[]) => pulumi.run("config", "set", "--stack", "prod", ...args);
    await set("--secret", "sessionKey", sessionKey);
    await set("--secret", "secretEnv", JSON.stringify({ API_TOKEN: token }));
    await set("gatewayConfig", "planted.yaml");
    await set("minReplicas", "1");
    const bin = join(azure.directory, "stand-ins");
    await writeStandIns(bin, { pulumi: false });
    const PATH = [bin, process.env.PATH].join(delimiter);
    const kept: Record<string, string> = {};
    const first = await pulumi.withProviders((environment) =>
      runJob("preview.yml", "preview", {
        directory: pulumi.project,
        env: { ...process.env, ...azure.environment, ...environment, PATH },
        expressions: {
          "matrix.stack": "prod",
          "github.event.pull_request.head.sha": "0",
          "vars.PULUMI_BACKEND_URL": environment.PULUMI_BACKEND_URL ?? "",
          "vars.AZURE_SUBSCRIPTION_ID": azure.environment.ARM_SUBSCRIPTION_ID ?? "",
        },
        inspect: async (temp) => {
          for (const name of await readdir(temp)) kept[name] = await readFile(join(temp, name), "utf8");
        },
      }),
    );
    expect(first.code, first.output + first.summary).toBe(0);
    expect(Object.keys(kept).sort()).toEqual(["errors", "policy", "preview.json"]);
    expect(violationsOf(kept.policy ?? "")).toMatchObject([{ policy: "prod-has-two-replicas", level: "advisory" }]);
    const up = await pulumi.run("up", "--yes", "--skip-preview", "--stack", "prod");
    expect(up.code, up.stdout).toBe(0);
    const second = await pulumi.run("preview", "--json", "--stack", "prod", "--policy-pack", "policy");
    const outputs = await pulumi.run("stack", "output", "--json", "--stack", "prod");
    expect((JSON.parse(outputs.stdout) as { url: string }).url).toMatch(/^https:/);
    const produced = {
      ...kept,
      first: first.output + first.summary,
      up: up.stdout + up.stderr,
      second: second.stdout + second.stderr,
      "data of the comment": await readFile(join(pulumi.project, "preview/prod/preview.json"), "utf8"),
      outputs: outputs.stdout,
      state: (await pulumi.run("stack", "export", "--stack", "prod")).stdout,
      "stack's file": await readFile(join(pulumi.project, "Pulumi.prod.yaml"), "utf8"),
    };
    expect(produced.state).toContain("ciphertext");
    expect(leaks(produced)).toEqual([]);
  });
});
