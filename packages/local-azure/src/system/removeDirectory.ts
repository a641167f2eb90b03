import { rm } from "node:fs/promises";

/**
 * Removes a folder with all in it; one that is not there is fine.
 *
 * A program that has just ended may have left one of its own behind that still writes a file there (the Azure CLI's
 * sender of telemetry does): the folder is then tried again for up to 3 s before ENOTEMPTY is thrown.
 */
export const removeDirectory = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
