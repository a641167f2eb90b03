import { Agent, fetch as undiciFetch } from "undici";
import type { Credentials } from "../http/credentials.ts";
import { secureContextFor } from "../http/tls.ts";
import type { ProbeSettings } from "../options/options.ts";
import type { Call } from "./driver.ts";
import { clientInfo } from "./leanDriver.ts";
import { sessionlessProtocol } from "./sessionlessDriver.ts";

/** Number of sessions of the official client, and of calls in each. */
const passSessions = 3;
const passCalls = 2;

/** The result of the official client's sessions; part of the report. */
export interface OfficialClientReport {
  readonly client: "sdk" | "sdk-v2";
  readonly sessions: number;
  /** Sessions that completed all their calls. */
  readonly ok: number;
  /** The first error; null if there was none. */
  readonly error: string | null;
}

export interface OfficialPass {
  readonly settings: ProbeSettings;
  readonly credentials: Credentials;
  readonly call: Call;
  readonly sessionless: boolean;
  readonly signal: AbortSignal;
}

/** A connected session of an official client. */
interface OfficialSession {
  list(): Promise<unknown>;
  call(name: string): Promise<unknown>;
  /** Ends the session on the server, then closes the client. */
  close(): Promise<void>;
}

/**
 * Runs a few sessions of an official MCP client, each with its own cookie jar, to cover the parts of the protocol that
 * the lean driver leaves out. Returns undefined without a client, or if the client doesn't speak the protocol.
 */
export async function correctnessPass(pass: OfficialPass): Promise<OfficialClientReport | undefined> {
  const { settings, credentials, sessionless, signal } = pass;
  const { client, tls, inFlight } = settings;
  // Version 1 of the SDK doesn't speak the protocol without sessions.
  if (client === "lean" || (client === "sdk" && sessionless)) return undefined;
  const connect = { secureContext: secureContextFor(tls), timeout: settings.timeout * 1_000 };
  const agent = new Agent({ connect, connections: inFlight });
  let ok = 0;
  let error: string | null = null;
  try {
    for (let i = 0; i < passSessions && !signal.aborted; i++) {
      try {
        await oneSession(pass, agent);
        ok += 1;
      } catch (thrown) {
        error ??= shortMessage(thrown, credentials);
      }
    }
  } finally {
    await agent.destroy();
  }
  return { client, sessions: passSessions, ok, error };
}

async function oneSession({ settings, credentials, call, sessionless }: OfficialPass, agent: Agent): Promise<void> {
  const plain = authorized(credentials, agent);
  // Loaded here because the lean driver doesn't need them.
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

/** A `fetch` that adds the credentials, and resends a request if its token has expired and there is a new one. */
function authorized(credentials: Credentials, agent: Agent): typeof fetch {
  const send = (input: string | URL, init: RequestInit = {}) => {
    const headers = { ...Object.fromEntries(new Headers(init.headers)), ...credentials.headers };
    return undiciFetch(input, { ...init, headers, dispatcher: agent } as object) as unknown as Promise<Response>;
  };
  return (async (input: string | URL, init?: RequestInit) => {
    let refused: Response | undefined;
    const once = async (): Promise<Response> => {
      await refused?.body?.cancel();
      refused = await send(input, init);
      return refused;
    };
    return credentials.sending(once, ({ status }) => status);
  }) as typeof fetch;
}

/** Connects version 1 of the SDK, `@modelcontextprotocol/sdk`. */
async function connectV1(settings: ProbeSettings, fetch: typeof globalThis.fetch): Promise<OfficialSession> {
  const [{ Client }, { StreamableHTTPClientTransport }, { SSEClientTransport }] = await Promise.all([
    import("@modelcontextprotocol/sdk/client/index.js"),
    import("@modelcontextprotocol/sdk/client/streamableHttp.js"),
    import("@modelcontextprotocol/sdk/client/sse.js"),
  ]);
  const options = { fetch };
  const http = settings.transport === "http" ? new StreamableHTTPClientTransport(settings.url, options) : undefined;
  const timeout = settings.timeout * 1_000;
  const client = new Client(clientInfo);
  // Its transports declare optional properties as `| undefined`, which exactOptionalPropertyTypes rejects.
  const transport = (http ?? new SSEClientTransport(settings.url, options)) as Parameters<typeof client.connect>[0];
  await client.connect(transport, { timeout });
  return {
    list: () => client.listTools(undefined, { timeout }),
    call: (name) => client.callTool({ name, arguments: {} }, undefined, { timeout }),
    close: () => closeAll(http, client),
  };
}

/** Connects version 2 of the SDK, `@modelcontextprotocol/client`. */
async function connectV2(
  settings: ProbeSettings,
  fetch: typeof globalThis.fetch,
  sessionless: boolean,
): Promise<OfficialSession> {
  const { Client, StreamableHTTPClientTransport, SSEClientTransport } = await import("@modelcontextprotocol/client");
  const options = { fetch };
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
  // A lost session can't be ended; the loss itself has been reported already.
  await http?.terminateSession().catch(() => undefined);
  await client.close();
}

function shortMessage(thrown: unknown, credentials: Credentials): string {
  const text = credentials
    .hide(thrown instanceof Error ? thrown.message : String(thrown))
    .replaceAll(/\s+/g, " ")
    .trim();
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
