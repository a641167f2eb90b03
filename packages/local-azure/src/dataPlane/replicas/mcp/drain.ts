import type { Server } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

/** How long a replica drains after SIGTERM, in milliseconds. */
export interface DrainTimes {
  /** How long new connections are accepted. The process never exits earlier. */
  readonly minimum: number;
  /** When connections that are still open are cut. */
  readonly total: number;
}

/** AgentGateway's default of CONNECTION_TERMINATION_DEADLINE. */
const defaultMaximum = 5_000;

/**
 * Reads the times as AgentGateway 1.4.1 does. Its total is the minimum plus whichever deadline is shorter (measured);
 * without the variables it cuts everything at once.
 *
 * @throws if a variable is not a duration in Go's format, such as `7.5s` or `1m30s`
 */
export function drainTimes(env: Readonly<Record<string, string | undefined>>): DrainTimes {
  const minimum = duration(env, "CONNECTION_MIN_TERMINATION_DEADLINE") ?? 0;
  const maximum = duration(env, "CONNECTION_TERMINATION_DEADLINE") ?? defaultMaximum;
  return { minimum, total: minimum + Math.min(minimum, maximum) };
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const part = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|ms|s|m|h)/g;

function duration(env: Readonly<Record<string, string | undefined>>, name: string): number | undefined {
  const text = env[name];
  if (text === undefined) return undefined;
  if (text.replace(part, "") !== "" && text !== "0") throw new Error(`invalid env var ${name}=${text}`);
  return [...text.matchAll(part)].reduce((sum, [, number, unit = ""]) => sum + Number(number) * (units[unit] ?? 0), 0);
}

/** Resolves when the process should exit: when no connection is left, or after the total time. */
export async function drain(server: Server, { minimum, total }: DrainTimes): Promise<void> {
  await wait(minimum);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection would otherwise stay open after its response, for the next request.
  const closing = setInterval(() => server.closeIdleConnections(), 20);
  await Promise.race([closed, wait(total - minimum)]);
  clearInterval(closing);
}
