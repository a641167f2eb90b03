import { readFileSync } from "node:fs";
import { isGone } from "../local/azure/alreadyRunning.ts";
import { localDirectory, readEnvironmentFile } from "../local/environmentFile.ts";

/** The variables of the local Azure that runs; undefined where none does, also where a killed one left its file. */
export async function runningLocalAzure(env: NodeJS.ProcessEnv): Promise<Record<string, string> | undefined> {
  const local = readEnvironmentFile(localDirectory(env));
  return local === undefined || (await isGone(local)) ? undefined : local;
}

/** The variables by which OpenSSL, Python and Node are told of further authorities, and `.local/env` of its own. */
const names = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] as const;

/**
 * PEM of the certificate authorities that commands trust beside Node's own: those that the environment names and, where a
 * local Azure runs, its own. Undefined where there are none; a file that cannot be read is left out.
 */
export function authorities(env: NodeJS.ProcessEnv, local: Readonly<Record<string, string>> = {}): string | undefined {
  const files = new Set([env, local].flatMap((one) => names.map((name) => one[name])));
  const texts = [...files].flatMap((file) => {
    try {
      return file === undefined || file === "" ? [] : [readFileSync(file, "utf8")];
    } catch {
      return [];
    }
  });
  return texts.length === 0 ? undefined : texts.join("\n");
}
