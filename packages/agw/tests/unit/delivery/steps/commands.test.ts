import { describe, expect, test } from "vitest";
import { driftMarker } from "../../../../src/delivery/comment/driftIssue.ts";
import { commentMarker } from "../../../../src/delivery/comment/previewComment.ts";
import { usage } from "../../../../src/delivery/steps/commands.ts";
import { main } from "../../../../src/delivery.ts";
import { startFakeGitHub } from "../../../support/fakeGitHub.ts";
import { app, digest, step } from "../digests.ts";
import { run } from "../runStep.ts";

const outputs = { stickySessionsEnabled: true };
const doctor = { replicas: { now: 2, min: 2, max: 10 } };
const gateArgs = ["gate", "--stack", "prod", "--probe", "@probe", "--outputs", "@outputs", "--doctor", "@doctor"];

describe("the gate step", () => {
  test.each([
    ["held", outputs, doctor, 0],
    ["lost", outputs, doctor, 1],
    ["lost", { stickySessionsEnabled: false }, doctor, 0],
    ["inconclusive", outputs, doctor, 1],
    ["inconclusive", outputs, { replicas: { now: 1, min: 1, max: 3 } }, 0],
  ])("verdict %s, outputs %j, doctor %j: exit code %i", async (verdict, asked, seen, code) => {
    const probe = { verdict, cause: "one-replica", reason: "why" };
    const ran = await run(gateArgs, { probe, outputs: asked, doctor: seen });
    expect(ran.code, ran.err).toBe(code);
    expect(ran.out).toContain(`\`${verdict}\``);
  });

  test.each([
    ["sign-in", null, /PROBE_TOKEN_COMMAND/],
    ["forbidden", { ipRestrictions: 2, clientCertificate: false }, /DELIVERY_RUNNER/],
    ["forbidden", { ipRestrictions: 0, clientCertificate: true }, /PROBE_CLIENT_CERT/],
  ])("a probe refused with the cause %s fails, and the doctor's report tells why: ingress %j", async (...row) => {
    const [cause, ingress, way] = row;
    const seen = { replicas: { now: 1, min: 1, max: 3 }, ingress };
    const ran = await run(gateArgs, { probe: { verdict: "inconclusive", cause }, outputs, doctor: seen });
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(way);
  });

  test("a stack without an address needs no probe report: passes with a warning if affinity is off, otherwise fails", async () => {
    const off = await run(gateArgs, { outputs: { url: "", stickySessionsEnabled: false }, doctor });
    expect(off).toMatchObject({ code: 0, out: expect.stringMatching(/^### ⚠️ .*not probed/) });
    expect((await run(gateArgs, { outputs: { ...outputs, url: "" }, doctor })).code).toBe(1);
  });

  test("the doctor's report is optional: it may be empty, not JSON, or missing", async () => {
    for (const seen of [{ doctor: "" }, { doctor: "hunter2" }, {}]) {
      const files = { probe: { verdict: "held" }, outputs, ...seen };
      expect(await run(gateArgs, files)).toMatchObject({ code: 0, err: "" });
    }
  });

  test("a probe report without a verdict is wrong usage", async () => {
    const ran = await run(gateArgs, { probe: {}, outputs, doctor });
    expect(ran.code).toBe(2);
    expect(ran.err).toContain("no known verdict; expected one of held, not needed, moved, lost, inconclusive");
  });

  test("a probe report that is not JSON is wrong usage, and its text is not shown", async () => {
    const ran = await run(gateArgs, { probe: "not JSON: hunter2", outputs, doctor });
    expect(ran.code).toBe(2);
    expect(ran.err).toContain("is not a JSON object (17 characters)");
    expect(ran.err).not.toContain("hunter2");
  });
});

describe("the comment of a failed preview", () => {
  const render = ["render", "--stack", "prod", "--preview", "@preview", "--exit-code", "255", "--errors", "@errors"];

  test.each<[string, unknown, string]>([
    ["diagnostics alone", { diagnostics: [{ message: "it is locked" }] }, "it is locked\n"],
    ["malformed steps", { steps: [3], diagnostics: [{ message: "hunter2" }] }, "malformed"],
    ["malformed diagnostics", { diagnostics: "hunter2" }, "malformed"],
    ["truncated", '{\n  "config": {"a": "hunter2', "truncated"],
    ["no JSON", "error: no stack", "error: no stack"],
  ])("shows what was printed: %s", async (_title, preview, says) => {
    const ran = await run(render, { preview, errors: "the end" });
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toContain("### ❌ The preview of stack `prod` failed (exit code 255)");
    expect(ran.out).toContain(says);
    expect(ran.out).toContain("the end");
    expect(ran.out).not.toContain("hunter2");
  });

  test("says why the output can't be read, and exits with 3 even if Pulumi exited with 0", async () => {
    const files = { preview: 'Installing…\n{\n  "steps": [', errors: "the end" };
    const ran = await run(render.with(6, "0"), files);
    expect(ran).toMatchObject({ code: 3, err: "the preview contains truncated JSON (26 characters)" });
    expect(ran.out).toBe(
      [
        `${commentMarker("prod")}\n### ❌ The preview of stack \`prod\` can't be read\n`,
        "The output of the preview contains truncated JSON.\n",
        "```text\nInstalling…\n\nthe end\n```",
      ].join("\n"),
    );
  });

  test("without an exit code, errors in the preview mean that it failed", async () => {
    const diagnostics = [{ severity: "error", message: "3 problems" }];
    const step = { op: "create", urn: "urn:pulumi:prod::agentgateway::pulumi:pulumi:Stack::agentgateway-prod" };
    const begun = await run(render.slice(0, 5), { preview: { steps: [step], diagnostics } });
    expect(begun.out).toContain("❌ **The preview failed**.");
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
  /** The files that the check of a clean stack leaves behind. */
  const clean = (stack: string) => ({
    [`watched/${stack}/exit-code`]: "0\n",
    [`watched/${stack}/preview.json`]: digest(),
    [`watched/${stack}/doctor.json`]: {
      checks: [{ id: "app-exists", check: "app exists", status: "ok", found: "Succeeded" }],
    },
  });
  const openIssue = { id: 90, number: 90, body: driftMarker, user: { login: "github-actions[bot]" }, state: "open" };

  test("a failed preview opens no issue, exit code 3", async () => {
    await using github = await startFakeGitHub();
    const ran = await run([...drift, '["prod"]'], { "watched/prod/exit-code": "255\n" }, github);
    expect(ran).toMatchObject({ code: 3, out: "prod: unknown (could not check: prod)" });
    expect(github.issues).toEqual([]);
  });

  test("a stack whose job ended early has no files: the issue stays open even if the others are clean", async () => {
    await using github = await startFakeGitHub();
    github.issues.push({ ...openIssue });
    const ran = await run([...drift, '["dev","staging","prod"]'], { ...clean("dev"), ...clean("staging") }, github);
    expect(ran).toMatchObject({
      code: 3,
      out: "dev: clean, staging: clean, prod: unknown (could not check: prod)",
    });
    expect(github.issues).toMatchObject([{ state: "open" }]);
  });

  test("without any files the issue stays open, exit code 3", async () => {
    await using github = await startFakeGitHub();
    github.issues.push({ ...openIssue });
    const ran = await run([...drift, '["dev","prod"]'], {}, github);
    expect(ran).toMatchObject({ code: 3, out: "dev: unknown, prod: unknown (could not check: dev, prod)" });
    expect(github.issues).toMatchObject([{ state: "open" }]);
  });

  test("drift in one of two stacks opens one issue", async () => {
    await using github = await startFakeGitHub();
    const preview = digest(
      step("refresh", "app", app("sticky"), app("sticky")),
      step("update", "app", app("none"), app("sticky"), ["configuration"]),
    );
    const files = {
      ...clean("dev"),
      ...clean("prod"),
      "watched/prod/exit-code": "7\n",
      "watched/prod/preview.json": `Installing policy pack…\n${JSON.stringify(preview)}\nwarning: {`,
    };
    const ran = await run([...drift, '["dev","prod"]'], files, github);
    expect(ran).toMatchObject({ code: 0, out: "dev: clean, prod: drifted (issue opened)" });
    expect(github.issues).toMatchObject([
      { title: "Drift: prod", body: expect.stringContaining("### Preview of stack `prod`") },
    ]);
  });
});

test.each([["--help"], ["help"], ["render", "--help"], ["gate", "--stack", "prod", "-h"]])(
  "%s prints the usage, exit code 0",
  async (...args) => {
    const told: string[] = [];
    const io = { env: {}, directory: ".", err: () => {}, out: (text: string) => void told.push(text) };
    expect(await main(args, io)).toBe(0);
    expect(told).toEqual([usage]);
  },
);

describe("wrong usage of a step: exit code 2 and a message without a stack trace", () => {
  test.each([
    [[], /^delivery: no command given\n/],
    [["deliver"], /unknown command 'deliver'/],
    [["toString"], /unknown command 'toString'/],
    [["render"], /--stack is required/],
    [["render", "--stack", "prod", "--preview", "@none"], /cannot read \S+\/none \(ENOENT\)/],
    [
      ["render", "--stack", "prod", "--preview", "@none", "--exit-code", "abc"],
      /--exit-code must be a number from 0 to 999, got 'abc'/,
    ],
    [["render", "--stack", "prod", "--preview", "@"], /cannot read \S+ \(EISDIR\)/],
    [["gate", "--colour"], /Unknown option '--colour'/],
    [["gate", "--stack", "prod", "--probe", "@p", "--outputs", "@o"], /cannot read \S+\/o \(ENOENT\)/],
    [["comment", "--pull", "x", "--directory", "."], /--pull must be a pull request number, got 'x'/],
    [["drift", "--directory", "@"], /--stacks is required/],
    [
      ["drift", "--directory", "@", "--stacks", '["../dev"]'],
      /--stacks must be the JSON array .*, got '\["..\/dev"\]'/,
    ],
    [["drift", "--directory", "@", "--stacks", "dev"], /--stacks must be the JSON array .*, got 'dev'/],
    [["drift", "--directory", "@", "--stacks", '["dev"]'], /set GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN/],
    [["stacks", "--base=--output=x"], /--base must be a commit, branch or tag, got '--output=x'/],
  ])("%j", async (args, message) => {
    const ran = await run(args);
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(message);
    expect(ran.err).not.toMatch(/\n\s+at /);
  });
});
