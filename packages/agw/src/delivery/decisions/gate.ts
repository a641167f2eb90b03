import type { Verdict } from "mcp-affinity-probe";
import { codeSpan } from "../digest/escapeMarkdown.ts";

/** The probe's verdict, or that there was no address to probe. */
export type Finding = Verdict | "not probed";

export interface GateInput {
  readonly verdict: Finding;
  /** What the stack asks for: its output `stickySessionsEnabled`. */
  readonly sticky: boolean;
  /** Least number of replicas of the live app; undefined where nobody could read it. */
  readonly minReplicas: number | undefined;
  /** Whether the stack's address is internal to its environment. */
  readonly internal: boolean;
}

/** pass and warn let the delivery go on, fail ends it. */
export interface GateResult {
  readonly result: "pass" | "warn" | "fail";
  readonly reason: string;
}

/** Judges the probe's verdict after an update against what the stack asks for. */
export function gate({ verdict, sticky, minReplicas, internal }: GateInput): GateResult {
  switch (verdict) {
    case "not probed":
      return sticky
        ? { result: "fail", reason: "the stack asks for affinity, but has no address that could be probed" }
        : {
            result: "warn",
            reason: "the stack has no address, and affinity is off on purpose: there is nothing to probe",
          };
    case "held":
      return sticky
        ? { result: "pass", reason: "sessions hold over the replicas, as the stack asks for" }
        : { result: "fail", reason: "the stack turns affinity off, but the live gateway still pins sessions" };
    case "not needed":
      return { result: "pass", reason: "this gateway answers on any replica: affinity is not needed" };
    case "moved":
    case "lost":
      return sticky
        ? { result: "fail", reason: `the stack asks for affinity, but sessions were ${verdict}` }
        : { result: "warn", reason: `sessions were ${verdict}: affinity is off on purpose` };
    case "inconclusive":
      return inconclusive(minReplicas, internal);
  }
}

function inconclusive(minReplicas: number | undefined, internal: boolean): GateResult {
  const inside = internal ? "; its address is internal: this needs a runner inside that network" : "";
  if (minReplicas !== undefined && minReplicas >= 2) {
    return {
      result: "fail",
      reason: `the probe could not tell, although at least ${minReplicas} replicas run${inside}`,
    };
  }
  const why = minReplicas === undefined ? "how many replicas run is not known" : "one replica may be all there is";
  return { result: "warn", reason: `the probe could not tell; ${why}${inside}` };
}

/** Container Apps names an app that only its environment reaches `NAME.internal.DOMAIN`. */
export const isInternal = (url: unknown): boolean =>
  typeof url === "string" && URL.parse(url)?.hostname.split(".")[1] === "internal";

/** The lines of the run's summary. `reason` is the probe's own and shown as code. */
export function gateMarkdown(stack: string, verdict: Finding, result: GateResult, reason: string | undefined): string {
  const sign = { pass: "✅", warn: "⚠️", fail: "❌" }[result.result];
  const detail = reason ? `\n\nThe probe: ${codeSpan(reason)}` : "";
  return `### ${sign} ${codeSpan(stack)}: sessions ${verdict}\n\n${result.reason}.${detail}\n`;
}
