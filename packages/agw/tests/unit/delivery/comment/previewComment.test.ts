import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commentMarker, previewMarkdown, stackOfMarker } from "../../../../src/delivery/comment/previewComment.ts";
import { resultMarkdown } from "../../../../src/delivery/comment/stackComment.ts";
import { resultOf } from "../../../../src/delivery/digest/previewResult.ts";
import { parsePreview } from "../../../../src/delivery/digest/readPreview.ts";
import { app, command, digest, step } from "../digests.ts";

const update = (image: string) =>
  digest(step("update", "app", app("sticky"), app("sticky", image), ["template.containers"]));

describe("the comment of a preview", () => {
  test("starts with a line that identifies its stack", () => {
    expect(previewMarkdown(update("gateway:2"), { stack: "prod" }).split("\n")[0]).toBe(commentMarker("prod"));
    expect(commentMarker("prod--> x")).toBe("<!-- agw-preview:prod%2D%2D%3E%20x -->");
    expect(commentMarker("prod")).not.toBe(commentMarker("prod-eu"));
    expect(stackOfMarker(`${commentMarker("prod--> x")}\nmore`)).toBe("prod--> x");
    expect(stackOfMarker("<!-- agw-preview:%E0 -->\n")).toBeUndefined();
  });

  test("shows names and values of the run only as code", () => {
    const hostile = "@octocat #1 https://example.com <b>x</b> [a](b)";
    const text = previewMarkdown(update(hostile), { stack: "prod" });
    const outside = text.replaceAll(/^(`{3,})diff\n[\s\S]*?\n\1$/gm, "").replaceAll(/(`+)[^`]+\1/g, "");
    expect(text).toContain(hostile);
    expect(outside).not.toMatch(/@octocat|#1|example\.com|<b>|\[a\]/);
  });

  test.each([65_536, 10_000, 1_200])("stays within %i bytes and says how much it omits", (limit) => {
    const image = "é".repeat(200);
    const steps = Array.from({ length: 3_000 }, (_, index) => ({
      ...step("update", "app", app("sticky"), app("sticky", `${image}${index}`)),
      urn: `urn:pulumi:prod::agentgateway::azure-native:app:ContainerApp::app-${index}`,
    }));
    const text = previewMarkdown({ steps }, { stack: "prod", limit });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
    expect(text).toMatch(/\d+ more (steps|lines) are not shown\.|don't fit in one comment/);
    expect(text).toContain("`pulumi preview --diff --stack prod`");
    expect(text.match(/^```/gm)?.length ?? 0).toSatisfy((fences: number) => fences % 2 === 0);
  });

  test("stays within the limit and keeps its marker even if names alone exceed it", () => {
    const long = (index: number) => `${"\u202e".repeat(400)}${index}`;
    const configuration = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [long(index), 1]));
    const registries = Array.from({ length: 50 }, (_, index) => ({ server: long(index) }));
    const domains = { customDomains: registries.map(({ server }) => ({ name: server })) };
    const inputs = { configuration: { registries, ingress: domains }, identity: { type: "SystemAssigned" } };
    const preview = digest(step("update", "app", inputs, { configuration: { ...configuration, ingress: {} } }));
    const changeSummary = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [long(index), 1]));
    const text = previewMarkdown({ ...preview, changeSummary }, { stack: "prod" });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
    expect(text).toMatch(/^<!-- agw-preview:prod -->\n### Preview of stack `prod`\n/);
  });

  test.each([
    [100, 100, undefined],
    [103, 100, "3 more steps are not shown."],
  ])("for %i steps has a table of %i rows and says how many it omits", (count, rows, note) => {
    const steps = Array.from({ length: count }, (_, index) => ({
      ...step("create", "app", undefined, app("sticky")),
      urn: `urn:pulumi:prod::agentgateway::azure-native:app:ContainerApp::app-${index}`,
    }));
    const text = previewMarkdown({ steps }, { stack: "prod" });
    expect(text.match(/^\| create \|/gm)).toHaveLength(rows);
    expect(/\d+ more steps are not shown\./.exec(text)?.[0]).toBe(note);
  });

  test.each(["same", "read", "refresh"])("doesn't count a resource that is only read as a change: %s", (op) => {
    const text = previewMarkdown(digest(step(op, "app", app("sticky"), app("sticky"))), { stack: "prod" });
    expect(text).toContain("- **Steps:** no changes.");
    expect(text).not.toContain("| Step |");
  });

  test("lists deletions first and parents before children, independent of the engine's order", () => {
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
        "import taken",
        "other other",
      ]);
    }
  });

  test("shows the engine's counts, without refreshes", () => {
    const counts = (changeSummary: Record<string, number>) =>
      /- \*\*Steps:\*\* (.*)/.exec(previewMarkdown({ steps: [], changeSummary }, { stack: "prod" }))?.[1];
    expect(counts({ create: 2, delete: 1, refresh: 4, same: 7 })).toBe("2 to `create`, 1 to `delete`, 7 unchanged.");
    expect(counts({ update: 1 })).toBe("1 to `update`.");
    expect(counts({ refresh: 4, same: 7 })).toBe("no changes (7 unchanged).");
    expect(counts({})).toBe("no changes.");
  });

  test("starts with what the update destroys", () => {
    const inputs = { containerAppName: "app", location: "a", ...app("sticky") };
    const replaced = step("replace", "app", inputs, { ...inputs, location: "b" });
    const text = previewMarkdown(digest(replaced), { stack: "prod" });
    const labels = text.split("\n").filter((line) => line.startsWith("- **"));
    expect(labels.map((line) => line.split(":")[0])).toEqual([
      "- **Destroys and rebuilds",
      "- **Affinity",
      "- **Live sessions",
      "- **Steps",
    ]);
  });

  test("shows how many policies the change violates, which, and on which resource", () => {
    const one = { policy: "p1", resource: "agentgateway-app", message: "has one\nreplica" };
    const violation = { ...one, level: "advisory" } as const;
    const violations = [violation, { ...one, level: "mandatory", policy: "p2", resource: "" } as const];
    const text = previewMarkdown(digest(), { stack: "prod", violations });
    expect(text).toContain("- **Policy violations:** ❌ 1 mandatory, 1 advisory.");
    expect(text).toContain("[advisory] p1 (agentgateway-app)\nhas one\nreplica\n\n[mandatory] p2\nhas one");
    const advised = previewMarkdown(digest(), { stack: "prod", violations: [violation] });
    expect(advised).toContain("- **Policy violations:** 0 mandatory, 1 advisory.");
    expect(previewMarkdown(digest(), { stack: "prod" })).not.toContain("Policy");
  });

  test("shows the first 12 digits of the commit, and omits empty messages", () => {
    const diagnostics = [{ severity: "info" }, { severity: "info", message: "" }, { message: "error: said" }];
    const text = previewMarkdown({ steps: [], diagnostics }, { stack: "prod", commit: "0123456789abcdef" });
    expect(text).toContain("### Preview of stack `prod` at `0123456789ab`\n");
    expect(text).toContain("```text\ninfo: said\n```");
  });

  test("says that a secret value changes, without showing it", () => {
    const before = { ...app("hidden"), note: "[secret]" };
    const text = previewMarkdown(
      digest(
        step("update", "app", before, { ...before, template: {} }, ["template", "note"]),
        step("refresh", "command", command("sticky"), command("sticky")),
      ),
      { stack: "prod" },
    );
    expect(text).toContain("! note: changed (value not shown)");
  });

  test("lists messages, except for the paths of plugins", () => {
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

describe("the comment of a recorded preview by Pulumi's engine (same snapshots as for the built-in engine)", () => {
  const recorded = (name: string) => readFileSync(`packages/agw/tests/support/previews/${name}.json`, "utf8");

  test.each(["first-deployment", "no-change", "toggle-off", "drift", "new-revision", "scale", "rebuild"])(
    "%s",
    async (name) => {
      const markdown = `${previewMarkdown(parsePreview(recorded(name)), { stack: "prod" })}\n`;
      await expect(markdown).toMatchFileSnapshot(`../../../support/comments/${name}.md`);
    },
  );

  test.each(["protected", "hook"])("%s: a failed preview starts with the reason", async (name) => {
    const markdown = `${resultMarkdown(resultOf({ text: recorded(name), exitCode: 1 }), { stack: "prod" })}\n`;
    await expect(markdown).toMatchFileSnapshot(`../../../support/comments/${name}.md`);
  });
});
