import { describe, expect, test } from "vitest";
import { driftMarker } from "../../../src/delivery/comment/driftIssue.ts";
import { usage } from "../../../src/delivery/steps/commands.ts";
import { main } from "../../../src/delivery.ts";
import { startFakeGitHub } from "../../support/fakeGitHub.ts";
import { app, digest, step } from "./digests.ts";
import { run } from "./runStep.ts";

const outputs = { stickySessionsEnabled: true };
const doctor = { replicas: { now: 2, min: 2, max: 10 } };
const gateArgs = ["gate", "--stack", "prod", "--probe", "@probe", "--outputs", "@outputs", "--doctor", "@doctor"];

describe("the gate of a run ends it or lets it go on", () => {
  test.each([
    ["held", outputs, doctor, 0],
    ["lost", outputs, doctor, 1],
    ["lost", { stickySessionsEnabled: false }, doctor, 0],
    ["inconclusive", outputs, doctor, 1],
    ["inconclusive", outputs, { replicas: { now: 1, min: 1, max: 3 } }, 0],
  ])("%s with %j and %j: exit code %i", async (verdict, asked, seen, code) => {
    const ran = await run(gateArgs, { probe: { verdict, reason: "why" }, outputs: asked, doctor: seen });
    expect(ran.code, ran.err).toBe(code);
    expect(ran.out).toContain(`sessions ${verdict}`);
  });

  test("a stack without an address has no report: a warning where affinity is off, else the end of the run", async () => {
    const off = await run(gateArgs, { outputs: { url: "", stickySessionsEnabled: false }, doctor });
    expect(off).toMatchObject({ code: 0, out: expect.stringContaining("### ⚠️ `prod`: sessions not probed") });
    expect((await run(gateArgs, { outputs: { ...outputs, url: "" }, doctor })).code).toBe(1);
  });

  test("the doctor's report is not needed: it may be empty, not JSON, or missing", async () => {
    for (const seen of [{ doctor: "" }, { doctor: "hunter2" }, {}]) {
      const files = { probe: { verdict: "held" }, outputs, ...seen };
      expect(await run(gateArgs, files)).toMatchObject({ code: 0, err: "" });
    }
  });

  test("a report without a verdict, as of a probe that failed, stops the run", async () => {
    const ran = await run(gateArgs, { probe: {}, outputs, doctor });
    expect(ran.code).toBe(2);
    expect(ran.err).toContain("no verdict of: held, not needed, moved, lost, inconclusive");
  });

  test("an empty report stops the run, without its text", async () => {
    const ran = await run(gateArgs, { probe: "not JSON: hunter2", outputs, doctor });
    expect(ran.code).toBe(2);
    expect(ran.err).toContain("is not a JSON object (17 characters)");
    expect(ran.err).not.toContain("hunter2");
  });
});

describe("the comment of a preview that failed", () => {
  const render = ["render", "--stack", "prod", "--preview", "@preview", "--exit-code", "255", "--errors", "@errors"];

  test.each<[string, unknown, string]>([
    ["diagnostics alone", { diagnostics: [{ message: "it is locked" }] }, "it is locked\n"],
    ["steps that are none", { steps: [3], diagnostics: [{ message: "it is locked" }] }, '{"steps":[3],"diag'],
    ["diagnostics that are none", { diagnostics: "odd" }, '{"diagnostics":"odd"}'],
    ["no document", "error: no stack", "error: no stack"],
  ])("%s: shows what was printed", async (_title, preview, says) => {
    const ran = await run(render, { preview, errors: "the end" });
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toContain("### ❌ The preview of stack `prod` failed (exit code 255)");
    expect(ran.out).toContain(says);
    expect(ran.out).toContain("the end");
  });

  test("without an exit code its own errors say that it failed, and nothing is promised of an app that it did not come to", async () => {
    const diagnostics = [{ severity: "error", message: "3 problems" }];
    const step = { op: "create", urn: "urn:pulumi:prod::agentgateway::pulumi:pulumi:Stack::agentgateway-prod" };
    const begun = await run(render.slice(0, 5), { preview: { steps: [step], diagnostics } });
    expect(begun.out).toContain("❌ **The preview failed**.");
    expect(begun.out).toContain("- **Live sessions:** ⚠️ cannot be told.");
    const none = await run(render.slice(0, 5), { preview: { diagnostics } });
    expect(none.out).toContain("### ❌ The preview of stack `prod` failed\n");
    const fine = await run(render.slice(0, 5), {
      preview: { steps: [], diagnostics: [{ severity: "warning", message: "w" }] },
    });
    expect(fine.out).not.toContain("failed");
  });
});

