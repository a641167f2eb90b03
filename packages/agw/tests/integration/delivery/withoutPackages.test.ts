import { execFile } from "node:child_process";
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../../tests/support/temporaryDirectory.ts";
import { previewMarkdown } from "../../../src/delivery/comment/previewComment.ts";
import { type FakeGitHub, fakeToken, repository, startFakeGitHub } from "../../support/fakeGitHub.ts";

// The jobs that run these two steps install nothing, so everything that the steps load may import only types from packages.

let checkout: Awaited<ReturnType<typeof temporaryDirectory>>;
let github: FakeGitHub;

beforeAll(async () => {
  checkout = await temporaryDirectory();
  github = await startFakeGitHub();
  const files = (await readdir(".", { withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = ["src", "packages/agw/src", "packages/agw/package.json", ...files.map(({ name }) => name)];
  for (const path of paths) await cp(path, join(checkout.path, path), { recursive: true });
});
afterAll(async () => {
  await github?.[Symbol.asyncDispose]();
  await checkout?.[Symbol.asyncDispose]();
});

const step = (...args: string[]) =>
  promisify(execFile)(process.execPath, ["packages/agw/src/delivery.ts", ...args], {
    cwd: checkout.path,
    env: {
      PATH: dirname(process.execPath),
      GITHUB_API_URL: github.url,
      GITHUB_REPOSITORY: repository,
      GITHUB_TOKEN: fakeToken,
    },
  });

test("stacks runs without installed packages", async () => {
  const { stdout } = await step("stacks");
  expect(JSON.parse(stdout)).toEqual(["dev", "staging", "prod"]);
});

test("comment runs without installed packages", async () => {
  const data = { version: 1, preview: { changeSummary: { same: 3 } }, output: "", violations: [] };
  await mkdir(join(checkout.path, "previews", "prod"), { recursive: true });
  await writeFile(join(checkout.path, "previews", "prod", "preview.json"), JSON.stringify(data));
  await step("comment", "--directory", "previews", "--pull", "5", "--stacks", '["prod"]');
  expect(github.comments.map(({ body }) => body)).toEqual([previewMarkdown(data.preview, { stack: "prod" })]);
});
