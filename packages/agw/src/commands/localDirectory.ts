import { readFileSync } from "node:fs";
import { access, constants, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { isGone, localDirectory, readEnvironmentFile } from "agentgateway-local-azure/host";
import { CommandError } from "../terminal/command.ts";

/** Returns the working folder of agw and creates it if needed. @throws CommandError if it is not writable */
export async function writableLocalDirectory(env: NodeJS.ProcessEnv): Promise<string> {
  const directory = localDirectory(env);
  try {
    await makeFolders(directory);
    // The slash makes this fail if the path is not a folder.
    await access(`${directory}/`, constants.W_OK);
    return directory;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(`cannot write to ${directory} (${code}). Set AGW_LOCAL to a writable folder`);
  }
}

/** Replaces Node's recursive mkdir, which never returns if the file system can't create folders (/proc, Node 24). */
async function makeFolders(path: string): Promise<void> {
  const make = (): Promise<void> =>
    mkdir(path, { mode: 0o700 }).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
  await make().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolders(dirname(path));
    await make();
  });
}

/** Returns the variables of the running local Azure. Undefined if none runs; a killed one may have left its file. */
export async function runningLocalAzure(env: NodeJS.ProcessEnv): Promise<Record<string, string> | undefined> {
  const local = readEnvironmentFile(localDirectory(env));
  return local === undefined || (await isGone(local)) ? undefined : local;
}

/** Variables that name additional certificate authorities for Node, OpenSSL and Python. `.local/env` sets all three. */
const names = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] as const;

/**
 * Returns, as PEM, the certificate authorities to trust in addition to Node's: those that the environment names and, with
 * `local`, the local Azure's. Skips files that can't be read. Undefined if there are none.
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
