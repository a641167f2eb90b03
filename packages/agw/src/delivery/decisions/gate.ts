import type { Verdict } from "mcp-affinity-probe";
import { codeSpan } from "../digest/escapeMarkdown.ts";
import { fewReplicasSentence, type IngressAccess, noVerdictSentence } from "./gateSentences.ts";

/** The probe's verdict; `not probed` if the stack has no address. */
export type Finding = Verdict | "not probed";

export interface GateInput {
  readonly verdict: Finding;
  /** The probe's cause; undefined if it was not probed. */
  readonly cause: string | undefined;
  /** Whether the stack asks for affinity (its output `stickySessionsEnabled`). */
  readonly sticky: boolean;
  /** `minReplicas` of the live app; undefined if unknown. */
  readonly minReplicas: number | undefined;
  /** Whether the stack's address is reachable only from inside its environment. */
  readonly internal: boolean;
  readonly access: IngressAccess;
}

/** `pass` and `warn` let the deployment continue; `fail` stops it. `reason` is one or two sentences. */
export interface GateResult {
  readonly result: "pass" | "warn" | "fail";
  readonly reason: string;
}

/** Compares the probe's verdict after an update with what the stack declares. */
export function gate(input: GateInput): GateResult {
  const { verdict, sticky } = input;
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
      return inconclusive(input);
  }
}

const whatHappened = { moved: "sessions moved between replicas", lost: "sessions were lost" } as const;

/** Causes that a single replica can explain. With any other cause, the probe learned nothing about the gateway. */
const fewReplicas = ["one-replica", "replicas-unseen", "too-few-calls"];

/** An update must not pass just because the probe was refused or saw too little. */
function inconclusive({ cause = "unknown", minReplicas, internal, access }: GateInput): GateResult {
  if (!fewReplicas.includes(cause)) return { result: "fail", reason: noVerdictSentence(cause, access, internal) };
  const single = minReplicas !== undefined && minReplicas < 2;
  return { result: single ? "warn" : "fail", reason: fewReplicasSentence(minReplicas, internal) };
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