describe("the drift step", () => {
  const drift = ["drift", "--directory", "@watched", "--stacks"];
  /** What the look at a stack that is clean leaves behind. */
  const clean = (stack: string) => ({
    [`watched/${stack}/exit-code`]: "0\n",
    [`watched/${stack}/preview.json`]: digest(),
    [`watched/${stack}/doctor.json`]: {
      checks: [{ id: "app-exists", check: "app exists", status: "ok", found: "Succeeded" }],
    },
  });
  const openIssue = { id: 90, number: 90, body: driftMarker, user: { login: "github-actions[bot]" }, state: "open" };

  test("a stack that could not be looked at leaves the issue, and ends with 3", async () => {
    await using github = await startFakeGitHub();
    const ran = await run([...drift, '["prod"]'], { "watched/prod/exit-code": "255\n" }, github);
    expect(ran).toMatchObject({ code: 3, out: "prod: unknown (could not tell: prod)" });
    expect(github.issues).toEqual([]);
  });

  test("a stack whose look ended early left nothing: the issue stays open, whatever of the others", async () => {
    await using github = await startFakeGitHub();
    github.issues.push({ ...openIssue });
    const ran = await run([...drift, '["dev","staging","prod"]'], { ...clean("dev"), ...clean("staging") }, github);
    expect(ran).toMatchObject({
      code: 3,
      out: "dev: clean, staging: clean, prod: unknown (could not tell: prod)",
    });
    expect(github.issues).toMatchObject([{ state: "open" }]);
  });

  test("where every look ended early there is no folder: the issue stays open, exit code 3", async () => {
    await using github = await startFakeGitHub();
    github.issues.push({ ...openIssue });
    const ran = await run([...drift, '["dev","prod"]'], {}, github);
    expect(ran).toMatchObject({ code: 3, out: "dev: unknown, prod: unknown (could not tell: dev, prod)" });
    expect(github.issues).toMatchObject([{ state: "open" }]);
  });

  test("drift in one of two stacks is one issue", async () => {
    await using github = await startFakeGitHub();
    const preview = digest(
      step("refresh", "app", app("sticky"), app("sticky")),
      step("update", "app", app("none"), app("sticky"), ["configuration"]),
    );
    const files = {
      ...clean("dev"),
      ...clean("prod"),
      "watched/prod/exit-code": "7\n",
      "watched/prod/preview.json": preview,
    };
    const ran = await run([...drift, '["dev","prod"]'], files, github);
    expect(ran).toMatchObject({ code: 0, out: "dev: clean, prod: drifted (issue: open)" });
    expect(github.issues).toMatchObject([{ title: "Drift: prod" }]);
  });
});

test.each([["--help"], ["help"], ["render", "--help"], ["gate", "--stack", "prod", "-h"]])(
  "%s is answered by the usage, exit code 0",
  async (...args) => {
    const told: string[] = [];
    const io = { env: {}, directory: ".", err: () => {}, out: (text: string) => void told.push(text) };
    expect(await main(args, io)).toBe(0);
    expect(told).toEqual([usage]);
  },
);

describe("wrong use of a step", () => {
  test.each([
    [[], /no command ''/],
    [["deliver"], /no command 'deliver'/],
    [["toString"], /no command 'toString'/],
    [["render"], /--stack is needed/],
    [["render", "--stack", "prod", "--preview", "@none"], /cannot read \S+\/none \(ENOENT\)/],
    [["render", "--stack", "prod", "--preview", "@none", "--exit-code", "abc"], /--exit-code is not an exit code/],
    [["render", "--stack", "prod", "--preview", "@"], /cannot read \S+ \(EISDIR\)/],
    [["gate", "--colour"], /Unknown option '--colour'/],
    [["gate", "--stack", "prod", "--probe", "@p", "--outputs", "@o"], /cannot read \S+\/o \(ENOENT\)/],
    [["comment", "--pull", "x", "--directory", "."], /--pull is not the number/],
    [["drift", "--directory", "@"], /--stacks is needed/],
    [["drift", "--directory", "@", "--stacks", "dev"], /--stacks is not the list .* \(3 characters\)/],
    [
      ["drift", "--directory", "@", "--stacks", '["dev"]'],
      /GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN are needed/,
    ],
    [["stacks", "--base", "--output=x"], /--base/],
  ])("%j", async (args, message) => {
    const ran = await run(args);
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(message);
    expect(ran.err).not.toMatch(/\n\s+at /);
  });
});
