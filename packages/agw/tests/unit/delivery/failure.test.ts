import { describe, expect, test } from "vitest";
import { isCutShort, isProtected, messageLines, reasonBlock } from "../../../src/delivery/comment/failure.ts";
import { renderPreview } from "../../../src/delivery/comment/pulumiOutput.ts";
import { app, digest, step } from "./digests.ts";

const urn = "urn:pulumi:prod::agentgateway::azure-native:app:ContainerApp::agentgateway-app";
const error = (message: string) => ({ urn, severity: "error", message });
const failed = { severity: "error", message: "error: preview failed\n" };
const hook = error('error: Preview failed: before hook "secrets" failed: the app has the secret `x`.\nRemove it.\n');
const info = { urn, severity: "info", message: "Session affinity, live: sticky; after this update: sticky.\n" };

describe("why a preview failed", () => {
  test("is said on the resource, without what the engine puts before it, and not again in the messages", () => {
    expect(reasonBlock([info, hook, failed])).toEqual([
      '```text\nagentgateway-app: before hook "secrets" failed: the app has the secret `x`.\nRemove it.\n```',
      "",
    ]);
    expect(messageLines([info, hook, failed], "but reasons")).toEqual([
      "info agentgateway-app: Session affinity, live: sticky; after this update: sticky.",
      "error: preview failed",
    ]);
    expect(messageLines([hook], "all")[0]).toMatch(/^error agentgateway-app: before hook/);
  });

  test("is not said if the engine says only that it failed, as where a policy stops it", () => {
    expect(reasonBlock([info, failed])).toEqual([]);
    expect([isCutShort([info, failed]), isCutShort([hook])]).toEqual([false, true]);
  });

  test.each([
    ["31 lines", Array.from({ length: 31 }, (_, line) => `line ${line}`).join("\n")],
    ["5,000 characters", "x".repeat(5_000)],
  ])("of %s is cut in the head, and whole in the messages", (_title, message) => {
    const [block = ""] = reasonBlock([error(message)]);
    expect(block.length).toBeLessThan(4_100);
    expect(block).toContain("…");
    expect(messageLines([error(message)], "but reasons").join("\n")).toContain(message);
  });

  test("shows no terminal's colours", () => {
    expect(reasonBlock([error("\u001b[31mred\u001b[39m")])[0]).toBe("```text\nagentgateway-app: red\n```");
  });

  test.each([
    ['unable to replace resource "urn" as it is currently marked for protection. To unprotect', true],
    ['resource "urn" cannot be deleted\nbecause it is protected. To unprotect', true],
    ["the app's value is protected by a secret", false],
  ])("%j: protection is told from other reasons", (message, expected) => {
    expect(isProtected([error(message)])).toBe(expected);
    expect(isProtected([{ ...info, message }])).toBe(false);
  });
});

describe("the comment of a preview that failed", () => {
  const comment = (preview: ReturnType<typeof digest>, diagnostics: object[]): string =>
    renderPreview(JSON.stringify({ ...preview, diagnostics }), "", { stack: "prod", exitCode: 1 });
  const refresh = step("refresh", "app", app("sticky"), app("sticky"));

  test("tells nothing of an app that it did not come to", () => {
    const text = comment(digest(refresh), [hook]);
    expect(text).toContain("- **Affinity:** ⚠️ cannot be told.\n- **Live sessions:** ⚠️ cannot be told.");
    expect(text).toContain("The preview came no further.");
  });

  test("tells what it came to, and what a policy stops in full", () => {
    const update = step("update", "app", app("sticky"), app("sticky", "gateway:2"), ["template"]);
    expect(comment(digest(refresh, update), [hook])).toContain("**a new revision ends them**");
    const stopped = comment(digest(refresh), [failed]);
    expect(stopped).toContain("- **Affinity:** stays on.\n- **Live sessions:** nothing happens to them.");
    expect(stopped).not.toContain("came no further");
  });

  test("names the way past deletion protection once, and the safe way once", () => {
    const message = "unable to replace resource as it is currently marked for protection.";
    for (const steps of [[refresh], [refresh, step("replace", "app", app("sticky"), app("sticky"))]]) {
      const text = comment(digest(...steps), [error(message)]);
      expect(text.match(/Deletion protection stopped this change/g)).toHaveLength(1);
      expect(text.match(/deploymentStamp b/g)).toHaveLength(1);
    }
  });
});
