import type { RevisionSpec } from "../contract/dataPlane.ts";

/** The number of replicas that the rule wanted, and when, in milliseconds. */
export interface Want {
  readonly at: number;
  readonly replicas: number;
}

export interface ScalingTimes {
  /** Seconds between two decisions, which is also the window in which requests are counted. Default 15. */
  readonly intervalSeconds: number;
  /** Seconds for which fewer replicas must be enough before the rule scales in. Default 300. */
  readonly stabilizationSeconds: number;
}

/** The values of Container Apps (Microsoft Learn, "Set scaling rules in Azure Container Apps", scale behavior). */
export const azureScaling: ScalingTimes = { intervalSeconds: 15, stabilizationSeconds: 300 };

/**
 * Returns the number of replicas that the HTTP rule wants: "the number of concurrent requests is calculated as the
 * number of requests in the past 15 seconds divided by 15" (same page). It is at least one: only the cool-down removes
 * the last replica, see {@link shouldScaleToZero}.
 * @param requests number of requests in the window
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

/** Default of `scale.cooldownPeriod`, in seconds (API model of Container Apps). */
const defaultCooldown = 300;

/**
 * Returns whether to scale to zero: minReplicas is 0, and no request has come for the cool-down period.
 * @param idleSeconds seconds since the last request ended; an open stream has not ended
 */
export function shouldScaleToZero(
  spec: Pick<RevisionSpec, "minReplicas" | "cooldownSeconds">,
  idleSeconds: number,
): boolean {
  return spec.minReplicas === 0 && idleSeconds >= (spec.cooldownSeconds ?? defaultCooldown);
}

/**
 * Returns the number of replicas to run now. It scales out in the platform's steps (to four, then doubling). It scales
 * in only to a number that was enough at every decision in the stabilization window.
 * @param wants earlier decisions and the current one, oldest first
 */
export function nextReplicas(current: number, wants: readonly Want[], now: number, times: ScalingTimes): number {
  const wanted = wants.at(-1)?.replicas ?? current;
  if (wanted > current) return Math.min(wanted, Math.max(4, current * 2));
  const since = now - times.stabilizationSeconds * 1000;
  // Without a decision that is as old as the window, part of the window is unknown.
  if (wants[0] === undefined || wants[0].at > since) return current;
  const recent = wants.filter(({ at }, i) => at > since || (wants[i + 1]?.at ?? now) > since);
  return Math.min(current, Math.max(...recent.map(({ replicas }) => replicas)));
}
