import type { RunResult, Step } from "agentgateway-local-azure/pulumi";
import { expect, test } from "vitest";
import { summaryLine } from "../../../src/engines/display.ts";
import { knowsOutputs } from "../../../src/engines/outputLines.ts";

const step = (op: Step["op"], type: string): Step => {
  const urn = `urn:pulumi:prod::agentgateway::${type}::x`;
  return { op, urn, newState: { urn, type, custom: type.startsWith("azure-native:") } } as unknown as Step;
};
const stack = (op: Step["op"]) => step(op, "pulumi:pulumi:Stack");
const component = step("create", "agentgateway:index:AgentGateway");
const group = (op: Step["op"]) => step(op, "azure-native:resources:ResourceGroup");

function result(ok: boolean, steps: readonly Step[], errors: number): RunResult {
  const summary: Record<string, number> = {};
  for (const { op } of steps) summary[op] = (summary[op] ?? 0) + 1;
  const messages = Array.from({ length: errors }, () => ({ severity: "error", message: "" }));
  return { ok, steps, summary, errors: messages } as unknown as RunResult;
}

test("a successful run counts every resource, like Pulumi", () => {
  const steps = [stack("same"), component, group("create")];
  expect(summaryLine(result(true, steps, 0), false)).toBe("+ 2 created, 1 unchanged");
  expect(summaryLine(result(true, [stack("same")], 0), false)).toBe("0 changes, 1 unchanged");
});

test.each<[string, readonly Step[], number, string]>([
  ["a refused configuration, first update", [stack("create")], 1, "1 failed"],
  ["a refused configuration, deployed stack", [stack("same")], 1, "1 failed"],
  ["a failed first resource", [stack("create"), component], 1, "1 failed"],
  ["a failed second resource", [stack("create"), component, group("create")], 1, "+ 1 created, 1 failed"],
  ["a refresh before the failure", [group("refresh"), stack("same")], 1, "1 failed"],
  ["no error at all", [stack("same")], 0, "failed"],
])("a failed run counts neither the stack nor its components: %s", (_title, steps, errors, line) => {
  expect(summaryLine(result(false, steps, errors), false)).toBe(line);
});

test.each<[string, boolean, boolean, readonly Step[], boolean]>([
  ["a successful update", true, false, [], true],
  ["a failed preview", false, true, [stack("same"), component], false],
  ["an update that registered nothing but the stack", false, false, [group("refresh"), stack("same")], false],
  ["an update that failed later", false, false, [stack("same"), component], true],
  ["a failed destroy", false, false, [group("delete")], false],
])("outputs are shown only if they are of this run: %s", (_title, ok, preview, steps, shown) => {
  expect(knowsOutputs(result(ok, steps, 0), preview)).toBe(shown);
});
