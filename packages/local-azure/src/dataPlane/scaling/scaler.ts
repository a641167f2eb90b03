import type { RevisionSpec } from "../contract/dataPlane.ts";

/** How many replicas were wanted, and when (milliseconds). */
export interface Want {
  readonly at: number;
  readonly replicas: number;
}

export interface ScalingTimes {
  /** Seconds between two decisions, and of the window that requests are counted in. Default 15. */
  readonly intervalSeconds: number;
  /** Seconds for which fewer replicas must have been enough before any is removed. Default 300. */
  readonly stabilizationSeconds: number;
}

/** Container Apps' own values (Microsoft Learn, "Set scaling rules in Azure Container Apps", scale behaviour). */
export const azureScaling: ScalingTimes = { intervalSeconds: 15, stabilizationSeconds: 300 };

/**
 * Replicas that the HTTP rule wants: "the number of concurrent requests is calculated as the number of requests in the past
 * 15 seconds divided by 15" (same page). At least one: the last replica goes by the cool-down, see {@link mayRest}.
 * @param requests in the window
 */
export function wantedReplicas(
  spec: Pick<RevisionSpec, "minReplicas" | "maxReplicas" | "concurrentRequests">,
  requests: number,
  windowSeconds: number,
): number {
  const least = Math.max(1, spec.minReplicas);
  if (spec.concurrentRequests === undefined) return least;
  const wanted = Math.ceil(requests / windowSeconds / spec.concurrentRequests);
  return Math.min(Math.max(wanted, least), Math.max(spec.maxReplicas, least));
}

/** Seconds of `scale.cooldownPeriod` where a template names none (API model of Container Apps). */
const defaultCooldown = 300;

/**
 * Whether the last replica goes too: the template asks for none, and nobody has asked for the cool-down.
 * @param idleSeconds since the last request ended; a stream that is held open has not ended
 */
export function mayRest(spec: Pick<RevisionSpec, "minReplicas" | "cooldownSeconds">, idleSeconds: number): boolean {
  return spec.minReplicas === 0 && idleSeconds >= (spec.cooldownSeconds ?? defaultCooldown);
}

/**
 * The number of replicas to have now: out in the platform's steps (to four, then doubling), in only to what was enough at
 * every decision of the stabilization window.
 * @param wants earlier decisions and the present one, oldest first
 */
export function nextReplicas(current: number, wants: readonly Want[], now: number, times: ScalingTimes): number {
  const wanted = wants.at(-1)?.replicas ?? current;
  if (wanted > current) return Math.min(wanted, Math.max(4, current * 2));
  const since = now - times.stabilizationSeconds * 1000;
  // Without a decision as old as the window nothing is known of all of it.
  if (wants[0] === undefined || wants[0].at > since) return current;
  const recent = wants.filter(({ at }, i) => at > since || (wants[i + 1]?.at ?? now) > since);
  return Math.min(current, Math.max(...recent.map(({ replicas }) => replicas)));
}
