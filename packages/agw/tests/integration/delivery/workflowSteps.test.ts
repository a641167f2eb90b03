import { execFile, execFileSync } from "node:child_process";
import { copyFile, cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { removeDirectory } from "agentgateway-local-azure/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  az,
  azIsThere,
  startTestAzure,
  type TestAzure,
  withoutAz,
} from "../../../../../tests/support/azure/localAzure.ts";
import { unaffectedMarkdown } from "../../../src/delivery/comment/stackComment.ts";
import { affinitySentence } from "../../../src/delivery/forecast/commentSentences.ts";
import { type FakeGitHub, fakeToken, repository, startFakeGitHub } from "../../support/fakeGitHub.ts";
import { type Checkout, openCheckout } from "../../support/workflowCheckout.ts";
import { runJob } from "../../support/workflowRun.ts";

const cli = await azIsThere();
const reason = withoutAz(cli);

/**
 * Runs the shell steps from the workflow files on the local Azure, with the real az, agw and git. Stand-ins replace pulumi
 * (by the built-in engine), GitHub's API and npm ci. Actions (checkout, sign-in, artifacts) don't run.
 */
describe.skipIf(!cli)(`the workflows' steps run without GitHub${reason}`, () => {
  let azure: TestAzure;
  let github: FakeGitHub;
  let opened: Checkout;
  let checkout: string;
  let env: NodeJS.ProcessEnv;
  const stack = { "matrix.stack": "prod", "inputs.stack": "prod", "github.token": fakeToken };

  beforeAll(async () => {
    azure = await startTestAzure();
    github = await startFakeGitHub();
    opened = await openCheckout(azure);
    checkout = opened.directory;
    env = {
      ...opened.env,
      GITHUB_API_URL: github.url,
      GITHUB_REPOSITORY: repository,
      GITHUB_SERVER_URL: "https://github.example",
      GITHUB_RUN_ID: "42",
    };
  });
  afterAll(async () => {
    await github?.[Symbol.asyncDispose]();
    await azure?.[Symbol.asyncDispose]();
    await opened?.[Symbol.asyncDispose]();
  });

  const job = (file: string, name: string, expressions: Record<string, string> = {}) =>
    runJob(file, name, { directory: checkout, env, expressions: { ...stack, ...expressions } });
  /** On GitHub, artifacts carry the folder `preview` to this job. */
  const commentJob = (stacks: string, from?: string) =>
    runJob("preview.yml", "comment", {
      directory: checkout,
      env,
      expressions: { ...stack, ...pull, "needs.stacks.outputs.stacks": stacks },
      prepare: async (temp) => {
        if (from !== undefined) await cp(join(checkout, from), join(temp, "previews"), { recursive: true });
      },
    });

  const pull = {
    "github.event.pull_request.number": "5",
    "github.event.pull_request.head.sha": "0123456789abcdef0123456789abcdef01234567",
  };

  test("preview.yml: a change to one stack's file previews only that stack", async () => {
    const change = join(checkout, "change");
    const git = (...args: string[]) =>
      execFileSync(
        "git",
        [...["user.name=t", "user.email=t@example.com", "commit.gpgsign=false"].flatMap((own) => ["-c", own]), ...args],
        {
          cwd: change,
          encoding: "utf8",
        },
      );
    await mkdir(change);
    await symlink(resolve("."), join(checkout, "base"));
    for (const name of ["dev", "staging", "prod"])
      await copyFile(`Pulumi.${name}.yaml`, join(change, `Pulumi.${name}.yaml`));
    git("init", "--quiet");
    git("add", "Pulumi.dev.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml");
    git("commit", "--quiet", "--message", "before");
    const base = git("rev-parse", "HEAD").trim();
    await writeFile(join(change, "Pulumi.prod.yaml"), "\n", { flag: "a" });
    git("commit", "--quiet", "--all", "--message", "after");
    const run = await job("preview.yml", "stacks", { "github.event.pull_request.base.sha": base });
    expect(run).toMatchObject({ code: 0, outputs: { stacks: '["prod"]' } });
  });

  test("preview.yml: the preview is one comment, which the next run edits", async () => {
    const run = await job("preview.yml", "preview", pull);
    expect(run.code, run.output).toBe(0);
    expect(run.summary).toContain(affinitySentence({ kind: "first deployment", wanted: "sticky" }));
    for (const _time of [1, 2]) {
      const comment = await commentJob('["prod"]', "preview");
      expect(comment.code, comment.output).toBe(0);
    }
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]).toMatchObject({
      under: 5,
      body: expect.stringContaining("### Preview of stack `prod` at `0123456789ab`"),
    });
    expect(github.calls.filter((call) => !call.startsWith("GET"))).toEqual([
      "POST /issues/5/comments",
      "PATCH /issues/comments/1",
    ]);
  });

  test("preview.yml: the comment of a stack that is no longer affected says so", async () => {
    const run = await commentJob("[]");
    expect(run.code, run.output).toBe(0);
    expect(github.comments.map(({ body }) => body)).toEqual([unaffectedMarkdown("prod", { commit: "0123456789ab" })]);
  });

  test("preview.yml: a failed preview is commented, and then fails the run", async () => {
    const file = join(checkout, "Pulumi.prod.yaml");
    const kept = await readFile(file, "utf8");
    await writeFile(file, kept.replace(/^config:\n/, "config:\n  agentgateway:minReplicas: 99\n"));
    const run = await job("preview.yml", "preview", { "github.event.pull_request.head.sha": "0" });
    await writeFile(file, kept);
    expect(run.code).toBe(1);
    expect(run.summary).toMatch(/❌.*\(exit code 1\)/);
    expect(run.summary).toMatch(/minReplicas: .*\n.*\bmaxReplicas \d/);
  });

  test("preview.yml: a fork's preview goes to the summary, without GitHub's API", async () => {
    const before = github.calls.length;
    const run = await job("preview.yml", "fork");
    expect(run.code, run.output).toBe(0);
    expect(run.summary).toMatch(/^<!-- agw-preview:prod -->\n### Preview of stack `prod`\n/);
    expect(github.calls).toHaveLength(before);
  });

  test("deploy-stack.yml: probes the update, and the gate passes if sessions hold", async () => {
    const run = await job("deploy-stack.yml", "deploy");
    expect(run.code, run.output).toBe(0);
    expect(run.summary).toMatch(/^### ✅ .*`prod`.*`held`$/m);
    expect(JSON.parse(await readFile(join(checkout, "report/doctor.json"), "utf8"))).toMatchObject({ verdict: "ok" });
    expect(await readFile(join(checkout, "report/probe.xml"), "utf8")).toContain("<testsuite");
  });

  test("deploy-stack.yml: a stack without ingress is deployed with a warning that it was not probed", async () => {
    const file = join(checkout, "Pulumi.dev.yaml");
    const without = { ingress: false, enableStickySessions: false, acknowledgeNoAffinity: true };
    const lines = Object.entries(without).map(([key, value]) => `  agentgateway:${key}: ${value}\n`);
    await writeFile(file, (await readFile(file, "utf8")).replace(/^config:\n/m, `config:\n${lines.join("")}`));
    await removeDirectory(join(checkout, "report"));
    const run = await job("deploy-stack.yml", "deploy", { "inputs.stack": "dev" });
    expect(run.code, run.output).toBe(0);
    expect(run.output).toMatch(/^::warning::.*\bdev\b/m);
    expect(run.summary).toMatch(/^### ⚠️ .*`dev`: not probed$/m);
  });

  const drifted = affinitySentence({ kind: "drifted", live: "none", wanted: "sticky" });
  const check = async (name: string) => {
    const run = await job("drift.yml", "check", { "matrix.stack": name });
    expect(run.code, run.output).toBe(0);
  };
  /** On GitHub, an artifact carries the folder `drift` to this job. */
  const issueOf = async (stacks: string, code = 0) => {
    const run = await job("drift.yml", "issue", { "needs.stacks.outputs.stacks": stacks });
    expect(run.code, run.output).toBe(code);
    return run.summary;
  };

  test("drift.yml: a stack with affinity off and no ingress is clean", async () => {
    await check("dev");
    expect(await issueOf('["dev"]')).toContain("dev: clean");
  });

  test("drift.yml: affinity turned off outside the stack opens one issue", async () => {
    const which = ["--name", "agw-prod-app", "--resource-group", "agw-prod-rg"];
    await az(azure, "containerapp", "ingress", "sticky-sessions", "set", ...which, "--affinity", "none");
    await check("prod");
    expect(await issueOf('["prod"]')).toContain("prod: drifted (issue opened)");
    expect(github.issues).toMatchObject([{ title: "Drift: prod", state: "open" }]);
    expect(github.issues[0]?.body).toContain(drifted);
    // The command of the engine that deployed the stack: the built-in one, behind the stand-in for pulumi.
    expect(github.issues[0]?.body).toContain("try: npx agw up --stack prod");
  });

  test("docs/delivery.md: the commands for other pipelines correct the drift", async () => {
    const guide = await readFile("docs/delivery.md", "utf8");
    const commands = /## Not on GitHub\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(guide)?.[1] ?? "";
    expect(commands.match(/^pulumi /gm)).toHaveLength(3);
    // Asynchronously, because the local Azure that they call runs in this process.
    const { stdout } = await promisify(execFile)("bash", ["-eo", "pipefail", "-c", commands], { cwd: checkout, env });
    expect(stdout).toContain(drifted);
    expect(stdout).toContain("cookie kept");
  });

  test("drift.yml: the issue is closed once the drift is gone, but not while another stack is unknown", async () => {
    await check("prod");
    expect(await issueOf('["staging","prod"]', 3)).toContain("staging: unknown, prod: clean");
    expect(github.issues).toMatchObject([{ state: "open" }]);
    expect(await issueOf('["prod"]')).toContain("prod: clean");
    expect(github.issues).toMatchObject([{ state: "closed" }]);
  });

  test("drift.yml: checks every stack of the project", async () => {
    const run = await job("drift.yml", "stacks");
    expect(run.outputs.stacks).toBe('["dev","staging","prod"]');
  });
});
