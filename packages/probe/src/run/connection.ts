import type { Driver, Target } from "../drivers/driver.ts";
import { LeanDriver } from "../drivers/leanDriver.ts";
import { discover, type Preflight, preflight } from "../drivers/preflight.ts";
import { SessionlessDriver } from "../drivers/sessionlessDriver.ts";
import { SseDriver } from "../drivers/sseDriver.ts";
import type { RunRecord } from "../evidence/runRecord.ts";
import { Credentials } from "../http/credentials.ts";
import type { Failure } from "../http/outcome.ts";
import { Wire } from "../http/wire.ts";
import type { ProbeSettings } from "../options/options.ts";

/** Milliseconds that exchanges in flight get after an interruption. */
const gracePeriod = 300;
/** Milliseconds to close sessions after an interruption. */
export const hurriedClose = 5_000;

/** Finds out which protocol the gateway speaks and runs `drive` with a driver for it, unless it can't be reached. */
export async function connected(
  settings: ProbeSettings,
  signal: AbortSignal,
  record: Pick<RunRecord, "preflight">,
  drive: (driver: Driver, credentials: Credentials) => Promise<void>,
): Promise<void> {
  using _ = withoutStacks();
  const target = targetOf(settings);
  await using wire = new Wire({ origin: target.url.origin, ...target });
  // After Ctrl-C, nobody should have to wait for a timeout.
  const cut = (): void => {
    const reason = new Error("interrupted");
    setTimeout(() => wire.cut("all but closings", reason), gracePeriod).unref();
    setTimeout(() => wire.cut("all", reason), gracePeriod + hurriedClose).unref();
  };
  signal.addEventListener("abort", cut, { once: true });
  try {
    const found = (await withoutToken(target)) ?? (await reach(wire, target, settings));
    record.preflight = found;
    if (found.kind === "failed" || signal.aborted) return;
    target.call = found.call;
    await drive(driverFor(found.sessions, wire, target, settings), target.credentials);
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

/**
 * Turns off stack traces of errors while a probe runs. The HTTP client creates an error for each connection that it
 * drops; with thousands of sessions, formatting their stacks costs more than parsing the answers. Only their messages
 * are shown.
 */
function withoutStacks(): Disposable {
  if (stackless.probes++ === 0) {
    stackless.before = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
  }
  return {
    [Symbol.dispose]: () => {
      if (--stackless.probes === 0) Error.stackTraceLimit = stackless.before;
    },
  };
}

/** The probes running in this process, and the limit from before the first one. */
const stackless = { probes: 0, before: Error.stackTraceLimit };

/** Fetches the first token. Returns why there is none, or undefined. */
async function withoutToken({ credentials }: Target): Promise<Failure | undefined> {
  try {
    await credentials.obtain();
    return undefined;
  } catch (error) {
    return { kind: "failed", reason: "no-token", detail: (error as Error).message };
  }
}

/** Finds out what the gateway speaks. One that opens no session may still speak the protocol without sessions. */
async function reach(wire: Wire, target: Target, settings: ProbeSettings): Promise<Preflight> {
  if (settings.transport === "sse") return await preflight(() => new SseDriver(wire, target).session("keep"));
  const found = await preflight(() => new LeanDriver(wire, target).session("keep"));
  // If nothing answers or sign-in is required, a second request would only double the wait.
  if (found.kind === "failed" && !["rejected", "garbage", "not-mcp", "no-endpoint"].includes(found.reason))
    return found;
  const sessionless = await discover(new SessionlessDriver(wire, target).session("keep"));
  if (found.kind === "failed") return sessionless ?? found;
  return { ...found, speaksSessionless: sessionless !== undefined };
}

function driverFor(sessions: string, wire: Wire, target: Target, settings: ProbeSettings): Driver {
  if (sessions === "sessionless") return new SessionlessDriver(wire, target);
  return settings.transport === "sse" ? new SseDriver(wire, target) : new LeanDriver(wire, target);
}

function targetOf(settings: ProbeSettings): Target {
  const { url, headers, fetchToken, timeout, inFlight, tls, replicaHeader } = settings;
  return {
    url,
    credentials: new Credentials({ headers, fetchToken }),
    timeout: timeout * 1_000,
    connections: inFlight,
    tls,
    replicaHeader,
    call: { kind: "list" },
  };
}
