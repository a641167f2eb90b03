import { describe, expect, test } from "vitest";
import { causes } from "../../../../../probe/src/judge/verdict.ts";
import { type GateInput, gate, gateMarkdown, isInternal } from "../../../../src/delivery/decisions/gate.ts";

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
  ["inconclusive", false, 1, "warn"],
  ["inconclusive", true, undefined, "fail"],
  ["not probed", true, 2, "fail"],
  ["not probed", false, 2, "warn"],
];
const open = { restricted: false, clientCertificate: false };
function input(verdict: GateInput["verdict"], sticky: boolean, minReplicas: number | undefined): GateInput {
  const cause = verdict === "inconclusive" ? "one-replica" : "affinity-holds";
  return { verdict, cause, sticky, minReplicas, internal: false, access: open };
}
/** A probe that could not judge the gateway, of an app with a single replica. */
const withCause = (cause: string, change: Partial<GateInput> = {}): GateInput => ({
  ...input("inconclusive", true, 1),
  cause,
  ...change,
});

describe("the gate after an update", () => {
  test.each(rows)("verdict %s, affinity %s, minReplicas %s: %s", (verdict, sticky, minReplicas, result) => {
    expect(gate(input(verdict, sticky, minReplicas)).result).toBe(result);
  });

  test.each(causes.filter((cause) => !["one-replica", "replicas-unseen", "too-few-calls"].includes(cause)))(
    "an inconclusive probe with the cause %s fails, however few replicas there are, with affinity on or off",
    (cause) => {
      expect(gate(withCause(cause)).result).toBe("fail");
      expect(gate(withCause(cause, { sticky: false })).result).toBe("fail");
    },
  );

  test.each([
    [
      "sign-in",
      open,
      "(`sign-in`). The gateway requires a valid token. Set the variable `PROBE_TOKEN_COMMAND` or the secret `PROBE_TOKEN` of the stack's GitHub environment.",
    ],
    [
      "no-token",
      open,
      "(`no-token`). The command in `PROBE_TOKEN_COMMAND` printed no token. The log of the step `probe` says why.",
    ],
    [
      "client-certificate",
      open,
      "(`client-certificate`). The gateway requires a client certificate that it accepts. Set the secrets `PROBE_CLIENT_CERT` and `PROBE_CLIENT_KEY` of the stack's GitHub environment.",
    ],
    [
      "forbidden",
      open,
      "(`forbidden`). The gateway refused the probe (403). Check what the probe's token is allowed to do.",
    ],
    [
      "forbidden",
      { restricted: true, clientCertificate: true },
      "(`forbidden`). The gateway refused the probe (403). If the app's IP restrictions block the runner, set the repository variable `DELIVERY_RUNNER` to a runner with an allowed address. The app requires a client certificate. Set the secrets `PROBE_CLIENT_CERT` and `PROBE_CLIENT_KEY` of the stack's GitHub environment.",
    ],
    ["timeout", open, "(`timeout`). It can't tell whether sessions hold."],
  ])("says how to let a refused probe in: %s, %j", (cause, access, reason) => {
    expect(gate(withCause(cause, { access })).reason).toBe(`The probe was inconclusive ${reason}`);
  });

  test.each([2, 1])("an inconclusive probe of an internal address names DELIVERY_RUNNER (minReplicas %i)", (least) => {
    const inside = / The address is internal, so the probe needs a runner inside its network .*`DELIVERY_RUNNER`/;
    expect(gate({ ...input("inconclusive", true, least), internal: true }).reason).toMatch(inside);
    expect(gate(input("inconclusive", true, least)).reason).not.toMatch(inside);
    expect(gate(withCause("dns", { internal: true })).reason).toMatch(inside);
  });

  test.each([
    ["https://app.internal.happy-sea-1.westeurope.azurecontainerapps.io", true],
    ["https://internal.happy-sea-1.westeurope.azurecontainerapps.io", false],
    ["https://app.happy-sea-1.westeurope.azurecontainerapps.io", false],
    ["https://127.0.0.1:4711", false],
    ["", false],
    [undefined, false],
  ])("%s is internal: %s", (url, internal) => expect(isInternal(url)).toBe(internal));

  test.each<[...Parameters<typeof input>, string]>([
    ["not probed", true, 2, "The stack declares affinity but has no address to probe."],
    ["not probed", false, 2, "The stack has no address to probe, and affinity is off on purpose."],
    ["held", true, 2, "Sessions stay on their replicas, as the stack declares."],
    ["held", false, 2, "The stack turns affinity off, but the live gateway still pins sessions."],
    ["not needed", true, 2, "Any replica can answer any request, so affinity is not needed."],
    ["lost", true, 2, "The stack declares affinity, but sessions were lost."],
    ["moved", false, 2, "Affinity is off on purpose, and sessions moved between replicas."],
    ["inconclusive", true, 3, "The probe was inconclusive, although the app runs at least 3 replicas."],
    ["inconclusive", true, 1, "The probe was inconclusive. The app may run on a single replica."],
    [
      "inconclusive",
      true,
      undefined,
      "The probe was inconclusive, and the minimum number of replicas is unknown. See the doctor's report.",
    ],
  ])("verdict %s, affinity %s, minReplicas %s: gives the reason", (verdict, sticky, minReplicas, reason) => {
    expect(gate(input(verdict, sticky, minReplicas)).reason).toBe(reason);
  });

  test.each([
    ["held", "✅"],
    ["lost", "❌"],
    ["inconclusive", "⚠️"],
  ] as const)("verdict %s without a reason from the probe: %s and the gate's reason only", (verdict, sign) => {
    const result = gate(input(verdict, true, 1));
    expect(gateMarkdown("prod", verdict, result, undefined)).toBe(
      `### ${sign} Stack \`prod\`: verdict \`${verdict}\`\n\n${result.reason}\n`,
    );
  });

  test("says that a stack without an address was not probed", () => {
    const text = gateMarkdown("dev", "not probed", gate(input("not probed", false, 2)), undefined);
    expect(text.split("\n")[0]).toBe("### ⚠️ Stack `dev`: not probed");
  });

  test("shows the probe's reason as code", () => {
    const text = gateMarkdown("prod", "lost", gate(input("lost", true, 2)), "3 of 50 @ops sessions");
    expect(text).toBe(
      "### ❌ Stack `prod`: verdict `lost`\n\nThe stack declares affinity, but sessions were lost.\n\nThe probe's reason: `3 of 50 @ops sessions`\n",
    );
  });
});
