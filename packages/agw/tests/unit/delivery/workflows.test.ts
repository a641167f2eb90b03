import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const folder = ".github/workflows";
const files = readdirSync(folder);
const content = (file: string): string => readFileSync(`${folder}/${file}`, "utf8");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
  readonly env?: Record<string, string>;
}
interface Job {
  readonly permissions?: Record<string, string>;
  readonly steps?: Step[];
  readonly "timeout-minutes"?: number;
  readonly if?: string;
  readonly needs?: string | string[];
  readonly environment?: string;
}
/** An expression as workflows write it; assembled, because it looks like a mistaken template string. */
const expression = (text: string): string => "$".concat(`{{ ${text} }}`);
interface Workflow {
  readonly on: Record<string, unknown>;
  readonly permissions: unknown;
  readonly jobs: Record<string, Job>;
}
const workflow = (file: string): Workflow => parse(content(file)) as Workflow;
const jobs = files.flatMap((file) =>
  Object.entries(workflow(file).jobs).map(([name, job]) => ({ title: `${file} ${name}`, job })),
);

const schemaErrors = (paths: string[]): Record<string, string[]> =>
  JSON.parse(
    execFileSync(process.execPath, ["packages/agw/tests/support/workflowErrors.ts", ...paths], { encoding: "utf8" }),
  );

const actionlint = spawnSync("actionlint", ["-version"]).status === 0;

