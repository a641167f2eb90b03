import { createSecureContext, getCACertificates } from "node:tls";
import { Agent, fetch as undiciFetch } from "undici";
import type { ProbeSettings } from "../options/options.ts";
import type { Call } from "./driver.ts";
import { clientInfo } from "./leanDriver.ts";
import { sessionlessProtocol } from "./sessionlessDriver.ts";

/** Sessions of the correctness pass, and calls in each. */
const passSessions = 3;
const passCalls = 2;

/** How the sessions of the correctness pass fared; part of the report. */
export interface OfficialClientReport {
  readonly client: "sdk" | "sdk-v2";
  readonly sessions: number;
  readonly ok: number;
  readonly error: string | null;
}

/** One session of an official client, connected. */
interface OfficialSession {
  list(): Promise<unknown>;
  call(name: string): Promise<unknown>;
  /** Ends the session at the server, then the client. */
  close(): Promise<void>;
}

/**
 * Lets an official MCP client with a cookie jar open a few sessions, list tools and call: what the lean driver leaves
 * out of the protocol is then spoken as well. Each session has a jar of its own.
 */
export async function correctnessPass(
  settings: ProbeSettings,
  call: Call,
  sessionless: boolean,
  signal: AbortSignal,
): Promise<OfficialClientReport | undefined> {
  const { client, ca, inFlight } = settings;
  // The first line of the SDK does not speak the sessionless protocol.
  if (client === "lean" || (client === "sdk" && sessionless)) return undefined;
  const trust =
    ca === undefined ? {} : { secureContext: createSecureContext({ ca: [...getCACertificates("default"), ca] }) };
  const agent = new Agent({ connect: { ...trust, timeout: settings.timeout * 1_000 }, connections: inFlight });
  let ok = 0;
  let error: string | null = null;
  try {
    for (let i = 0; i < passSessions && !signal.aborted; i++) {
      try {
        await oneSession(settings, agent, call, sessionless);
        ok += 1;
      } catch (thrown) {
        error ??= shortMessage(thrown);
      }
    }
  } finally {
    await agent.destroy();
  }
  return { client, sessions: passSessions, ok, error };
}

async function oneSession(settings: ProbeSettings, agent: Agent, call: Call, sessionless: boolean): Promise<void> {
  const plain = ((input: string | URL, init?: object) =>
    undiciFetch(input, { ...init, dispatcher: agent })) as unknown as typeof fetch;
  // Loaded here, as the lean driver has no need of them.
  const [{ default: makeFetchCookie }, { CookieJar }] = await Promise.all([
    import("fetch-cookie"),
    import("tough-cookie"),
  ]);
  const fetch = makeFetchCookie(plain, new CookieJar()) as typeof globalThis.fetch;
  const session = await (settings.client === "sdk"
    ? connectV1(settings, fetch)
    : connectV2(settings, fetch, sessionless));
  try {
    await session.list();
    for (let i = 0; i < passCalls; i++) await (call.kind === "tool" ? session.call(call.name) : session.list());
  } finally {
    await session.close();
  }
}

/** The SDK's first line, `@modelcontextprotocol/sdk`. */
async function connectV1(settings: ProbeSettings, fetch: typeof globalThis.fetch): Promise<OfficialSession> {
  const [{ Client }, { StreamableHTTPClientTransport }, { SSEClientTransport }] = await Promise.all([
    import("@modelcontextprotocol/sdk/client/index.js"),
    import("@modelcontextprotocol/sdk/client/streamableHttp.js"),
    import("@modelcontextprotocol/sdk/client/sse.js"),
  ]);
  const options = { fetch, requestInit: { headers: { ...settings.headers } } };
  const http = settings.transport === "http" ? new StreamableHTTPClientTransport(settings.url, options) : undefined;
  const timeout = settings.timeout * 1_000;
  const client = new Client(clientInfo);
  // Its transports declare optional properties as `| undefined`, which exactOptionalPropertyTypes tells apart.
  const transport = (http ?? new SSEClientTransport(settings.url, options)) as Parameters<typeof client.connect>[0];
  await client.connect(transport, { timeout });
  return {
    list: () => client.listTools(undefined, { timeout }),
    call: (name) => client.callTool({ name, arguments: {} }, undefined, { timeout }),
    close: () => closeAll(http, client),
  };
}

/** The SDK's second line, `@modelcontextprotocol/client`; it takes the newest version that the gateway speaks. */
async function connectV2(
  settings: ProbeSettings,
  fetch: typeof globalThis.fetch,
  sessionless: boolean,
): Promise<OfficialSession> {
  const { Client, StreamableHTTPClientTransport, SSEClientTransport } = await import("@modelcontextprotocol/client");
  const options = { fetch, requestInit: { headers: { ...settings.headers } } };
  const http = settings.transport === "http" ? new StreamableHTTPClientTransport(settings.url, options) : undefined;
  const timeout = settings.timeout * 1_000;
  const mode = sessionless ? { pin: sessionlessProtocol } : "legacy";
  const client = new Client(clientInfo, { versionNegotiation: { mode } });
  await client.connect(http ?? new SSEClientTransport(settings.url, options), { timeout });
  return {
    list: () => client.listTools(undefined, { timeout }),
    call: (name) => client.callTool({ name, arguments: {} }, { timeout }),
    close: () => closeAll(http, client),
  };
}

async function closeAll(
  http: { terminateSession(): Promise<void> } | undefined,
  client: { close(): Promise<void> },
): Promise<void> {
  // A session that is lost by now cannot be ended; that was reported where it was lost.
  await http?.terminateSession().catch(() => undefined);
  await client.close();
}

function shortMessage(thrown: unknown): string {
  const text = (thrown instanceof Error ? thrown.message : String(thrown)).replaceAll(/\s+/g, " ").trim();
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
