import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { closedPort } from "../../../../../tests/support/closedPort.ts";
import {
  closeIssue,
  findIssue,
  type GitHub,
  openIssue,
  updateIssue,
  upsertComment,
} from "../../../src/delivery/steps/github.ts";
import { type FakeGitHub, fakeToken, repository, startFakeGitHub } from "../../support/fakeGitHub.ts";

/** Runs against a fake of the few API calls; doesn't prove that GitHub itself answers like this. */
describe("GitHub's comments and issues", () => {
  let fake: FakeGitHub;
  let github: GitHub;
  const marker = "<!-- agw-preview:prod -->";

  beforeEach(async () => {
    fake = await startFakeGitHub();
    github = { api: fake.url, repository, token: fakeToken };
  });
  afterEach(() => fake[Symbol.asyncDispose]());

  test("writes one comment per stack and then edits it, even after hundreds of other comments", async () => {
    for (let id = 1000; id < 1250; id++) {
      fake.comments.push({ id, number: id, body: "hello", user: { login: "octocat" }, under: 5 });
    }
    expect(await upsertComment(github, 5, marker, `${marker}\none`)).toBe("written");
    expect(await upsertComment(github, 5, marker, `${marker}\ntwo`)).toBe("edited");
    expect(await upsertComment(github, 5, "<!-- agw-preview:dev -->", "<!-- agw-preview:dev -->\n")).toBe("written");
    expect(await upsertComment(github, 6, marker, `${marker}\nother pull request`)).toBe("written");
    const own = fake.comments.filter(({ user }) => user.login !== "octocat");
    expect(own.map(({ body, under }) => [under, body])).toEqual([
      [5, `${marker}\ntwo`],
      [5, "<!-- agw-preview:dev -->\n"],
      [6, `${marker}\nother pull request`],
    ]);
  });

  test("leaves a comment alone if somebody else pasted the marker", async () => {
    fake.comments.push({ id: 900, number: 900, body: `${marker}\nmine`, user: { login: "octocat" }, under: 5 });
    expect(await upsertComment(github, 5, marker, `${marker}\nours`)).toBe("written");
    expect(fake.comments[0]?.body).toBe(`${marker}\nmine`);
  });

  test("finds an issue by its marker, updates it, and closes it with a comment", async () => {
    expect(await findIssue(github, "<!-- d -->")).toBeUndefined();
    fake.issues.push({ id: 90, number: 90, body: "<!-- d -->", user: { login: "octocat" }, state: "open" });
    await openIssue(github, "Drift: prod", "<!-- d -->\none");
    const found = await findIssue(github, "<!-- d -->");
    expect(found).toEqual({ number: 1, body: "<!-- d -->\none" });
    await updateIssue(github, 1, "Drift: dev, prod", "<!-- d -->\ntwo");
    await closeIssue(github, 1, "No drift.");
    expect(fake.issues[1]).toMatchObject({ title: "Drift: dev, prod", body: "<!-- d -->\ntwo", state: "closed" });
    expect(fake.comments).toMatchObject([{ under: 1, body: "No drift." }]);
    expect(await findIssue(github, "<!-- d -->")).toBeUndefined();
  });

  test("doesn't take a pull request with the marker for the issue, although GitHub lists both", async () => {
    const pull = { id: 90, number: 90, body: "<!-- d -->", user: { login: "github-actions[bot]" }, state: "open" };
    fake.issues.push({ ...pull, pull_request: {} });
    expect(await findIssue(github, "<!-- d -->")).toBeUndefined();
    fake.issues.push({ ...pull, id: 91, number: 91 });
    expect(await findIssue(github, "<!-- d -->")).toMatchObject({ number: 91 });
  });

  test("reports a refusal with its status and GitHub's message, without the token", async () => {
    const refused = findIssue({ ...github, token: "ghs_wrong_token" }, marker);
    await expect(refused).rejects.toThrow(/^GET \/issues\?.*: GitHub returned 401 Bad credentials$/);
    await expect(refused).rejects.not.toThrow(/ghs_wrong/);
  });

  test("reports that GitHub can't be reached", async () => {
    const away = { ...github, api: `http://127.0.0.1:${closedPort}` };
    await expect(openIssue(away, "t", "b")).rejects.toThrow(/POST \/issues: GitHub could not be reached/);
  });
});