describe("the workflows (doesn't prove that GitHub's runners run them)", () => {
  test("match GitHub's published schema", () => {
    const found = schemaErrors(files.map((file) => `${folder}/${file}`));
    expect(found).toEqual(Object.fromEntries(files.map((file) => [`${folder}/${file}`, []])));
  });

  test("the schema check finds an unknown key", () => {
    const directory = mkdtempSync(join(tmpdir(), "agw-workflow-"));
    try {
      const wrong = join(directory, "wrong.yml");
      writeFileSync(wrong, "on: push\njobs:\n  a:\n    runs-on: x\n    step: []\n");
      expect(schemaErrors([wrong])[wrong]).not.toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test.skipIf(!actionlint)(`pass actionlint${actionlint ? "" : " (skipped: no actionlint on the PATH)"}`, () => {
    expect(execFileSync("actionlint", ["-no-color"], { encoding: "utf8" })).toBe("");
  });

  test("pin every action by commit and name its release", () => {
    for (const file of files) {
      for (const line of content(file)
        .split("\n")
        .filter((text) => /\buses:/.test(text))) {
        expect(line).toMatch(
          /uses: (\.\/\.github\/workflows\/[\w-]+\.yml|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/,
        );
      }
    }
  });

  test("use the same release of an action everywhere", () => {
    const pins = files.flatMap((file) => [...content(file).matchAll(/uses: ([\w-]+\/[\w-]+)@([0-9a-f]{40} # \S+)/g)]);
    const byAction = Map.groupBy(pins, (match) => match[1]);
    for (const uses of byAction.values()) expect(new Set(uses.map((match) => match[2])).size).toBe(1);
  });

  test("splice no expression into a shell line", () => {
    const lines = jobs.flatMap(({ job }) => job.steps ?? []).map((step) => step.run ?? "");
    expect(lines.filter((line) => line.includes("${{"))).toEqual([]);
  });

  test("call agw by its file, never by npx, which downloads a package that is not installed", () => {
    const lines = jobs.flatMap(({ job }) => job.steps ?? []).flatMap(({ run = "" }) => run.split("\n"));
    expect(lines.filter((line) => /\bnpx\b|\bnpm (exec|x)\b/.test(line))).toEqual([]);
    const pipelines = readFileSync("docs/delivery.md", "utf8").split("## Not on GitHub")[1] ?? "";
    const [, shell = ""] = /```sh\n(.*?)```/s.exec(pipelines) ?? [];
    expect(shell).toContain("node packages/agw/src/agw.ts");
    expect(shell).not.toMatch(/\bnpx\b|\bnpm (exec|x)\b/);
  });

  test("a job waits for the jobs whose outputs it reads", () => {
    for (const { job } of jobs) {
      const read = [...JSON.stringify(job).matchAll(/\bneeds\.([\w-]+)\./g)].map((match) => match[1]);
      expect([job.needs ?? []].flat()).toEqual(expect.arrayContaining(read));
    }
  });

  test("never run a stranger's code with this repository's permissions", () => {
    for (const file of files) expect(Object.keys(workflow(file).on)).not.toContain("pull_request_target");
  });

  test.each(files)("%s grants no permission by default", (file) => expect(workflow(file).permissions).toEqual({}));

  test.each(jobs)("$title has at most one write permission, an identity included", ({ job }) => {
    const rights = Object.entries(job.permissions ?? {});
    expect(rights.filter(([, right]) => right === "write").length).toBeLessThanOrEqual(1);
    expect(job.permissions?.contents).toBe("read");
  });

  test.each(jobs.filter(({ job }) => Object.values(job.permissions ?? {}).includes("write")))(
    "$title runs no install scripts",
    ({ job }) => {
      for (const { run = "" } of job.steps ?? []) expect(run).not.toMatch(/npm (ci|install)(?! --ignore-scripts)/);
    },
  );

  test.each(jobs.filter(({ job }) => job.steps !== undefined))(
    "$title keeps no token in the checkout and has a timeout",
    ({ job }) => {
      const checkouts = job.steps?.filter((step) => step.uses?.startsWith("actions/checkout@")) ?? [];
      for (const checkout of checkouts) expect(checkout.with?.["persist-credentials"]).toBe(false);
      expect(job["timeout-minutes"]).toBeGreaterThan(0);
    },
  );

  test("a pull request from a fork gets no identity and no comment", () => {
    const { preview, fork, comment } = workflow("preview.yml").jobs;
    expect(preview?.if).toContain("head.repo.full_name == github.repository");
    expect(comment?.if).toContain("head.repo.full_name == github.repository");
    expect(fork?.if).toContain("head.repo.full_name != github.repository");
    expect(fork?.permissions).toEqual({ contents: "read" });
  });

  // A job's condition can't read the variables of its GitHub environment, so the switch is another variable.
  test("skip preview, deployment and drift without the variable AZURE_TENANT_ID", () => {
    const { preview, comment } = workflow("preview.yml").jobs;
    const { check, issue } = workflow("drift.yml").jobs;
    for (const job of [preview, comment, check, workflow("deploy.yml").jobs.dev]) {
      expect(job?.if).toContain("vars.AZURE_TENANT_ID != ''");
    }
    expect(issue?.if).toContain("needs.check.result != 'skipped'");
  });

  test("each stack's preview has its own GitHub environment and identity; the drift check has its own identity", () => {
    const { preview } = workflow("preview.yml").jobs;
    expect(preview?.environment).toBe(`preview-${expression("matrix.stack")}`);
    const identity = (job: Job | undefined) =>
      job?.steps?.find(({ uses }) => uses?.startsWith("azure/login@"))?.with?.["client-id"];
    expect(identity(preview)).toBe(expression("vars.AZURE_PREVIEW_CLIENT_ID"));
    expect(identity(workflow("drift.yml").jobs.check)).toBe(expression("vars.AZURE_DRIFT_CLIENT_ID"));
  });

  test("docs/delivery.md: the commands create the identities and variables that the workflows use", () => {
    const guide = readFileSync("docs/delivery.md", "utf8");
    const [, , script = ""] = /( +)```sh\n( +repo=OWNER\/REPO\n.*?)\n\1```/s.exec(guide) ?? [];
    const standIns = [
      'gh() { echo "gh $*" >> "$LOG"; }',
      'az() { echo "az $*" >> "$LOG"; [ "$2" != create ] || echo "id-of-$4"; }',
    ];
    const directory = mkdtempSync(join(tmpdir(), "agw-setup-"));
    try {
      const LOG = join(directory, "log");
      execFileSync("bash", ["--norc", "-euc", [...standIns, script].join("\n")], {
        env: { PATH: process.env.PATH, LOG },
      });
      const lines = readFileSync(LOG, "utf8");
      const all = (pattern: RegExp) => [...lines.matchAll(pattern)].map(([, ...found]) => found.join(" ")).toSorted();
      const stacks = ["dev", "prod", "staging"];
      expect(all(/--identity-name (\S+) .*--subject (\S+) /g)).toEqual([
        ...stacks.map((stack) => `agw-deploy-${stack} repo:OWNER/REPO:environment:${stack}`),
        "agw-drift repo:OWNER/REPO:ref:refs/heads/main",
        ...stacks.map((stack) => `agw-preview-${stack} repo:OWNER/REPO:environment:preview-${stack}`),
      ]);
      expect(all(/^gh variable set (\S+) --repo OWNER\/REPO (.*)$/gm)).toEqual([
        ...stacks.map((stack) => `AZURE_CLIENT_ID --env ${stack} --body id-of-agw-deploy-${stack}`),
        "AZURE_DRIFT_CLIENT_ID --body id-of-agw-drift",
        ...stacks.map((stack) => `AZURE_PREVIEW_CLIENT_ID --env preview-${stack} --body id-of-agw-preview-${stack}`),
      ]);
      expect(all(/PUT repos\/OWNER\/REPO\/environments\/(\S+)/g)).toEqual(
        stacks.flatMap((stack) => [stack, `preview-${stack}`]).toSorted(),
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  const isCheckout = ({ uses }: Step) => uses?.startsWith("actions/checkout@") ?? false;
  const base = expression("github.event.pull_request.base.sha");

  test("the comment job runs only the base branch's code, which artifacts can't replace", () => {
    const { steps = [], permissions } = workflow("preview.yml").jobs.comment as Job;
    expect(steps.map(({ uses, run }) => (uses ?? run ?? "").split("@")[0])).toEqual([
      "actions/download-artifact",
      "actions/checkout",
      "actions/setup-node",
      expect.stringMatching(/^node packages\/agw\/src\/delivery\.ts comment --directory "\$RUNNER_TEMP\/previews" /),
    ]);
    expect(steps[0]?.with?.path).toBe(`${expression("runner.temp")}/previews`);
    expect(steps[1]?.with?.ref).toBe(base);
    expect(permissions).toEqual({ contents: "read", "pull-requests": "write" });
  });

  test("the base branch's code lists the stacks, and the comment uses only that list", () => {
    const { stacks, comment } = workflow("preview.yml").jobs as Record<string, Job>;
    const checkouts = stacks?.steps?.filter(isCheckout).map((step) => [step.with?.path, step.with?.ref]);
    expect(checkouts).toEqual([
      ["change", undefined],
      ["base", base],
    ]);
    const lines = stacks?.steps?.flatMap(({ run = [] }) => run);
    expect(lines).toEqual(['cd change && node ../base/packages/agw/src/delivery.ts stacks --base "$BASE"']);
    expect(comment?.steps?.at(-1)?.env?.STACKS).toBe(expression("needs.stacks.outputs.stacks"));
  });

  test("jobs that can write to pull requests or issues run only steps of this project, without an identity", () => {
    const writing = jobs.filter(({ job }) => /"(pull-requests|issues)":"write"/.test(JSON.stringify(job.permissions)));
    expect(writing.map(({ title }) => title)).toEqual(["drift.yml issue", "preview.yml comment"]);
    for (const { job } of writing) {
      for (const { run } of job.steps ?? [])
        if (run !== undefined) expect(run).toMatch(/^node packages\/agw\/src\/delivery\.ts [^\n;&|]+$/);
      expect(job.permissions).not.toHaveProperty("id-token");
    }
  });

  test("run updates and drift checks on DELIVERY_RUNNER if it is set, but no pull request", () => {
    const runner = "$".concat("{{ vars.DELIVERY_RUNNER || 'ubuntu-24.04' }}");
    const named = (file: string, job: string) => (workflow(file).jobs[job] as { "runs-on"?: string })["runs-on"];
    expect([named("deploy-stack.yml", "deploy"), named("drift.yml", "check")]).toEqual([runner, runner]);
    for (const job of Object.keys(workflow("preview.yml").jobs)) expect(named("preview.yml", job)).toBe("ubuntu-24.04");
  });

  test("run the tests with Pulumi and the program's command provider, without skipping any for lack of Pulumi", () => {
    const { steps = [], permissions } = workflow("preview.yml").jobs.test as Job;
    const at = (found: (step: Step) => boolean | undefined) => steps.findIndex(found);
    const installed = at(({ uses }) => uses?.startsWith("pulumi/actions@"));
    const plugin = at(({ run }) => run?.includes("pulumi plugin install"));
    const tests = at(({ run }) => run === "npm test");
    expect([installed, plugin, tests]).toEqual([installed, plugin, tests].toSorted((a, b) => a - b));
    expect(installed).toBeGreaterThan(-1);
    expect(steps[installed]?.with).toEqual({ "pulumi-version-file": ".pulumi.version" });
    const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
      dependencies: Record<string, string>;
    };
    const version = dependencies["@pulumi/command"];
    expect(steps[plugin]?.run).toBe(
      [
        `pulumi plugin install resource command ${version}`,
        `echo "$HOME/.pulumi/plugins/resource-command-v${version}" >> "$GITHUB_PATH"`,
        "",
      ].join("\n"),
    );
    expect(steps[tests]?.env).toEqual({ REQUIRE_PULUMI: "1" });
    // Unreviewed code gets no identity.
    expect(permissions).toEqual({ contents: "read" });
  });

  test("read only variables and secrets that docs/delivery.md explains", () => {
    const read = files.flatMap((file) =>
      [...content(file).matchAll(/\b(?:vars|secrets)\.(\w+)/g)].map((match) => match[1] ?? ""),
    );
    const guide = readFileSync("docs/delivery.md", "utf8");
    for (const name of new Set(read)) expect(guide).toContain(`\`${name}\``);
  });

  test("pass each stack the secrets that its probe reads, and only to the step that runs it", () => {
    const deploy = parse(content("deploy-stack.yml")) as {
      on: { workflow_call: { secrets: Record<string, { required: boolean }> } };
      jobs: { deploy: Job & { env?: Record<string, string> } };
    };
    const declared = deploy.on.workflow_call.secrets;
    const names = ["PROBE_TOKEN", "PROBE_HEADERS", "PROBE_CLIENT_CERT", "PROBE_CLIENT_KEY"];
    expect(declared).toEqual(Object.fromEntries(names.map((name) => [name, { required: false }])));
    const secretsIn = (value: unknown) =>
      [...JSON.stringify(value).matchAll(/\bsecrets\.(\w+)/g)].map((match) => match[1]);
    const steps = deploy.jobs.deploy.steps?.filter((step) => secretsIn(step).length > 0) ?? [];
    expect(steps.map(secretsIn)).toEqual([names]);
    expect(steps[0]?.run).toContain("agw.ts probe");
    expect(secretsIn(deploy.jobs.deploy.env)).toEqual([]);
    for (const job of Object.values(workflow("deploy.yml").jobs) as { secrets?: object }[]) {
      const passed = names.map((name) => [name, "$".concat(`{{ secrets.${name} }}`)]);
      expect(job.secrets).toEqual(Object.fromEntries(passed));
    }
  });

  test("deploy dev, then staging, then prod, each behind its own GitHub environment", () => {
    const { dev, staging, prod } = workflow("deploy.yml").jobs as Record<string, { needs?: string }>;
    expect([dev?.needs, staging?.needs, prod?.needs]).toEqual([undefined, "dev", "staging"]);
    const one = workflow("deploy-stack.yml").jobs.deploy as Record<string, unknown>;
    const stack = "$".concat("{{ inputs.stack }}");
    expect(one.environment).toBe(stack);
    expect(one.concurrency).toEqual({ group: `stack-${stack}`, "cancel-in-progress": false });
  });
});
