import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { LocalAzureError, refuseSecond } from "./alreadyRunning.ts";

/** A folder that one local Azure has for itself until it lets go, or its process ends. */
export interface FolderHold {
  release(): Promise<void>;
}

/** How long one that starts waits for one that starts or stops in the same folder, and how often it looks. */
const patience = { milliseconds: 10_000, interval: 50 } as const;

/**
 * Two that start at once would both find no `env` file, and each would throw away the other's. So the folder's name is taken
 * in the kernel's abstract namespace (unix(7)), where it goes with its process, even by SIGKILL. Only Linux has that; elsewhere
 * the `env` file alone decides.
 *
 * @param directory absolute, without symbolic links
 * @throws LocalAzureError where one runs there, or one that starts or stops does not come to an end
 */
export async function holdFolder(directory: string): Promise<FolderHold> {
  for (const until = Date.now() + patience.milliseconds; ; ) {
    await refuseSecond(directory);
    const hold = await take(directory);
    if (hold !== undefined) return hold;
    if (Date.now() > until)
      throw new LocalAzureError(`another local Azure starts or stops in ${directory}; wait for it, or set AGW_LOCAL`);
    await delay(patience.interval);
  }
}

function take(directory: string): Promise<FolderHold | undefined> {
  if (process.platform !== "linux") return Promise.resolve({ release: () => Promise.resolve() });
  const server = createServer((socket) => socket.destroy());
  const name = createHash("sha256").update(directory).digest("hex");
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen({ path: `\0agw-azure-${name}` }, () =>
      resolve({ release: () => new Promise((released) => server.close(() => released())) }),
    );
    server.unref();
  });
}
