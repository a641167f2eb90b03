import { createServer, type ListenOptions } from "node:net";

/** Below the range that Linux takes the ports of outgoing connections from, so that none of those takes it meanwhile. */
const lowest = 15_000;
const count = 17_000;

/** A port of 127.0.0.1 that no other claim gets until it is released, or this process ends. */
export interface PortClaim {
  readonly port: number;
  release(): void;
}

/** The claims of this process, for systems where the kernel cannot keep them for all processes. */
const claimed = new Set<number>();

/**
 * Finds a port on which nothing listens, for a command that has to be told one. Between that and the moment at which the
 * command listens, another start could find the same port: the second of two replicas would end, and until then pass its
 * probes by the answers of the first. So the port is claimed, by a name in the kernel's abstract namespace (unix(7)), which
 * goes with this process. Only Linux has that; elsewhere the claim holds among the starts of this process.
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
  throw new Error(`found no free port of 127.0.0.1 between ${lowest} and ${lowest + count}`);
}

const nothing = (): void => {};

/** Listens, and does not keep this process for it; what it resolves to ends it. Undefined: somebody else does. */
function listening(where: ListenOptions): Promise<(() => void) | undefined> {
  const server = createServer((socket) => socket.destroy()).unref();
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(where, () => resolve(() => void server.close()));
  });
}
