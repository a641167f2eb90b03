import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP relay on loopback that can be shut. What clients send then waits until it opens again. */
export interface Gate extends AsyncDisposable {
  /** The relay's address, with the scheme of the target. */
  readonly url: string;
  /** Shuts the gate while the action runs, so that no request reaches an intermediate state. */
  whileShut(action: () => Promise<void>): Promise<void>;
}

export async function startGate(target: string): Promise<Gate> {
  const { hostname, port, protocol } = new URL(target);
  const clients = new Set<Socket>();
  let shut = false;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    clients.add(client);
    client.once("close", () => clients.delete(client));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
    }
    upstream.pipe(client);
    client.on("data", (chunk) => upstream.write(chunk));
    if (shut) client.pause();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`,
    async whileShut(action) {
      shut = true;
      for (const client of clients) client.pause();
      try {
        await action();
      } finally {
        shut = false;
        for (const client of clients) client.resume();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
