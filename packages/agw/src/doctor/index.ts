import { type Check, diagnose } from "./checklist.ts";
import { type DoctorOptions, gather } from "./gatherFacts.ts";

export type { Check } from "./checklist.ts";
export type { DoctorOptions } from "./gatherFacts.ts";

/** What the doctor found: the document of `agw doctor --json`. */
export interface DoctorReport {
  /** `not ok` where one line is, else `unknown` where one line is, else `ok`. */
  readonly verdict: Check["status"];
  readonly target: {
    readonly stack: string | null;
    readonly name: string | null;
    readonly resourceGroup: string | null;
    readonly url: string | null;
  };
  /** Replicas now and the app's limits; null where they could not be read. */
  readonly replicas: { readonly now: number | null; readonly min: number | null; readonly max: number | null };
  readonly checks: readonly Check[];
}

/** Walks the troubleshooting list against a live app. Only reads. */
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
    checks,
  };
}

export function verdictOf(checks: readonly Check[]): Check["status"] {
  const worst = (["not ok", "unknown"] as const).find((status) => checks.some((check) => check.status === status));
  return worst ?? "ok";
}

/** The list as a table, with the command that mends under each line that is not ok. */
export function renderChecks(
  checks: readonly Check[],
  mark: (status: Check["status"], text: string) => string,
): string {
  const width = Math.max(...checks.map(({ check }) => check.length));
  return checks
    .flatMap(({ check, status, found, mend }) => [
      `${mark(status, status.padEnd(7))}  ${check.padEnd(width)}  ${found}`,
      ...(mend === undefined ? [] : [`${" ".repeat(11 + width)}${status === "not ok" ? "mend" : "more"}: ${mend}`]),
    ])
    .join("\n");
}
