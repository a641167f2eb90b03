import { describe, expect, test } from "vitest";
import { type GateInput, gate, gateMarkdown, isInternal } from "../../../src/delivery/decisions/gate.ts";

const rows: [...Parameters<typeof input>, "pass" | "warn" | "fail"][] = [
  ["held", true, 2, "pass"],
  ["held", false, 2, "fail"],
  ["not needed", true, 2, "pass"],
  ["not needed", false, 2, "pass"],
  ["moved", true, 2, "fail"],
  ["moved", true, 1, "fail"],
  ["moved", false, 2, "warn"],
  ["lost", true, 2, "fail"],
  ["lost", true, undefined, "fail"],
  ["lost", false, 2, "warn"],
  ["inconclusive", true, 2, "fail"],
  ["inconclusive", false, 3, "fail"],
  ["inconclusive", true, 1, "warn"],
  ["inconclusive", true, undefined, "warn"],
  ["not probed", true, 2, "fail"],
  ["not probed", false, 2, "warn"],
];
function input(verdict: GateInput["verdict"], sticky: boolean, minReplicas: number | undefined): GateInput {
  return { verdict, sticky, minReplicas, internal: false };
}

describe("the gate after an update", () => {
  test.each(rows)("%s with sticky sessions %s and at least %s replicas: %s", (verdict, sticky, minReplicas, result) => {
    expect(gate(input(verdict, sticky, minReplicas)).result).toBe(result);
  });

  test.each([2, 1])(
    "an internal address that could not be probed names the runner that it needs (%i replicas)",
    (least) => {
      const inside = /; its address is internal: this needs a runner inside that network$/;
      expect(gate({ ...input("inconclusive", true, least), internal: true }).reason).toMatch(inside);
      expect(gate(input("inconclusive", true, least)).reason).not.toMatch(inside);
    },
  );

  test.each([
    ["https://app.internal.happy-sea-1.westeurope.azurecontainerapps.io", true],
    ["https://internal.happy-sea-1.westeurope.azurecontainerapps.io", false],
    ["https://app.happy-sea-1.westeurope.azurecontainerapps.io", false],
    ["https://127.0.0.1:4711", false],
    ["", false],
    [undefined, false],
  ])("%s is internal: %s", (url, internal) => expect(isInternal(url)).toBe(internal));

  test.each<[...Parameters<typeof input>, string]>([
    ["not probed", true, 2, "the stack asks for affinity, but has no address that could be probed"],
    ["held", false, 2, "the stack turns affinity off, but the live gateway still pins sessions"],
    ["lost", true, 2, "the stack asks for affinity, but sessions were lost"],
    ["moved", false, 2, "sessions were moved: affinity is off on purpose"],
    ["inconclusive", true, 3, "the probe could not tell, although at least 3 replicas run"],
    ["inconclusive", true, 1, "the probe could not tell; one replica may be all there is"],
    ["inconclusive", true, undefined, "the probe could not tell; how many replicas run is not known"],
  ])("%s with sticky sessions %s and at least %s replicas: says why", (verdict, sticky, minReplicas, reason) => {
    expect(gate(input(verdict, sticky, minReplicas)).reason).toBe(reason);
  });

  test.each([
    ["held", "✅"],
    ["lost", "❌"],
    ["inconclusive", "⚠️"],
  ] as const)("%s over one replica, without a reason of the probe: %s and ours alone", (verdict, sign) => {
    const result = gate(input(verdict, true, 1));
    expect(gateMarkdown("prod", verdict, result, undefined)).toBe(
      `### ${sign} \`prod\`: sessions ${verdict}\n\n${result.reason}.\n`,
    );
  });

  test("says the probe's reason in code", () => {
    const text = gateMarkdown("prod", "lost", gate(input("lost", true, 2)), "3 of 50 @ops sessions");
    expect(text).toBe(
      "### ❌ `prod`: sessions lost\n\nthe stack asks for affinity, but sessions were lost.\n\nThe probe: `3 of 50 @ops sessions`\n",
    );
  });
});
