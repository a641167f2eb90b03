import { type Check, diagnose } from "./checklist.ts";
import type { App } from "./facts.ts";
import { type DoctorOptions, gather } from "./gatherFacts.ts";

export type { Check } from "./checklist.ts";
export type { DoctorOptions } from "./gatherFacts.ts";

/** The document of `agw doctor --json`. */
export interface DoctorReport {
  /** `not ok` if any check is, otherwise `unknown` if any check is, otherwise `ok`. */
  readonly verdict: Check["status"];
  readonly target: {
    readonly stack: string | null;
    readonly name: string | null;
    readonly resourceGroup: string | null;
    readonly url: string | null;
  };
  /** Current number of replicas and the app's limits. Null if they could not be read. */
  readonly replicas: { readonly now: number | null; readonly min: number | null; readonly max: number | null };
  /** How the ingress restricts access. Null if the app couldn't be read or has no ingress. */
  readonly ingress: {
    readonly external: boolean;
    /** Number of IP restrictions. */
    readonly ipRestrictions: number;
    /** Whether it requires a client certificate. */
    readonly clientCertificate: boolean;
  } | null;
  readonly checks: readonly Check[];
}

/** Checks a live app. Changes nothing. */
export async function runDoctor(options: DoctorOptions): Promise<DoctorReport> {
  const facts = await gather(options);
  const checks = diagnose(facts);
  const app = facts.app.kind === "seen" ? facts.app.value : undefined;
  return {
    verdict: verdictOf(checks),
    target: {
      stack: facts.stack ?? null,
      name: facts.target?.name ?? null,
      resourceGroup: facts.target?.resourceGroup ?? null,
      url: facts.url ?? null,
    },
    replicas: {
      now: facts.replicas.kind === "seen" ? facts.replicas.value : null,
      min: app?.minReplicas ?? null,
      max: app?.maxReplicas ?? null,
    },
    ingress: app === undefined || app.transport === undefined ? null : ingressOf(app),
    checks,
  };
}

const ingressOf = ({ external, ipRestrictions, asksForCertificate }: App) => ({
  external,
  ipRestrictions,
  clientCertificate: asksForCertificate,
});

export function verdictOf(checks: readonly Check[]): Check["status"] {
  const worst = (["not ok", "unknown"] as const).find((status) => checks.some((check) => check.status === status));
  return worst ?? "ok";
}

/** Formats the checks as a table. Below a check that is not ok is the command that fixes it or shows more. */
export function renderChecks(
  checks: readonly Check[],
  mark: (status: Check["status"], text: string) => string,
): string {
  const width = Math.max(...checks.map(({ check }) => check.length));
  return checks
    .flatMap(({ check, status, found, try: command }) => [
      `${mark(status, status.padEnd(7))}  ${check.padEnd(width)}  ${found}`,
      ...(command === undefined ? [] : [`${" ".repeat(11 + width)}try: ${command}`]),
    ])
    .join("\n");
}
