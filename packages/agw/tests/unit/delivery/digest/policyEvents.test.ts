import { describe, expect, test } from "vitest";
import { violationsOf } from "../../../../src/delivery/digest/policyEvents.ts";

const event = (enforcementLevel: string, policyName: string): string =>
  JSON.stringify({
    policyEvent: { enforcementLevel, policyName, resourceUrn: "urn:pulumi:prod::p::a:b:C::gateway", message: "why\n" },
  });
const violation = (level: string, policy: string) => ({ level, policy, resource: "gateway", message: "why" });

describe("policy violations from the engine's event log", () => {
  test("mandatory violations come before advisory ones, each in the engine's order", () => {
    const log = [event("advisory", "a"), event("mandatory", "b"), event("advisory", "c"), event("mandatory", "d")];
    expect(violationsOf(log.join("\n"))).toEqual([
      violation("mandatory", "b"),
      violation("mandatory", "d"),
      violation("advisory", "a"),
      violation("advisory", "c"),
    ]);
  });

  test("other events and a truncated last line are ignored", () => {
    const log = [`{"diagnosticEvent":{"message":"a secret"}}`, event("mandatory", "a"), '{"policyEvent":{"enfor'];
    expect(violationsOf(log.join("\n"))).toEqual([violation("mandatory", "a")]);
  });
});
