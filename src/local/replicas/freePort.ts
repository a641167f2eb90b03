import { createServer } from "node:net";

/** Below the range that Linux takes the ports of outgoing connections from, so that none of those takes it meanwhile. */
const lowest = 15_000;
const count = 17_000;

/** A port of 127.0.0.1 on which nothing listens, for a command that has to be told one. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = lowest + Math.floor(Math.random() * count);
    if (await isFree(port)) return port;
  }
  throw new Error(`found no free port of 127.0.0.1 between ${lowest} and ${lowest + count}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
