/** A load generator in a separate process: takes one order over IPC, and answers with the result. */
import { connect } from "node:tls";
import { Pool } from "undici";

export type LoadOrder =
  /** Sends requests as fast as possible over the connections. */
  | {
      readonly kind: "flood";
      readonly origins: readonly string[];
      readonly connections: number;
      readonly requests: number;
      readonly mcp: boolean;
    }
  /** Sends requests at a fixed rate, whether or not earlier ones were answered. */
  | {
      readonly kind: "rate";
      readonly origins: readonly string[];
      readonly perSecond: number;
      readonly seconds: number;
      readonly mcp: boolean;
    }
  /** Opens event streams and keeps them open until the parent ends this process. */
  | { readonly kind: "hold"; readonly origin: string; readonly streams: number };

export interface LoadResult {
  readonly perSecond: number;
  /** Latencies in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
}

const post = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** One client, with its session and cookie if it has them. */
class Client {
  readonly #pool: Pool;
  readonly #headers: Record<string, string> = { ...post };
  readonly #mcp: boolean;

  constructor(pool: Pool, mcp: boolean) {
    this.#pool = pool;
    this.#mcp = mcp;
  }

  async start(): Promise<void> {
    if (!this.#mcp) return;
    const clientInfo = { name: "bench", version: "1.0.0" };
    await this.#send("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
  }

  async call(): Promise<boolean> {
    const answer = await this.#send("tools/call", { name: "echo", arguments: { message: "hello" } });
    return !this.#mcp || answer.includes("Echo: hello");
  }

  async #send(method: string, params: object): Promise<string> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const answer = await this.#pool.request({ method: "POST", path: "/mcp", headers: this.#headers, body });
    const { "mcp-session-id": session, "set-cookie": cookie } = answer.headers;
    if (typeof session === "string") this.#headers["mcp-session-id"] = session;
    if (cookie !== undefined) this.#headers.cookie = String(cookie).split(";")[0] as string;
    return await answer.body.text();
  }
}

async function clients(order: Extract<LoadOrder, { origins: readonly string[] }>, count: number): Promise<Client[]> {
  const pools = order.origins.map(
    (origin) =>
      new Pool(origin, {
        connections: Math.ceil(count / order.origins.length),
        connect: { rejectUnauthorized: false },
      }),
  );
  const all = Array.from({ length: count }, (_, i) => new Client(pools[i % pools.length] as Pool, order.mcp));
  for (const client of all) await client.start();
  // Calls in parallel open every connection, including TLS, before the measurement.
  await Promise.all(all.map((client) => client.call().catch(() => false)));
  return all;
}

async function timed(client: Client, times: number[]): Promise<boolean> {
  const start = performance.now();
  const good = await client.call().catch(() => false);
  times.push(performance.now() - start);
  return good;
}

async function flood(order: Extract<LoadOrder, { kind: "flood" }>): Promise<LoadResult> {
  const all = await clients(order, order.connections);
  const times: number[] = [];
  let left = order.requests;
  let failed = 0;
  const start = performance.now();
  await Promise.all(
    all.map(async (client) => {
      while (left-- > 0) if (!(await timed(client, times))) failed += 1;
    }),
  );
  return result(times, performance.now() - start, failed);
}

async function rate(order: Extract<LoadOrder, { kind: "rate" }>): Promise<LoadResult> {
  const all = await clients(order, 64);
  const times: number[] = [];
  const pending: Promise<boolean>[] = [];
  const total = order.perSecond * order.seconds;
  const start = performance.now();
  while (pending.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * order.perSecond));
    while (pending.length < due) pending.push(timed(all[pending.length % all.length] as Client, times));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const failed = (await Promise.all(pending)).filter((good) => !good).length;
  return result(times, performance.now() - start, failed);
}

async function hold({ origin, streams }: Extract<LoadOrder, { kind: "hold" }>): Promise<LoadResult> {
  const { hostname: host, port } = new URL(origin);
  const start = performance.now();
  const times: number[] = [];
  let failed = 0;
  const open = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      const socket = connect({ host, port: Number(port), rejectUnauthorized: false });
      socket.write("GET /events HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n");
      socket.once("data", () => resolve());
      socket.once("error", () => {
        failed += 1;
        resolve();
      });
    });
    times.push(0);
  };
  let left = streams;
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      while (left-- > 0) await open();
    }),
  );
  return result(times, performance.now() - start, failed);
}

function result(times: number[], milliseconds: number, failed: number): LoadResult {
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  return { perSecond: (times.length / milliseconds) * 1000, p50: at(0.5), p99: at(0.99), failed };
}

process.once("message", async (order: LoadOrder) => {
  const answer = order.kind === "flood" ? flood(order) : order.kind === "rate" ? rate(order) : hold(order);
  process.send?.(await answer);
});
process.on("disconnect", () => process.exit());
