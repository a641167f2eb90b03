import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import makeFetchCookie from "fetch-cookie";
import { CookieJar } from "tough-cookie";

/** A connected official MCP client. */
export interface McpClient extends AsyncDisposable {
  /** Calls a tool and resolves to the text of its result. */
  call(tool: string, args?: Record<string, unknown>): Promise<string>;
}

export type ClientKind = "v1" | "v1 sse" | "v2" | "v2 sessionless";

/** Returns a fetch with its own cookie jar. */
export function withCookies(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return makeFetchCookie(fetch, new CookieJar()) as typeof globalThis.fetch;
}

const identity = { name: "test", version: "1.0.0" };
/** Timeout per request in milliseconds. Long, because a busy machine can take several seconds to start a replica. */
const timeout = 50_000;

/** Connects an official client to the server's `/mcp` (or `/sse`). */
export async function connect(kind: ClientKind, url: string, fetch: typeof globalThis.fetch): Promise<McpClient> {
  if (kind === "v2" || kind === "v2 sessionless") {
    const client = new ClientV2(identity, {
      versionNegotiation: { mode: kind === "v2" ? "legacy" : { pin: "2026-07-28" } },
    });
    await client.connect(new TransportV2(new URL(`${url}/mcp`), { fetch }), { timeout });
    return clientOf(client, (tool, args) => client.callTool({ name: tool, arguments: args }, { timeout }));
  }
  const client = new ClientV1(identity);
  const transport =
    kind === "v1"
      ? new TransportV1(new URL(`${url}/mcp`), { fetch })
      : new SSEClientTransport(new URL(`${url}/sse`), { fetch });
  await client.connect(transport as Transport, { timeout });
  return clientOf(client, (tool, args) => client.callTool({ name: tool, arguments: args }, undefined, { timeout }));
}

function clientOf(
  client: { close(): Promise<void> },
  call: (tool: string, args: Record<string, unknown>) => Promise<unknown>,
): McpClient {
  return {
    async call(tool, args = {}) {
      const { content } = (await call(tool, args)) as { content?: Array<{ type: string; text?: string }> };
      return content?.map(({ text }) => text).join("") ?? "";
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
