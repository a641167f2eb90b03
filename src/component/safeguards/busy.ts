/** How long a write waits for other operations, in seconds. */
export interface BusyLimits {
  /** In all, from the first refusal on. */
  readonly limitSeconds: number;
  /** Before the second attempt; doubled before each further one. */
  readonly firstPauseSeconds: number;
}

/** The longest pause, in seconds: after Ctrl-C Pulumi still waits for the one that has begun. */
const longestPause = 15;

/** The limits of the affinity step hold for the app's own writes too. */
export function busyLimits(env: Readonly<Record<string, string | undefined>>): BusyLimits {
  const seconds = (text: string | undefined, otherwise: number): number =>
    Number(text) > 0 ? Number(text) : otherwise;
  return {
    limitSeconds: seconds(env.AFFINITY_LIMIT_SECONDS, 600),
    firstPauseSeconds: seconds(env.AFFINITY_RETRY_SECONDS, 2),
  };
}

/**
 * Whether a failed write was refused because another operation runs: Container Apps says `ContainerAppOperationInProgress` or
 * `ManagedEnvironmentOperationInProgress`, of which azure-native retries neither (it knows `AnotherOperationInProgress`).
 */
export const isBusy = (message: string): boolean => /\b\w*OperationInProgress\b/.test(message);

/** Seconds until the next attempt; undefined: the limit is reached. `failures` counts from 1. */
export function nextPause(failures: number, waited: number, limits: BusyLimits): number | undefined {
  const pause = Math.min(limits.firstPauseSeconds * 2 ** (failures - 1), longestPause);
  return waited + pause < limits.limitSeconds ? pause : undefined;
}
