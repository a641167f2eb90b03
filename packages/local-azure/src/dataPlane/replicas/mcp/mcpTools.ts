import { setTimeout as wait } from "node:timers/promises";
import { type CallToolResult, ProtocolError, ProtocolErrorCode, Server, type Tool } from "@modelcontextprotocol/server";

/** State that only the replica that created the session has. Affinity prevents losing it. */
interface SessionState {
  calls: number;
}

interface ToolInput {
  readonly replica: string;
  readonly arguments: Record<string, unknown>;
  /** Undefined in the sessionless protocol. */
  readonly session: SessionState | undefined;
  readonly signal: AbortSignal;
}

interface ReplicaTool {
  readonly definition: Tool;
  run(input: ToolInput): CallToolResult | Promise<CallToolResult>;
}

const text = (value: string): CallToolResult => ({ content: [{ type: "text", text: value }] });
const refused = (value: string): CallToolResult => ({ ...text(value), isError: true });

/** Longest wait of `slow`, in milliseconds. */
const slowest = 120_000;

const tools: readonly ReplicaTool[] = [
  {
    definition: {
      name: "whoami",
      description: "Returns the name of the replica that answers",
      inputSchema: { type: "object" },
      annotations: { readOnlyHint: true },
    },
    run: ({ replica }) => text(replica),
  },
  {
    definition: {
      name: "counter",
      description: "Returns how often this session has called this tool. The count is in the replica's memory",
      inputSchema: { type: "object" },
    },
    run: ({ session }) => {
      if (session === undefined) return refused("counter needs a session; this protocol version has none");
      session.calls += 1;
      return text(String(session.calls));
    },
  },
  {
    definition: {
      name: "echo",
      description: "Echoes the message",
      inputSchema: { type: "object", properties: { message: { type: "string" } }, required: ["message"] },
      annotations: { readOnlyHint: true },
    },
    run: ({ arguments: { message } }) =>
      typeof message === "string" ? text(`Echo: ${message}`) : refused("message: must be a string"),
  },
  {
    definition: {
      name: "slow",
      description: "Answers after the given time",
      inputSchema: {
        type: "object",
        properties: { milliseconds: { type: "integer", minimum: 0, maximum: slowest } },
        required: ["milliseconds"],
      },
    },
    run: async ({ arguments: { milliseconds }, replica, signal }) => {
      if (typeof milliseconds !== "number" || !(milliseconds >= 0 && milliseconds <= slowest)) {
        return refused(`milliseconds: must be a number between 0 and ${slowest}`);
      }
      await wait(milliseconds, undefined, { signal });
      return text(`${replica} after ${milliseconds} ms`);
    },
  },
];

/**
 * Creates the MCP server of one session, or of one request in the sessionless protocol.
 * @param replica name that `whoami` returns
 */
export function createMcpServer(replica: string, era: "session" | "sessionless"): Server {
  const session: SessionState | undefined = era === "session" ? { calls: 0 } : undefined;
  const server = new Server({ name: "replica", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({ tools: tools.map(({ definition }) => definition) }));
  server.setRequestHandler("tools/call", ({ params }, { mcpReq: { signal } }) => {
    const tool = tools.find(({ definition }) => definition.name === params.name);
    if (tool === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
    return tool.run({ replica, arguments: params.arguments ?? {}, session, signal });
  });
  return server;
}
