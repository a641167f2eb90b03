import { routesIn } from "./listeners.ts";
import { listAt, member } from "./members.ts";
import { parseGatewayFile } from "./parseGatewayFile.ts";

/**
 * A kind of MCP target. `stdio` processes run in one replica, and `sse` sessions (the older transport) can't continue on
 * another one. AgentGateway 1.4 resumes sessions of `http` (Streamable HTTP) and `openapi` targets on any replica. A
 * target of a `stateless` backend has no sessions, whatever its kind. `unknown`: not a kind of AgentGateway 1.4.
 */
export type TargetKind = "stdio" | "http" | "sse" | "openapi" | "stateless" | "unknown";

const kinds: readonly (readonly [key: string, kind: TargetKind])[] = [
  ["stdio", "stdio"],
  ["mcp", "http"],
  ["sse", "sse"],
  ["openapi", "openapi"],
];

/**
 * Returns the kinds of all MCP targets in a gateway's file, including those in backends that no route uses, or undefined
 * if the file is not valid YAML. Variables don't need values. `host` backends are skipped, because the gateway doesn't
 * keep their sessions.
 */
export function targetKinds(content: string): readonly TargetKind[] | undefined {
  const { value, error } = parseGatewayFile(content, () => "unknown");
  if (error !== undefined) return undefined;
  const routes = [...routesIn(value), ...listAt(value, "routeGroups").flatMap((group) => listAt(group, "routes"))];
  const backends = [value, ...routes].flatMap((at) => listAt(at, "backends"));
  const found = [value, ...backends].flatMap((backend) => {
    const mcp = member(backend, "mcp");
    const stateless = member(mcp, "statefulMode") === "stateless";
    return listAt(mcp, "targets").map((target): TargetKind => (stateless ? "stateless" : kindOf(target)));
  });
  return [...new Set(found)].sort();
}

const kindOf = (target: unknown): TargetKind =>
  kinds.find(([key]) => member(target, key) !== undefined)?.[1] ?? "unknown";
