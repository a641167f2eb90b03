import { execFile } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { agw } from "../../../../tests/support/agw.ts";
import { temporaryDirectory } from "../../../../tests/support/temporaryDirectory.ts";
import { situations } from "../../src/commands/comment.ts";

describe("agw doctor with wrong options: every problem at once, exit code 2", () => {
  test.each([
    [["--ca", "/nonexistent"], ["--ca: cannot read /nonexistent (ENOENT)"]],
    [["--name", "gateway"], ["--name and --resource-group must be given together"]],
    [
      ["--stack", "prod", "--name", "a", "--resource-group", "b"],
      ["--stack can't be combined with --name or --resource-group"],
    ],
    [
      ["--url", "ftp://x", "--name", "a;b", "--resource-group", "$(c)"],
      ["--name: not a valid name", "--resource-group: not a valid name", "--url: must start with http"],
    ],
    [["--stack", "acme/agentgateway/prod/x"], ["--stack: not a valid name"]],
    [["--stack", "../../etc"], ["--stack: not a valid name"]],
    [["--colour"], ["Unknown option '--colour'"]],
    [["prod"], ["takes no arguments, got 'prod'"]],
  ])("%j", async (args, messages) => {
    const { code, stdout, stderr } = await agw(["doctor", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    for (const message of messages) expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("agw doctor", () => {
  test("without a running local Azure or pulumi on the PATH: could not tell, with what to run", async () => {
    await using folder = await temporaryDirectory();
    const env = { AGW_LOCAL: folder.path, PATH: "/nowhere" };
    const ran = await agw(["doctor", "--stack", "dev"], { env });
    expect(ran.code).toBe(3);
    expect(ran.stdout).toMatch(/pulumi stack output --stack dev: pulumi .* PATH.*npx agw azure/);
    expect(ran.stdout).toContain("npx agw doctor --name N --resource-group G");
    // The default stack is prod, as in the other commands.
    expect((await agw(["doctor"], { env })).stdout).toContain("pulumi stack output --stack prod: ");
  });

  test.each(["acme/prod", "acme/agentgateway/prod"])(
    "takes the full name of a stack in Pulumi Cloud: %s",
    async (stack) => {
      await using folder = await temporaryDirectory();
      const ran = await agw(["doctor", "--stack", stack], { env: { AGW_LOCAL: folder.path, PATH: "/nowhere" } });
      expect({ code: ran.code, stdout: ran.stdout }).toEqual({
        code: 3,
        stdout: expect.stringContaining(`pulumi stack output --stack ${stack}: `),
      });
    },
  );

  test("--json prints one JSON value even if something is wrong, and at once without az", {
    timeout: 60_000,
  }, async () => {
    await using folder = await temporaryDirectory();
    const args = ["doctor", "--name", "a", "--resource-group", "b", "--json"];
    const { code, stdout } = await agw(args, { env: { AGW_LOCAL: folder.path, PATH: "/nowhere" } });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: "not ok",
      target: { name: "a", resourceGroup: "b", url: null },
      replicas: { now: null, min: null, max: null },
    });
  });

  test("every check is in docs/doctor.md", async () => {
    await using folder = await temporaryDirectory();
    const args = ["doctor", "--name", "a", "--resource-group", "b", "--json"];
    const { stdout } = await agw(args, { env: { AGW_LOCAL: folder.path, PATH: "/nowhere" } });
    const lines = (JSON.parse(stdout) as { checks: { check: string }[] }).checks.map(({ check }) => check);
    const rows = [...(await readFile("docs/doctor.md", "utf8")).matchAll(/^\| ([\w ]+) \|/gm)].map((row) => row[1]);
    expect(rows).toEqual(["Check", ...lines]);
  });
});

describe("npm run --silent comment", () => {
  test("prints the Markdown of the comment and nothing else on stdout", async () => {
    const args = ["run", "--silent", "comment", "--", "--stack", "prod"];
    const { stdout } = await promisify(execFile)("npm", args, { env: { ...process.env, NO_COLOR: "1" } });
    expect(stdout).toBe(await readFile("packages/agw/tests/support/comments/first-deployment.md", "utf8"));
  });

  test("an unknown case is wrong usage, and the message lists the cases", async () => {
    const { code, stderr } = await agw(["comment", "--case", "storm"]);
    expect(code).toBe(2);
    for (const name of [...Object.keys(situations), "storm"]) expect(stderr).toContain(name);
  });

  test("leaves nothing behind when interrupted", async () => {
    await using folder = await temporaryDirectory();
    const temporary = join(folder.path, "tmp");
    await mkdir(temporary);
    const ran = await agw(["comment"], {
      env: { TMPDIR: temporary },
      onStart: (child) => child.stderr?.once("data", () => child.kill("SIGINT")),
    });
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 130, stdout: "" });
    expect(await readdir(temporary)).toEqual([]);
  });
});
