import type { Driver, Target } from "../drivers/driver.ts";
import { LeanDriver } from "../drivers/leanDriver.ts";
import { discover, type Preflight, preflight } from "../drivers/preflight.ts";
import { SessionlessDriver } from "../drivers/sessionlessDriver.ts";
import { SseDriver } from "../drivers/sseDriver.ts";
import type { RunRecord } from "../evidence/runRecord.ts";
import { Wire } from "../http/wire.ts";
import type { ProbeSettings } from "../options/options.ts";

/** Milliseconds that exchanges in flight have to end after an interruption, and that there is to close sessions. */
const mercy = 300;
export const hurriedClose = 5_000;

/** Learns what the gateway speaks, and runs `drive` with a driver for it; without one if it cannot be reached. */
export async function connected(
  settings: ProbeSettings,
  signal: AbortSignal,
  record: Pick<RunRecord, "preflight">,
  drive: (driver: Driver) => Promise<void>,
): Promise<void> {
  using _ = withoutStacks();
  const target = targetOf(settings);
  await using wire = new Wire({ origin: target.url.origin, ...target });
  // Nobody waits for a timeout after Ctrl-C.
  const cut = (): void => {
    const reason = new Error("interrupted");
    setTimeout(() => wire.cut("all but closings", reason), mercy).unref();
    setTimeout(() => wire.cut("all", reason), mercy + hurriedClose).unref();
  };
  signal.addEventListener("abort", cut, { once: true });
  try {
    const found = await reach(wire, target, settings);
    record.preflight = found;
    if (found.kind === "failed" || signal.aborted) return;
    target.call = found.call;
    await drive(driverFor(found.sessions, wire, target, settings));
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

/**
 * No error made meanwhile has a stack. The HTTP client makes one for every connection that it drops, and Node formats
 * each: at thousands of sessions that costs more than parsing their answers. What is shown of an error is its message.
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

/** Probes under way in this process, and the limit that was before the first of them. */
const stackless = { probes: 0, before: Error.stackTraceLimit };

/** Finds out what the gateway speaks; one that opens no session may still speak the protocol that has none. */
async function reach(wire: Wire, target: Target, settings: ProbeSettings): Promise<Preflight> {
  if (settings.transport === "sse") return await preflight(() => new SseDriver(wire, target).session("keep"));
  const found = await preflight(() => new LeanDriver(wire, target).session("keep"));
  // If nothing answers, or not without sign-in, asking once more only doubles the wait.
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
  const { url, headers, timeout, inFlight, ca, replicaHeader } = settings;
  return {
    url,
    headers,
    timeout: timeout * 1_000,
    connections: inFlight,
    ca,
    replicaHeader,
    call: { kind: "list" },
  };
}
