import type { OfficialClientReport } from "../drivers/officialClient.ts";
import type { LossCause } from "../evidence/fate.ts";
import type { History, Step } from "../evidence/history.ts";
import type { CookieFinding, Identity, ReplicasBy } from "../evidence/identity.ts";
import type { Percentiles } from "../evidence/latency.ts";
import type { StreamTally } from "../evidence/tally.ts";
import type { SetCookie } from "../http/cookies.ts";
import type { FailureReason, LossSign } from "../http/outcome.ts";
import type { Cause, Verdict } from "../judge/verdict.ts";

/** The result of a run, which `--json` prints. docs/probe.md has the schema; `schema` changes when a field does. */
export interface ProbeReport {
  readonly schema: 1;
  readonly verdict: Verdict;
  readonly cause: Cause;
  /** What was seen and what it means, in a few sentences. */
  readonly reason: string;
  /** What to do, the most useful first; empty if nothing needs doing. */
  readonly advice: readonly string[];
  /** Observations that don't change the verdict. */
  readonly notes: readonly string[];
  readonly target: TargetReport;
  readonly run: RunReport;
  readonly counts: GroupReport;
  /** The counts of the control group; null if there was none. */
  readonly control: GroupReport | null;
  readonly replicasBy: ReplicasBy;
  readonly replicas: readonly ReplicaReport[];
  readonly cookies: readonly CookieReport[];
  readonly streams: StreamTally | null;
  /** The official client's check; null if it didn't run. */
  readonly officialClient: OfficialClientReport | null;
  readonly latency: { readonly open: Percentiles | null; readonly call: Percentiles | null };
  /** Sessions that moved, were lost or failed: the first 200 by time. `counts` has all of them. */
  readonly incidents: readonly Incident[];
  /** The main sessions, each with the replicas that answered its calls. */
  readonly sessions: readonly SessionReport[];
}

export interface TargetReport {
  readonly url: string;
  readonly transport: "http" | "sse";
  /** `ids`: issues session IDs; `none`: stateless; `sessionless`: only protocol 2026-07-28; `unknown`: not reached. */
  readonly sessions: "ids" | "none" | "sessionless" | "unknown";
  readonly protocolVersion: string | null;
  /** Whether the gateway answers `server/discover` of protocol 2026-07-28; null if not asked. */
  readonly speaksSessionless: boolean | null;
  readonly server: string | null;
  /** What each session called: a tool or `tools/list`. */
  readonly call: string | null;
}

export interface RunReport {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly interrupted: boolean;
  readonly sessions: number;
  /** Planned calls per session; with --watch, the most calls that one session made. */
  readonly calls: number;
  readonly inFlight: number;
  readonly controlSessions: number;
}

export interface GroupReport {
  readonly sessions: number;
  readonly held: number;
  readonly moved: number;
  readonly lost: number;
  readonly failed: number;
  readonly calls: number;
  readonly callsFailed: number;
  /** Moved sessions whose replica was not serving at that moment. */
  readonly movedFromGone: number;
  readonly lostBy: Readonly<Partial<Record<LossCause, number>>>;
  readonly lostWithNewCookie: number;
  readonly signs: Readonly<Partial<Record<LossSign, number>>>;
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
}

export interface ReplicaReport {
  readonly name: string;
  /** Main sessions that this replica answered first. */
  readonly sessions: number;
  /** Calls of main sessions that this replica answered. */
  readonly calls: number;
}

export interface CookieReport {
  readonly name: string;
  readonly attributes: readonly string[];
  /** Inferred from its values: they differ by replica, by session, or not at all. `other`: not the affinity cookie. */
  readonly role: "per replica" | "per session" | "constant" | "other";
}

export interface Incident {
  readonly session: number;
  readonly id: string | null;
  /** Seconds since the run began. */
  readonly at: number;
  readonly kind: "moved" | "lost" | "failed";
  readonly detail: string;
}

export interface SessionReport {
  readonly session: number;
  readonly id: string | null;
  readonly fate: "held" | "moved" | "lost" | "failed";
  /** Seconds since the run began; null if it couldn't be opened. */
  readonly openedAt: number | null;
  /** When it was lost, or when its last exchange failed, in seconds since the run began; null if neither. */
  readonly endedAt: number | null;
  /** For each call: seconds since the run began, and the index in `replicas`, or -1 if unknown. */
  readonly way: readonly (readonly [number, number])[];
}

/** Reports each main session. */
export function sessionReports(
  histories: readonly History[],
  fates: readonly { readonly kind: SessionReport["fate"] }[],
  identity: Identity,
  replicas: readonly ReplicaReport[],
): SessionReport[] {
  const index = new Map(replicas.map(({ name }, i) => [name, i]));
  return histories.map(({ ordinal, id, steps }, i) => ({
    session: ordinal,
    id: id ?? null,
    fate: fates[i]?.kind ?? "failed",
    openedAt: steps[0]?.result.kind === "answered" ? round(steps[0].at / 1_000) : null,
    endedAt: endOf(steps.at(-1)),
    way: steps
      .filter(({ phase }) => phase === "call")
      .map((step) => {
        const name = step.result.kind === "answered" ? identity.replica(step) : undefined;
        return [round(step.at / 1_000), name === undefined ? -1 : (index.get(name) ?? -1)] as const;
      }),
  }));
}

function endOf(last: Step | undefined): number | null {
  return last === undefined || last.result.kind === "answered" ? null : round(last.at / 1_000);
}

/** Reports the cookies without their values, which may be session credentials. */
export function cookieReports(seen: ReadonlyMap<string, SetCookie>, finding: CookieFinding): CookieReport[] {
  return [...seen.values()].map(({ name, domain, path, lifetime, secure, httpOnly, sameSite }) => ({
    name,
    attributes: [
      ...(domain === undefined ? [] : [`Domain=${domain}`]),
      ...(path === undefined ? [] : [`Path=${path}`]),
      ...(lifetime === undefined ? [] : [`Max-Age=${Math.round(lifetime)}`]),
      ...(secure ? ["Secure"] : []),
      ...(httpOnly ? ["HttpOnly"] : []),
      ...(sameSite === undefined ? [] : [`SameSite=${sameSite}`]),
    ],
    role: roleOf(name, finding),
  }));
}

function roleOf(name: string, finding: CookieFinding): CookieReport["role"] {
  if (finding.kind === "none" || finding.name !== name) return "other";
  return finding.kind === "constant" ? "constant" : `per ${finding.per}`;
}

/** Rounds seconds to milliseconds. */
export const round = (seconds: number): number => Math.round(seconds * 1_000) / 1_000;
