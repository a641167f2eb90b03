/** How long a write waits for other operations. */
export interface BusyLimits {
  /** In total, counted from the first refusal. */
  readonly limitSeconds: number;
  /** Before the first retry; doubled for each further one. */
  readonly firstPauseSeconds: number;
}

/** The longest pause, in seconds. It is short because after Ctrl-C Pulumi still waits for the current pause. */
const longestPause = 15;

/** Reads the limits, which are the same as those of the affinity step. */
export function busyLimits(env: Readonly<Record<string, string | undefined>>): BusyLimits {
  const seconds = (text: string | undefined, otherwise: number): number =>
    Number(text) > 0 ? Number(text) : otherwise;
  return {
    limitSeconds: seconds(env.AFFINITY_LIMIT_SECONDS, 600),
    firstPauseSeconds: seconds(env.AFFINITY_RETRY_SECONDS, 2),
  };
}

/**
 * Whether a write was refused because another operation is running. Container Apps answers
 * `ContainerAppOperationInProgress` or `ManagedEnvironmentOperationInProgress`; azure-native retries neither, only
 * `AnotherOperationInProgress`.
 */
export const isBusy = (message: string): boolean => /\b\w*OperationInProgress\b/.test(message);

/** Seconds until the next attempt, or undefined if it would exceed the limit. `failures` starts at 1. */
export function nextPause(failures: number, waited: number, limits: BusyLimits): number | undefined {
  const pause = Math.min(limits.firstPauseSeconds * 2 ** (failures - 1), longestPause);
  return waited + pause < limits.limitSeconds ? pause : undefined;
}
