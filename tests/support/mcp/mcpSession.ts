import { randomUUID } from "node:crypto";

/** An MCP session over plain requests: cheap enough for hundreds, and with access to status codes. */
export class McpSession {
  readonly #url: string;
  readonly #fetch: typeof fetch;
  readonly #keepsCookies: boolean;
  #cookie: string | undefined;
  #id: string | undefined;
  /** Set-Cookie headers received. */
  cookies = 0;

  constructor(url: string, fetch: typeof globalThis.fetch, options: { readonly keepsCookies: boolean }) {
    this.#url = `${url}/mcp`;
    this.#fetch = fetch;
    this.#keepsCookies = options.keepsCookies;
  }

  async initialize(): Promise<void> {
    const clientInfo = { name: "test", version: "1.0.0" };
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
    const { status } = await this.#post({ jsonrpc: "2.0", id: randomUUID(), method: "initialize", params });
    if (status !== 200) throw new Error(`initialize answers ${status}`);
    await this.#post({ jsonrpc: "2.0", method: "notifications/initialized" });
  }

  /** Calls a tool; resolves to the status and, for 200, the text of the answer. */
  async call(name: string, args: object = {}): Promise<{ readonly status: number; readonly text: string }> {
    const params = { name, arguments: args };
    const { status, body } = await this.#post({ jsonrpc: "2.0", id: randomUUID(), method: "tools/call", params });
    const message = JSON.parse(/^data: (.*)$/m.exec(body)?.[1] ?? body) as {
      result?: { content: Array<{ text: string }> };
      error?: { message: string };
    };
    return { status, text: message.result?.content[0]?.text ?? message.error?.message ?? "" };
  }

  /** Opens the stream for messages from the server; resolves when the headers arrive. */
  async stream(): Promise<Response> {
    const headers = { accept: "text/event-stream", "mcp-session-id": this.#id ?? "", cookie: this.#cookie ?? "" };
    const response = await this.#fetch(this.#url, { headers });
    if (response.status !== 200) throw new Error(`GET answers ${response.status}`);
    return response;
  }

  async #post(message: object): Promise<{ readonly status: number; readonly body: string }> {
    const headers: Record<string, string> = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    if (this.#id !== undefined) headers["mcp-session-id"] = this.#id;
    if (this.#cookie !== undefined) headers.cookie = this.#cookie;
    const response = await this.#fetch(this.#url, { method: "POST", headers, body: JSON.stringify(message) });
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.cookies += 1;
    if (cookie !== undefined && this.#keepsCookies) this.#cookie = cookie.split(";", 1)[0];
    this.#id ??= response.headers.get("mcp-session-id") ?? undefined;
    return { status: response.status, body: await response.text() };
  }
}
