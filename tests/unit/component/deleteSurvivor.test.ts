import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test, vi } from "vitest";
import { runAz } from "../../../affinity-step/runAz.mjs";
import { deleteSurvivor } from "../../../src/component/safeguards/deleteSurvivor.ts";
import { startMocks } from "../../support/pulumi/pulumiMocks.ts";

vi.mock("../../../affinity-step/runAz.mjs", () => ({ runAz: vi.fn() }));
const said: string[] = [];
for (const level of ["info", "warn"] as const) {
  vi.spyOn(pulumi.log, level).mockImplementation(async (text) => void said.push(`${level}: ${text}`));
}
beforeEach(async () => {
  await startMocks();
  said.length = 0;
  vi.mocked(runAz).mockReset();
});

const id =
  "/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.App/managedEnvironments/env/providers/Microsoft.Insights/diagnosticSettings/agentgateway";
const existing = `cannot create already existing resource '${id}'`;
const hook = (...errors: string[]) => {
  const { callback } = deleteSurvivor("gw", {} as pulumi.Resource);
  return callback({ errors } as unknown as pulumi.ErrorHookArgs);
};
const ended = (code: number, output = "") => vi.mocked(runAz).mockResolvedValue({ code, output, stdout: "" });

test.each([existing, existing.replaceAll("'", '"')])("deletes a setting that exists and retries: %s", async (error) => {
  ended(0);
  expect(await hook(error)).toBe(true);
  expect(said).toEqual([
    "info: Diagnostic setting 'agentgateway' is left over from a deleted environment. It is deleted and created again.",
  ]);
  const type = "--resource-namespace Microsoft.App --resource-type managedEnvironments";
  expect(vi.mocked(runAz).mock.calls[0]?.[0].join(" ")).toBe(
    `az monitor diagnostic-settings delete ${type} --name agentgateway --resource env --resource-group rg --subscription s-1`,
  );
});

test("if az fails, the update fails and says why", async () => {
  ended(1, "ERROR: no access");
  expect(await hook(existing)).toBe(false);
  expect(said.at(-1)).toBe("warn: The diagnostic setting could not be deleted: ERROR: no access");
});

test.each([
  ["another failure", ["Status=403"]],
  ["another resource that exists", [existing.replace("diagnosticSettings", "other")]],
  ["a setting that was deleted three times and still exists", [existing, existing, existing, existing]],
])("%s is final and deletes nothing", async (_title, errors) => {
  expect(await hook(...errors)).toBe(false);
  expect(runAz).not.toHaveBeenCalled();
});
