import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commentMarker, previewMarkdown } from "../../../src/delivery/comment/previewComment.ts";
import { renderPreview } from "../../../src/delivery/comment/pulumiOutput.ts";
import { parsePreview } from "../../../src/delivery/digest/previewDigest.ts";
import { app, command, digest, step } from "./digests.ts";

const update = (image: string) =>
  digest(step("update", "app", app("sticky"), app("sticky", image), ["template.containers"]));

describe("the comment that a preview becomes", () => {
  test("is found again by a first line that only its own stack has", () => {
    expect(previewMarkdown(update("gateway:2"), { stack: "prod" }).split("\n")[0]).toBe(commentMarker("prod"));
    expect(commentMarker("prod--> x")).toBe("<!-- agw-preview:prod%2D%2D%3E%20x -->");
    expect(commentMarker("prod")).not.toBe(commentMarker("prod-eu"));
  });

  test("shows names and values of the run only in code", () => {
    const hostile = "@octocat #1 https://example.com <b>x</b> [a](b)";
    const text = previewMarkdown(update(hostile), { stack: "prod" });
    const outside = text.replaceAll(/^(`{3,})diff\n[\s\S]*?\n\1$/gm, "").replaceAll(/(`+)[^`]+\1/g, "");
    expect(text).toContain(hostile);
    expect(outside).not.toMatch(/@octocat|#1|example\.com|<b>|\[a\]/);
  });

  test.each([65_536, 10_000, 1_200])("stays within %i bytes, and says how much is left out", (limit) => {
    const image = "é".repeat(200);
    const steps = Array.from({ length: 3_000 }, (_, index) => ({
      ...step("update", "app", app("sticky"), app("sticky", `${image}${index}`)),
      urn: `urn:pulumi:prod::agentgateway::azure-native:app:ContainerApp::app-${index}`,
    }));
    const text = previewMarkdown({ steps }, { stack: "prod", limit, runUrl: "https://ci.example/1" });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
    expect(text).toMatch(/\d+ (steps|lines) more are not shown\.|too many for a comment/);
    expect(text).toContain("[The run](https://ci.example/1)");
    expect(text.match(/^```/gm)?.length ?? 0).toSatisfy((fences: number) => fences % 2 === 0);
  });

  test.each([
    [100, 100, undefined],
    [103, 100, "3 steps more are not shown."],
  ])("a table of %i steps has %i rows, and says how many are left out", (count, rows, note) => {
    const steps = Array.from({ length: count }, (_, index) => ({
      ...step("create", "app", undefined, app("sticky")),
      urn: `urn:pulumi:prod::agentgateway::azure-native:app:ContainerApp::app-${index}`,
    }));
    const text = previewMarkdown({ steps }, { stack: "prod" });
    expect(text.match(/^\| create \|/gm)).toHaveLength(rows);
    expect(/\d+ steps more are not shown\./.exec(text)?.[0]).toBe(note);
  });

  test.each(["same", "read", "refresh"])("a resource that is only looked at is no change: %s", (op) => {
    const text = previewMarkdown(digest(step(op, "app", app("sticky"), app("sticky"))), { stack: "prod" });
    expect(text).toContain("- **Steps:** no changes.");
    expect(text).not.toContain("| Step |");
  });

  test("what is lost comes first, parents before children, whatever the order of the engine's steps", () => {
    const prefix = "urn:pulumi:prod::agentgateway::agentgateway:index:AgentGateway";
    const of = (op: string, type: string, name: string) => ({
      ...step(op, "app", app("sticky"), app("sticky")),
      urn: `${prefix}${type}::${name}`,
    });
    const steps = [
      of("import", "$a:b:C", "taken"),
      of("create", "", "made"),
      of("discard", "", "other"),
      of("update", "$a:b:C", "changed-2"),
      of("update", "$a:b:C", "changed-1"),
      of("update", "", "parent"),
      of("replace", "", "replaced"),
      of("delete", "", "deleted"),
    ];
    for (const order of [steps, steps.toReversed()]) {
      const rows = previewMarkdown({ steps: order }, { stack: "prod" }).matchAll(/^\| (\w+) \| `(\S+)` \|/gm);
      expect([...rows].map(([, op, name]) => `${op} ${name}`)).toEqual([
        "delete deleted",
        "replace replaced",
        "update parent",
        "update changed-1",
        "update changed-2",
        "create made",
        "create taken",
        "other other",
      ]);
    }
  });

  test("counts what the engine counts, but for what it only looks at", () => {
    const said = (changeSummary: Record<string, number>) =>
      /- \*\*Steps:\*\* (.*)/.exec(previewMarkdown({ steps: [], changeSummary }, { stack: "prod" }))?.[1];
    expect(said({ create: 2, delete: 1, refresh: 4, same: 7 })).toBe("2 to `create`, 1 to `delete`, 7 unchanged.");
    expect(said({ update: 1 })).toBe("1 to `update`.");
    expect(said({ refresh: 4, same: 7 })).toBe("no changes (7 unchanged).");
    expect(said({})).toBe("no changes.");
  });

  test("policies that the change breaks: how many, which, and on what", () => {
    const one = { policy: "p1", resource: "agentgateway-app", message: "has one\nreplica" };
    const violation = { ...one, level: "advisory" } as const;
    const violations = [violation, { ...one, level: "mandatory", policy: "p2", resource: "" } as const];
    const text = previewMarkdown(digest(), { stack: "prod", violations });
    expect(text).toContain("- **Policy:** ❌ 1 broken, 1 advised.");
    expect(text).toContain("[advisory] p1 (agentgateway-app)\nhas one\nreplica\n\n[mandatory] p2\nhas one");
    const advised = previewMarkdown(digest(), { stack: "prod", violations: [violation] });
    expect(advised).toContain("- **Policy:** none broken, 1 advised.");
    expect(previewMarkdown(digest(), { stack: "prod" })).not.toContain("Policy");
  });

  test("names the commit by its first 12 digits, and leaves empty messages out", () => {
    const diagnostics = [{ severity: "info" }, { severity: "info", message: "" }, { message: "error: said" }];
    const text = previewMarkdown({ steps: [], diagnostics }, { stack: "prod", commit: "0123456789abcdef" });
    expect(text).toContain("### Preview of stack `prod` at `0123456789ab`\n");
    expect(text).toContain("```text\ninfo: said\n```");
  });

  test("says what is hidden by a secret, without it", () => {
    const before = { ...app("hidden"), note: "[secret]" };
    const text = previewMarkdown(
      digest(
        step("update", "app", before, { ...before, template: {} }, ["template", "note"]),
        step("refresh", "command", command("sticky"), command("sticky")),
      ),
      { stack: "prod" },
    );
    expect(text).toContain("! note: changed, not shown");
  });

  test("lists messages, but not where a plugin lies on the machine that ran it", () => {
    const diagnostics = [
      { severity: "warning", message: "using pulumi-resource-x from $PATH at /somewhere/pulumi-resource-x\n" },
      {
        severity: "info",
        urn: "urn:pulumi:prod::p::a:b:C::gateway",
        message: "affinity is none, and will be sticky\n",
      },
    ];
    const text = previewMarkdown({ steps: [], diagnostics }, { stack: "prod" });
    expect(text).toContain("info gateway: affinity is none, and will be sticky");
    expect(text).not.toContain("somewhere");
  });
});

