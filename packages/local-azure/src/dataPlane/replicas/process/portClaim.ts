import { createServer, type ListenOptions } from "node:net";

/** The range is below Linux's ephemeral ports, so that no outgoing connection takes a claimed port. */
const lowest = 15_000;
const count = 17_000;

/** A port on 127.0.0.1 that no other claim gets until it is released or this process ends. */
export interface PortClaim {
  readonly port: number;
  release(): void;
}

/** The claims of this process, for systems where the kernel can't enforce them for all processes. */
const claimed = new Set<number>();

/**
 * Claims a free port for a command. Without a claim, two replicas that start at the same time could get the same port:
 * one would fail, and until then the other one would answer its probes. The claim is a socket name in the kernel's
 * abstract namespace (unix(7)), which disappears with this process. Only Linux has that; on other systems, a claim is
 * only respected within this process.
 */
export async function claimPort(): Promise<PortClaim> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = lowest + Math.floor(Math.random() * count);
    if (claimed.has(port)) continue;
    claimed.add(port);
    const name = process.platform === "linux" ? await listening({ path: `\0agw-port-${port}` }) : nothing;
    const release = (): void => {
      claimed.delete(port);
      name?.();
    };
    const tried = name && (await listening({ port, host: "127.0.0.1" }));
    if (tried !== undefined) {
      tried();
      return { port, release };
    }
    release();
  }
  throw new Error(`found no free port on 127.0.0.1 from ${lowest} to ${lowest + count - 1} in 100 attempts`);
}

const nothing = (): void => {};

/**
 * Listens without keeping this process alive. Resolves to a function that stops listening, or to undefined if the
 * address is in use.
 */
function listening(where: ListenOptions): Promise<(() => void) | undefined> {
  const server = createServer((socket) => socket.destroy()).unref();
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(where, () => resolve(() => void server.close()));
  });
}
