import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { LocalAzureError, refuseSecond } from "./startChecks.ts";

/** Exclusive use of a folder by one local Azure, until it is released or the process ends. */
export interface FolderLock {
  release(): Promise<void>;
}

/** How long to wait for another local Azure that is starting or stopping in the folder, and how often to check. */
const patience = { milliseconds: 10_000, interval: 50 } as const;

/**
 * Locks a folder for one local Azure. The `env` file alone is not enough: two that start at the same time would both
 * see none, and overwrite each other's. The lock is a socket in Linux's abstract namespace (unix(7)), which disappears
 * with its process even on SIGKILL. On other systems only the `env` file is checked.
 *
 * @param directory absolute path without symbolic links
 * @throws {LocalAzureError} if a local Azure runs in the folder, or another process holds the lock for 10 s.
 */
export async function lockFolder(directory: string): Promise<FolderLock> {
  for (const until = Date.now() + patience.milliseconds; ; ) {
    await refuseSecond(directory);
    const lock = await take(directory);
    if (lock !== undefined) return lock;
    if (Date.now() > until) {
      throw new LocalAzureError(
        `another local Azure is using ${directory} but doesn't answer; it may be starting or stopping. ` +
          "Try again later, or use another folder (set AGW_LOCAL)",
      );
    }
    await delay(patience.interval);
  }
}

function take(directory: string): Promise<FolderLock | undefined> {
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
