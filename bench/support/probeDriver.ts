/**
 * Drives MCP sessions in a separate process, to measure the driver's CPU and memory. Takes one order over IPC and
 * answers it.
 */
import { readFileSync } from "node:fs";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { runProbe } from "mcp-affinity-probe";
import { Agent, fetch as undiciFetch } from "undici";
import { paced } from "../../packages/probe/src/run/pacing.ts";

export interface DriverOrder {
  readonly driver: "lean" | "sdk";
  readonly url: string;
  readonly ca: string;
  readonly sessions: number;
  readonly calls: number;
  /** Whether a replica ends one session in the middle of the calls, without the driver knowing. Lean driver only. */
  readonly forget?: boolean;
  /** Share of calls over new connections, in percent; default: the probe's default. Lean driver only. */
  readonly fresh?: number;
}

export interface DriverResult {
  readonly sessionsPerSecond: number;
  readonly callsPerSecond: number;
  /** CPU seconds, user and system, from opening the first session to closing the last one. */
  readonly cpu: number;
  /** Peak resident memory of the process, in MB. */
  readonly memory: number;
  /** Number of sessions whose calls were all answered. */
  readonly held: number;
  readonly lost: number;
  /** Id of the session that was ended on purpose; empty if none was. */
  readonly forgotten: string;
  /** Shortened ids of the sessions that the report lists as lost. */
  readonly named: readonly (string | null)[];
}

const inFlight = 32;

/** Seconds for opening and calling, and the results of the sessions. */
interface Driven {
  readonly opening: number;
  readonly calling: number;
  readonly held: number;
  readonly lost: number;
  readonly forgotten?: string;
  readonly named?: readonly (string | null)[];
}

async function lean({ url, ca, sessions, calls, forget = false, fresh = 20 }: DriverOrder): Promise<Driven> {
  const began = new Map<string, number>();
  let forgotten: Promise<string> | undefined;
  const options = {
    url,
    ca,
    sessions,
    calls,
    fresh,
    inFlight,
    controlSessions: 0,
    client: "lean",
    timeout: 60,
  } as const;
  const report = await runProbe(options, ({ phase, done, total }) => {
    if (!began.has(phase)) began.set(phase, performance.now());
    if (forget && phase === "call" && done * 2 > total) forgotten ??= endOneSession(url, ca);
  });
  const seconds = (from: string, to: string) => (Number(began.get(to)) - Number(began.get(from))) / 1_000;
  const { held, lost } = report.counts;
  const named = report.incidents.filter(({ kind }) => kind === "lost").map(({ id }) => id);
  const times = { opening: seconds("open", "call"), calling: seconds("call", "close") };
  return { ...times, held, lost, forgotten: (await forgotten) ?? "", named };
}

async function endOneSession(url: string, ca: string): Promise<string> {
  const dispatcher = new Agent({ connect: { ca } });
  const answer = await undiciFetch(`${url}/forget`, { method: "POST", dispatcher });
  const id = await answer.text();
  await dispatcher.close();
  if (!answer.ok) throw new Error(`no session was ended: HTTP ${answer.status}`);
  return id;
}

/** Does the same with the official client and one cookie jar per session, as its users would write it. */
async function sdk({ url, ca, sessions, calls }: DriverOrder): Promise<Driven> {
  // Loaded here, so that it does not count in the other driver's memory.
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const { default: makeFetchCookie } = await import("fetch-cookie");
  const { CookieJar } = await import("tough-cookie");
  const agent = new Agent({ connect: { ca }, connections: null });
  const plain = ((input: string, init?: object) =>
    undiciFetch(input, { ...init, dispatcher: agent })) as unknown as typeof fetch;
  const pace = { inFlight, rate: Number.POSITIVE_INFINITY, spread: 0, signal: new AbortController().signal };
  const all: { client: Client; transport: StreamableHTTPClientTransport }[] = [];
  const answered = new Array<number>(sessions).fill(0);
  const start = performance.now();
  await paced(sessions, pace, async (i) => {
    const cookies = makeFetchCookie(plain, new CookieJar()) as typeof fetch;
    const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { fetch: cookies });
    const client = new Client({ name: "bench", version: "1" });
    await client.connect(transport as Parameters<Client["connect"]>[0]);
    all[i] = { client, transport };
  });
  const opened = performance.now();
  await paced(sessions * calls, pace, async (job) => {
    await all[job % sessions]?.client.callTool({ name: "whoami", arguments: {} });
    answered[job % sessions] = (answered[job % sessions] ?? 0) + 1;
  });
  const called = performance.now();
  await paced(sessions, pace, async (i) => {
    await all[i]?.transport.terminateSession();
    await all[i]?.client.close();
  });
  await agent.destroy();
  const held = answered.filter((count) => count === calls).length;
  return { opening: (opened - start) / 1_000, calling: (called - opened) / 1_000, held, lost: sessions - held };
}

function greatestSize(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? 0) / 1024;
}

process.once("message", async (order: DriverOrder) => {
  const before = process.cpuUsage();
  const {
    opening,
    calling,
    held,
    lost,
    forgotten = "",
    named = [],
  } = await (order.driver === "lean" ? lean(order) : sdk(order));
  const { user, system } = process.cpuUsage(before);
  const result: DriverResult = {
    sessionsPerSecond: order.sessions / opening,
    callsPerSecond: (order.sessions * order.calls) / calling,
    cpu: (user + system) / 1e6,
    memory: greatestSize(),
    held,
    lost,
    forgotten,
    named,
  };
  process.send?.(result);
});