describe("what is not a preview is refused", () => {
  test.each([
    ["error: no stack", /not JSON \(15 characters\)/],
    ["[]", /neither `steps` nor `changeSummary`/],
    ['{"steps":"many","changeSummary":{}}', /steps of the preview is no list/],
    ['{"steps":[],"diagnostics":[{"message":3}]}', /diagnostics\[0\] of the preview has a message that is no text/],
    ['{"steps":[{"op":"same"}]}', /steps\[0\] of the preview has no op or no urn/],
  ])("%j", (text, message) => expect(() => parsePreview(text)).toThrow(message));
});

describe("the comment of what Pulumi's own engine printed (recorded; the same snapshots as for the engine of this project)", () => {
  const recorded = (name: string) => readFileSync(`packages/agw/tests/support/previews/${name}.json`, "utf8");

  test.each(["first-deployment", "no-change", "toggle-off", "drift", "new-revision", "rebuild"])("%s", async (name) => {
    const markdown = `${previewMarkdown(parsePreview(recorded(name)), { stack: "prod" })}\n`;
    await expect(markdown).toMatchFileSnapshot(`../../support/comments/${name}.md`);
  });

  test.each(["protected", "hook"])(
    "%s: the preview failed, and the reason stands before everything else",
    async (name) => {
      const markdown = `${renderPreview(recorded(name), "", { stack: "prod", exitCode: 1 })}\n`;
      await expect(markdown).toMatchFileSnapshot(`../../support/comments/${name}.md`);
    },
  );
});
