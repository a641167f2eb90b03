import type { Failure } from "../http/outcome.ts";
import type { Call, DrivenSession } from "./driver.ts";
import { sessionlessProtocol } from "./sessionlessDriver.ts";

/** What the first session shows about the target. */
export type Preflight =
  | {
      readonly kind: "reached";
      readonly sessions: "ids" | "none" | "sessionless";
      /** Whether `server/discover` of protocol 2026-07-28 is answered; undefined if not asked. */
      readonly speaksSessionless: boolean | undefined;
      /** Undefined if the session was lost before the server named it. */
      readonly protocolVersion: string | undefined;
      /** Name and version, as reported by the server. */
      readonly server: string | undefined;
      readonly call: Call;
    }
  | Failure;

/** A session that can also send any request. */
export interface RequestingSession extends DrivenSession {
  request(method: string, params: object, fresh: boolean): ReturnType<DrivenSession["open"]>;
}

/** How often to try `tools/list`. Without affinity and with N replicas, only one try in N reaches the session. */
const attempts = 12;

/**
 * Opens a session and lists its tools, to find out what can be called. Without affinity, all tries to list them may
 * fail; the sessions of the run then show the problem.
 */
export async function preflight(newSession: () => RequestingSession): Promise<Preflight> {
  const session = newSession();
  const { outcome } = await session.open();
  if (outcome.kind === "failed") return outcome;
  // With the older transport, the stream can be open while the first message is already lost.
  let listed = outcome.kind === "lost" ? outcome : (await session.confirm?.())?.outcome;
  if (outcome.kind === "answered") {
    for (let attempt = 0; attempt < attempts; attempt++) {
      listed = (await session.request("tools/list", {}, false)).outcome;
      if (listed.kind !== "lost") break;
    }
  }
  await session.close();
  const call = listed?.kind === "answered" ? callOf(listed.result) : undefined;
  return describe(session, outcome.kind === "answered" ? outcome.result : undefined, call ?? { kind: "list" });
}

function describe(session: RequestingSession, result: unknown, call: Call): Preflight {
  const { protocolVersion, serverInfo } = (result ?? {}) as {
    protocolVersion?: string;
    serverInfo?: { name?: unknown; version?: unknown };
  };
  return {
    kind: "reached",
    sessions: session.id === undefined ? "none" : "ids",
    speaksSessionless: undefined,
    protocolVersion,
    server: serverName(serverInfo),
    call,
  };
}

function serverName(info: { name?: unknown; version?: unknown } | undefined): string | undefined {
  return info === undefined ? undefined : `${info.name ?? ""} ${info.version ?? ""}`.trim();
}

/** Finds out whether the gateway speaks protocol 2026-07-28. Changes nothing on the server. */
export async function discover(client: RequestingSession): Promise<Preflight | undefined> {
  const { outcome } = await client.open();
  const result = outcome.kind === "answered" ? (outcome.result as Discovered | null) : null;
  if (!Array.isArray(result?.supportedVersions)) return undefined;
  if (!result.supportedVersions.includes(sessionlessProtocol)) return undefined;
  const listed = await client.request("tools/list", {}, false);
  return {
    kind: "reached",
    sessions: "sessionless",
    speaksSessionless: true,
    protocolVersion: sessionlessProtocol,
    server: serverName(result._meta?.["io.modelcontextprotocol/serverInfo"]),
    call: listed.outcome.kind === "answered" ? callOf(listed.outcome.result) : { kind: "list" },
  };
}

interface Discovered {
  readonly supportedVersions?: unknown;
  readonly _meta?: { readonly "io.modelcontextprotocol/serverInfo"?: { name?: unknown; version?: unknown } };
}

/** Chooses `whoami`, also if the gateway prefixes it with the target's name (`target_whoami`), else `tools/list`. */
function callOf(result: unknown): Call {
  const { tools } = (result ?? {}) as { tools?: unknown };
  const names = Array.isArray(tools) ? tools.map((tool: { name?: unknown } | null) => tool?.name) : [];
  const name = names.find((tool) => typeof tool === "string" && /(^|[^a-z])whoami$/i.test(tool));
  return typeof name === "string" ? { kind: "tool", name, identifies: true } : { kind: "list" };
}
