import { rm } from "node:fs/promises";

/**
 * Removes a folder and everything in it. Does nothing if the folder doesn't exist.
 *
 * Retries for up to 3 s before it throws ENOTEMPTY, because a child process of a program that has just ended may still
 * write files there (the Azure CLI's telemetry sender does).
 */
export const removeDirectory = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
