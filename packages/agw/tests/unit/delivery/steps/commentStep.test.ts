import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../../../tests/support/temporaryDirectory.ts";
import { commentMarker, previewMarkdown, stackOfMarker } from "../../../../src/delivery/comment/previewComment.ts";
import { startFakeGitHub } from "../../../support/fakeGitHub.ts";
import { run } from "../runStep.ts";

describe("the comments of a pull request", () => {
  const comment = ["comment", "--directory", "@previews", "--pull", "5", "--stacks"];
  const data = { version: 1, exitCode: 0, preview: { changeSummary: { same: 3 } }, output: "", violations: [] };
  const rendered = (stack: string) => ({ [`previews/${stack}/preview.json`]: data });
  const written = (id: number, body: string, login = "github-actions[bot]") => ({
    id,
    number: id,
    body,
    user: { login },
    under: 5,
  });
  const earlier = (stack: string) => `${commentMarker(stack)}\nof an earlier commit`;

  test("a comment of a stack that is no longer affected is replaced once", async () => {
    await using github = await startFakeGitHub();
    github.comments.push(written(90, earlier("dev")), written(91, "no marker"), written(92, earlier("eu"), "octocat"));
    const ran = await run([...comment, '["prod"]'], rendered("prod"), github);
    expect(ran).toMatchObject({ code: 0, err: "prod: writtendev: no longer affected" });
    expect(github.comments.map(({ body }) => body)).toEqual([
      `${commentMarker("dev")}\n### This pull request no longer affects stack \`dev\`\n\nMerging this pull request doesn't change the stack.`,
      "no marker",
      earlier("eu"),
      previewMarkdown(data.preview, { stack: "prod" }),
    ]);
    expect((await run([...comment, '["prod"]'], rendered("prod"), github)).err).toBe("prod: edited");
  });

  test("comments are replaced even if no stack is affected and there is no folder", async () => {
    await using github = await startFakeGitHub();
    github.comments.push(written(90, earlier("dev")));
    expect(await run([...comment, "[]"], {}, github)).toMatchObject({ code: 0, err: "dev: no longer affected" });
  });

  test("a missing preview is commented, exit code 3", async () => {
    await using github = await startFakeGitHub();
    github.comments.push(written(90, earlier("dev")));
    const ran = await run([...comment, '["dev","prod"]'], rendered("prod"), github);
    expect(ran).toMatchObject({ code: 3, err: "dev: edited (no preview)prod: written" });
    expect(github.comments[0]?.body).toContain("### ❌ No preview of stack `dev`");
  });

  test("the pull request's data doesn't decide which stacks get a comment, nor the comment's marker", async () => {
    await using github = await startFakeGitHub();
    const forged = { ...data, stack: "prod", marker: commentMarker("prod"), output: commentMarker("prod") };
    const files = { "previews/dev/preview.json": forged, ...rendered("prod") };
    expect(await run([...comment, '["dev"]'], files, github)).toMatchObject({ code: 0, err: "dev: written" });
    expect(github.comments.map(({ body }) => stackOfMarker(body))).toEqual(["dev"]);
  });

  test.each<[string, (folder: string) => Promise<void>]>([
    ["of another shape", (folder) => writeFile(join(folder, "preview.json"), '{"version":1}')],
    ["a link", (folder) => symlink(join(folder, "../prod/preview.json"), join(folder, "preview.json"))],
    ["too large", (folder) => writeFile(join(folder, "preview.json"), JSON.stringify(data).padEnd(5_000_001))],
  ])("data that is %s counts as missing", async (_title, write) => {
    await using github = await startFakeGitHub();
    await using folder = await temporaryDirectory();
    for (const stack of ["dev", "prod"]) await mkdir(join(folder.path, stack));
    await writeFile(join(folder.path, "prod/preview.json"), JSON.stringify(data));
    await write(join(folder.path, "dev"));
    const ran = await run(["comment", "--directory", folder.path, "--pull", "5", "--stacks", '["dev"]'], {}, github);
    expect(ran).toMatchObject({ code: 3, err: "dev: written (no preview)" });
  });
});
