import { readFileSync } from "node:fs";
import { access, constants, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { isGone, localDirectory, readEnvironmentFile } from "agentgateway-local-azure/host";
import { CommandError } from "../terminal/command.ts";

/** The folder that agw works in, made where it is missing. @throws CommandError where it cannot be written, with the way out */
export async function writableLocalDirectory(env: NodeJS.ProcessEnv): Promise<string> {
  const directory = localDirectory(env);
  try {
    await makeFolders(directory);
    // With a slash: what is there has to be a folder.
    await access(`${directory}/`, constants.W_OK);
    return directory;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(`cannot write to ${directory} (${code}). AGW_LOCAL names another folder to work in`);
  }
}

/** Not Node's own recursive mkdir, which tries for ever where a file system makes no folders (/proc, seen on Node 24). */
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
