import { describe, expect, test } from "vitest";
import { commentMarker } from "../../../src/delivery/comment/previewComment.ts";
import { startFakeGitHub } from "../../support/fakeGitHub.ts";
import { run } from "./runStep.ts";

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

  test("a stack that the change no longer touches has a comment that says so, once", async () => {
    await using github = await startFakeGitHub();
    github.comments.push(written(90, earlier("dev")), written(91, "no marker"), written(92, earlier("eu"), "octocat"));
    const ran = await run([...comment, '["prod"]'], rendered("prod"), github);
    expect(ran).toMatchObject({ code: 0, err: "prod: writtendev: no longer touched" });
    expect(github.comments.map(({ body }) => body)).toEqual([
      `${commentMarker("dev")}\n### This change no longer touches stack \`dev\`\n\nMerging it leaves that stack as it is.`,
      "no marker",
      earlier("eu"),
      `${commentMarker("prod")}\nthe preview\n`,
    ]);
    expect((await run([...comment, '["prod"]'], rendered("prod"), github)).err).toBe("prod: edited");
  });

  test("a change that touches no stack any more, and so has no folder, rewrites what is there", async () => {
    await using github = await startFakeGitHub();
    github.comments.push(written(90, earlier("dev")));
    expect(await run([...comment, "[]"], {}, github)).toMatchObject({ code: 0, err: "dev: no longer touched" });
  });

  test("a preview whose job ended early leaves no result: the comment says so, exit code 3", async () => {
    await using github = await startFakeGitHub();
    github.comments.push(written(90, earlier("dev")));
    const ran = await run([...comment, '["dev","prod"]'], rendered("prod"), github);
    expect(ran).toMatchObject({ code: 3, err: "dev: edited, as its preview left no resultprod: written" });
    expect(github.comments[0]?.body).toContain("### ❌ The preview of stack `dev` left no result");
  });

  test("another stack's comment in a stack's folder is refused", async () => {
    await using github = await startFakeGitHub();
    const files = { "previews/dev/comment.md": earlier("prod") };
    const ran = await run([...comment, '["dev"]'], files, github);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining("dev/comment.md does not start with") });
    expect(github.comments).toEqual([]);
  });
});
