import type { Call, DrivenSession } from "./driver.ts";
import type { FailureReason } from "./outcome.ts";

/** What the first session tells of the target. */
export type Preflight =
  | {
      readonly kind: "reached";
      readonly sessions: "ids" | "none";
      readonly protocolVersion: string;
      /** Name and version, as the server says it. */
      readonly server: string | undefined;
      readonly call: Call;
    }
  | { readonly kind: "failed"; readonly reason: FailureReason; readonly detail: string };

/** A session that can also send requests of its caller's choice. */
export interface RequestingSession extends DrivenSession {
  request(method: string, params: object, fresh: boolean): ReturnType<DrivenSession["open"]>;
}

/** Sessions that are tried for a listing, where the gateway loses them. */
const attempts = 5;

/**
 * Opens a session and asks for its tools, to learn what can be called. A gateway without affinity may lose the session
 * before the listing: then others are tried, and where all are lost the calls to come will show it.
 */
export async function preflight(newSession: () => RequestingSession): Promise<Preflight> {
  let reached: Preflight | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const session = newSession();
    const { outcome } = await session.open();
    if (outcome.kind !== "answered") {
      if (reached !== undefined) return reached;
      return outcome.kind === "failed" ? outcome : { kind: "failed", reason: "rejected", detail: outcome.detail };
    }
    await session.confirm?.();
    const listed = await session.request("tools/list", {}, false);
    await session.close();
    const call = listed.outcome.kind === "answered" ? callOf(listed.outcome.result) : undefined;
    reached = describe(session, outcome.result, call ?? { kind: "list" });
    if (listed.outcome.kind !== "lost") return reached;
  }
  return reached as Preflight;
}

function describe(session: RequestingSession, result: unknown, call: Call): Preflight {
  const { protocolVersion, serverInfo } = result as {
    protocolVersion: string;
    serverInfo?: { name?: unknown; version?: unknown };
  };
  return {
    kind: "reached",
    sessions: session.id === undefined ? "none" : "ids",
    protocolVersion,
    server: serverInfo === undefined ? undefined : `${serverInfo.name ?? ""} ${serverInfo.version ?? ""}`.trim(),
    call,
  };
}

/** `whoami`, also behind a gateway that puts the target's name before it (`target_whoami`). */
export function callOf(result: unknown): Call {
  const { tools } = (result ?? {}) as { tools?: unknown };
  const names = Array.isArray(tools) ? tools.map((tool: { name?: unknown } | null) => tool?.name) : [];
  const name = names.find((tool) => typeof tool === "string" && /(^|[^a-z])whoami$/i.test(tool));
  return typeof name === "string" ? { kind: "tool", name, identifies: true } : { kind: "list" };
}
