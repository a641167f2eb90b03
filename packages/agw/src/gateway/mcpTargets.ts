import { listAt, member } from "../../../../src/config/gateway/members.ts";
import { parseGatewayFile } from "../../../../src/config/gateway/parseGatewayFile.ts";

/** How many MCP targets of each kind a gateway's file names, not counting those of stateless backends. */
export interface McpTargets {
  /** Processes inside the replica: their sessions live and end with it. */
  readonly stdio: number;
  /** Streamable HTTP (`mcp:`). AgentGateway 1.4 resumes their sessions on any replica. */
  readonly http: number;
  /** The older SSE transport. Another replica answers such a session, but cannot continue it. */
  readonly sse: number;
  /** HTTP APIs, which keep no session; AgentGateway resumes the client's session on any replica, as for `http`. */
  readonly openapi: number;
  /** Targets of a kind that AgentGateway 1.4 does not have. */
  readonly unknown: number;
  /** Targets in backends with `statefulMode: stateless`, whatever their kind: they have no sessions to lose. */
  readonly stateless: number;
}

const kinds = { stdio: "stdio", mcp: "http", sse: "sse", openapi: "openapi" } as const;

/**
 * Counts the MCP targets of a gateway's file, wherever AgentGateway 1.4 lets them stand. A backend that no route uses
 * counts too. Sessions of `host` backends are not the gateway's, so these do not count.
 *
 * @param value the parsed file, or any other value: what is malformed counts nothing
 */
export function mcpTargets(value: unknown): McpTargets {
  const count = { stdio: 0, http: 0, sse: 0, openapi: 0, unknown: 0, stateless: 0 };
  for (const backend of [member(value, "mcp"), ...mcpBackends(value)]) {
    const stateless = member(backend, "statefulMode") === "stateless";
    for (const target of listAt(backend, "targets")) {
      const kind = Object.entries(kinds).find(([key]) => member(target, key) !== undefined)?.[1] ?? "unknown";
      count[stateless ? "stateless" : kind] += 1;
    }
  }
  return count;
}

/** Counts the MCP targets of a file's content; undefined if it is not readable YAML. Variables need no values. */
export function mcpTargetsOf(content: string): McpTargets | undefined {
  const { value, error } = parseGatewayFile(content, () => "unknown");
  return error === undefined ? mcpTargets(value) : undefined;
}

/**
 * Whether any replica can continue every session of these targets, so that a new revision ends none. A session resumes
 * only while its backend has targets of the same names, and while SESSION_KEY stays the same.
 */
export const resumeAnywhere = ({ stdio, sse, unknown, ...others }: McpTargets): boolean =>
  stdio + sse + unknown === 0 && Object.values(others).some((number) => number > 0);

function mcpBackends(value: unknown): unknown[] {
  const listeners = listAt(value, "binds").flatMap((bind) => listAt(bind, "listeners"));
  const routes = [value, ...listeners, ...listAt(value, "routeGroups")].flatMap((at) => listAt(at, "routes"));
  return [value, ...routes].flatMap((at) => listAt(at, "backends")).map((backend) => member(backend, "mcp"));
}
