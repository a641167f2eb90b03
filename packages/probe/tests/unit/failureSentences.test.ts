import { expect, test } from "vitest";
import { classifyReply, type Failure, failureReasons } from "../../src/http/outcome.ts";
import { failureSentences } from "../../src/judge/failureSentences.ts";

test("sign-in and rate limits during a run need no detail of a single exchange", () => {
  expect(failureSentences("sign-in").reason).toContain("asked for sign-in during the run: some calls");
  expect(failureSentences("sign-in").advice).toHaveLength(2);
  expect(failureSentences("rate-limited").reason).toContain("rate: some calls were answered with 429.");
});

test.each([
  ["https://gateway.example/mcp", "Pass that https address with --url."],
  ["http://gateway.example/mcp", "Pass that address with --url."],
  ["//gateway.example/mcp", "Pass that address with --url."],
  ["/mcp/", "Pass that path with --path."],
])("a redirect to %s: %s", (location, advice) => {
  const redirect = classifyReply({ status: 301, contentType: "text/html", body: "", location }, false) as Failure;
  expect(failureSentences("redirected", redirect).advice[0]).toBe(advice);
});

test.each(failureReasons)("%s gives the message of the gateway or the system, and what to do", (reason) => {
  const { reason: sentence, advice } = failureSentences(reason, { detail: "what was said" });
  expect(sentence).toMatch(/what was said\.$/);
  expect(advice.length).toBeGreaterThan(0);
  expect(advice.every((line) => /\.$/.test(line))).toBe(true);
});
