import { readFile } from "node:fs/promises";
import { get } from "node:https";
import { join } from "node:path";
import { readEnvironmentFile } from "../environmentFile.ts";

/** The local Azure cannot start; the message says why. */
export class LocalAzureError extends Error {
  readonly exitCode = 1;
}

/** Two would fight over one `env` file. One that was killed leaves its file but does not answer. */
export async function refuseSecond(directory: string): Promise<void> {
  const running = readEnvironmentFile(directory);
  if (running?.ARM_METADATA_HOSTNAME === undefined) return;
  const url = `https://${running.ARM_METADATA_HOSTNAME}`;
  if (!(await answers(url, running.REQUESTS_CA_BUNDLE ?? ""))) return;
  throw new LocalAzureError(
    `a local Azure already runs on ${url} (${join(directory, "env")}); stop it, or set AGW_LOCAL`,
  );
}

async function answers(url: string, caFile: string): Promise<boolean> {
  const ca = await readFile(caFile).catch(() => undefined);
  if (ca === undefined) return false;
  return new Promise((resolve) => {
    const probe = get(`${url}/metadata/endpoints`, { ca, agent: false, timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    probe.on("timeout", () => probe.destroy());
    probe.on("error", () => resolve(false));
  });
}
