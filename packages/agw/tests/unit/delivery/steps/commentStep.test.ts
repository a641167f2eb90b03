import { describe, expect, test } from "vitest";
import { commentMarker } from "../../../../src/delivery/comment/previewComment.ts";
import { startFakeGitHub } from "../../../support/fakeGitHub.ts";
import { run } from "../runStep.ts";

describe("the comments of a pull request", () => {
  const comment = ["comment", "--directory", "@previews", "--pull", "5", "--stacks"];
  const rendered = (stack: string) => ({ [`previews/${stack}/comment.md`]: `${commentMarker(stack)}\nthe preview\n` });
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
      `${commentMarker("prod")}\nthe preview\n`,
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

  test("a comment in the folder of another stack is refused", async () => {
    await using github = await startFakeGitHub();
    const files = { "previews/dev/comment.md": earlier("prod") };
    const ran = await run([...comment, '["dev"]'], files, github);
    expect(ran).toMatchObject({
      code: 2,
      err: expect.stringContaining("dev/comment.md is not the comment of stack 'dev'"),
    });
    expect(github.comments).toEqual([]);
  });
});
