import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server, Transport } from "@modelcontextprotocol/server";

interface SseTransport extends Transport {
  handlePostMessage(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/**
 * Sessions of the older HTTP+SSE transport (2024-11-05). The stream that answers `GET /sse` gives the client the
 * address for its messages, which has the same path, as in AgentGateway.
 */
export class SseSessions {
  readonly #sessions = new Map<string, SseTransport>();
  readonly #createServer: () => Server;

  constructor(createServer: () => Server) {
    this.#createServer = createServer;
  }

  async open(response: ServerResponse): Promise<void> {
    // Only version 1 of the SDK still has this transport. Loaded on demand, because most runs never use it.
    const { SSEServerTransport } = await import("@modelcontextprotocol/sdk/server/sse.js");
    const transport = new SSEServerTransport("/sse", response) as unknown as SseTransport & { sessionId: string };
    await this.#createServer().connect(transport);
    this.#sessions.set(transport.sessionId, transport);
    response.once("close", () => this.#sessions.delete(transport.sessionId));
  }

  async post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = new URL(request.url ?? "/", "http://replica").searchParams.get("sessionId");
    const transport = id === null ? undefined : this.#sessions.get(id);
    if (transport === undefined) {
      response.writeHead(404, { "content-type": "text/plain" }).end("Session not found\n");
      return;
    }
    await transport.handlePostMessage(request, response);
  }
}
