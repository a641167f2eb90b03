import { describe, expect, test } from "vitest";
import {
  isCutShort,
  isProtected,
  messageLines,
  reasonBlock,
} from "../../../../src/delivery/comment/previewDiagnostics.ts";
import { resultMarkdown } from "../../../../src/delivery/comment/stackComment.ts";
import { resultOf } from "../../../../src/delivery/digest/previewResult.ts";
import { sessionsSentence } from "../../../../src/delivery/forecast/clientSentences.ts";
import { affinitySentence } from "../../../../src/delivery/forecast/commentSentences.ts";
import { app, digest, step } from "../digests.ts";

const urn = "urn:pulumi:prod::agentgateway::azure-native:app:ContainerApp::agentgateway-app";
const error = (message: string) => ({ urn, severity: "error", message });
const failed = { severity: "error", message: "error: preview failed\n" };
const hook = error('error: Preview failed: before hook "secrets" failed: the app has the secret `x`.\nRemove it.\n');
const info = { urn, severity: "info", message: "Session affinity, live: sticky; after this update: sticky.\n" };

describe("the reason for a failed preview", () => {
  test("is shown with its resource, without the engine's prefixes, and not repeated in the messages", () => {
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

  test("is omitted if the engine only says that it failed, as for a policy violation", () => {
    expect(reasonBlock([info, failed])).toEqual([]);
    expect([isCutShort([info, failed]), isCutShort([hook])]).toEqual([false, true]);
  });

  test.each([
    ["31 lines", Array.from({ length: 31 }, (_, line) => `line ${line}`).join("\n")],
    ["5,000 characters", "x".repeat(5_000)],
  ])("of %s is cut at the top and complete in the messages", (_title, message) => {
    const [block = ""] = reasonBlock([error(message)]);
    expect(block.length).toBeLessThan(4_100);
    expect(block).toContain("…");
    expect(messageLines([error(message)], "but reasons").join("\n")).toContain(message);
  });

  test("contains no terminal colors", () => {
    expect(reasonBlock([error("\u001b[31mred\u001b[39m")])[0]).toBe("```text\nagentgateway-app: red\n```");
  });

  test.each([
    ['unable to replace resource "urn" as it is currently marked for protection. To unprotect', true],
    ['resource "urn" cannot be deleted\nbecause it is protected. To unprotect', true],
    ["the app's value is protected by a secret", false],
  ])("tells deletion protection from other reasons: %j", (message, expected) => {
    expect(isProtected([error(message)])).toBe(expected);
    expect(isProtected([{ ...info, message }])).toBe(false);
  });
});

describe("the comment of a failed preview", () => {
  const comment = (preview: ReturnType<typeof digest>, diagnostics: object[]): string =>
    resultMarkdown(resultOf({ text: JSON.stringify({ ...preview, diagnostics }), exitCode: 1 }), { stack: "prod" });
  const refresh = step("refresh", "app", app("sticky"), app("sticky"));

  test("makes no forecast for an app that the preview didn't reach", () => {
    const text = comment(digest(refresh), [hook]);
    const unknown = "⚠️ unknown: the preview stopped before it reached the app.";
    expect(text).toContain(`- **Affinity:** ${unknown}\n- **Live sessions:** ${unknown}`);
    expect(text).toContain("The preview stopped early, so steps may be missing.");
  });

  test("makes the forecast for an app that it reached, and always if only a policy stopped it", () => {
    const update = step("update", "app", app("sticky"), app("sticky", "gateway:2"), ["template"]);
    expect(comment(digest(refresh, update), [hook])).toContain(
      sessionsSentence({
        kind: "new revision",
        because: ["template.containers[0].image"],
        targets: { kind: "unknown" },
      }),
    );
    const stopped = comment(digest(refresh), [failed]);
    expect(stopped).toContain(`- **Affinity:** ${affinitySentence({ kind: "stays", wanted: "sticky" })}\n`);
    expect(stopped).toContain(`- **Live sessions:** ${sessionsSentence({ kind: "unaffected", elsewhere: false })}\n`);
    expect(stopped).not.toContain("The preview stopped early");
  });

  test("explains deletion protection once, and gives the safe way once", () => {
    const message = "unable to replace resource as it is currently marked for protection.";
    for (const steps of [[refresh], [refresh, step("replace", "app", app("sticky"), app("sticky"))]]) {
      const text = comment(digest(...steps), [error(message)]);
      expect(text.match(/Deletion protection stopped this change/g)).toHaveLength(1);
      expect(text.match(/deploymentStamp b/g)).toHaveLength(1);
    }
  });
});
