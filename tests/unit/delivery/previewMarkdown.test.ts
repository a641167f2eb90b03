import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parsePreview } from "../../../src/delivery/previewDigest.ts";
import { commentMarker, previewMarkdown } from "../../../src/delivery/previewMarkdown.ts";
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
  test.each(["first-deployment", "no-change", "toggle-off", "drift", "new-revision"])("%s", async (name) => {
    const preview = parsePreview(readFileSync(`tests/support/previews/${name}.json`, "utf8"));
    const markdown = `${previewMarkdown(preview, { stack: "prod" })}\n`;
    await expect(markdown).toMatchFileSnapshot(`../../support/comments/${name}.md`);
  });
});
