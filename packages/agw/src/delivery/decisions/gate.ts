import type { Verdict } from "mcp-affinity-probe";
import { codeSpan } from "../digest/escapeMarkdown.ts";

/** The probe's verdict; `not probed` if the stack has no address. */
export type Finding = Verdict | "not probed";

export interface GateInput {
  readonly verdict: Finding;
  /** Whether the stack asks for affinity (its output `stickySessionsEnabled`). */
  readonly sticky: boolean;
  /** `minReplicas` of the live app; undefined if unknown. */
  readonly minReplicas: number | undefined;
  /** Whether the stack's address is reachable only from inside its environment. */
  readonly internal: boolean;
}

/** `pass` and `warn` let the deployment continue; `fail` stops it. `reason` is one or two sentences. */
export interface GateResult {
  readonly result: "pass" | "warn" | "fail";
  readonly reason: string;
}

/** Compares the probe's verdict after an update with what the stack declares. */
export function gate({ verdict, sticky, minReplicas, internal }: GateInput): GateResult {
  switch (verdict) {
    case "not probed":
      return sticky
        ? { result: "fail", reason: "The stack declares affinity but has no address to probe." }
        : { result: "warn", reason: "The stack has no address to probe, and affinity is off on purpose." };
    case "held":
      return sticky
        ? { result: "pass", reason: "Sessions stay on their replicas, as the stack declares." }
        : { result: "fail", reason: "The stack turns affinity off, but the live gateway still pins sessions." };
    case "not needed":
      return { result: "pass", reason: "Any replica can answer any request, so affinity is not needed." };
    case "moved":
    case "lost":
      return sticky
        ? { result: "fail", reason: `The stack declares affinity, but ${whatHappened[verdict]}.` }
        : { result: "warn", reason: `Affinity is off on purpose, and ${whatHappened[verdict]}.` };
    case "inconclusive":
      return inconclusive(minReplicas, internal);
  }
}

const whatHappened = { moved: "sessions moved between replicas", lost: "sessions were lost" } as const;

function inconclusive(minReplicas: number | undefined, internal: boolean): GateResult {
  const hint = internal
    ? " The address is internal, so the probe needs a runner inside its network (repository variable `DELIVERY_RUNNER`)."
    : "";
  if (minReplicas !== undefined && minReplicas >= 2) {
    const reason = `The probe was inconclusive, although the app runs at least ${minReplicas} replicas.${hint}`;
    return { result: "fail", reason };
  }
  const why =
    minReplicas === undefined ? "The minimum number of replicas is unknown." : "The app may run on a single replica.";
  return { result: "warn", reason: `The probe was inconclusive. ${why}${hint}` };
}

/** Whether a URL is internal: Container Apps names such an app `NAME.internal.DOMAIN`. */
export const isInternal = (url: unknown): boolean =>
  typeof url === "string" && URL.parse(url)?.hostname.split(".")[1] === "internal";

/** Renders the result for the summary of a workflow run. `reason` is the probe's own, so it is shown as code. */
export function gateMarkdown(stack: string, verdict: Finding, result: GateResult, reason: string | undefined): string {
  const sign = { pass: "✅", warn: "⚠️", fail: "❌" }[result.result];
  const detail = reason ? `\n\nThe probe's reason: ${codeSpan(reason)}` : "";
  const finding = verdict === "not probed" ? verdict : `verdict ${codeSpan(verdict)}`;
  return `### ${sign} Stack ${codeSpan(stack)}: ${finding}\n\n${result.reason}${detail}\n`;
}
