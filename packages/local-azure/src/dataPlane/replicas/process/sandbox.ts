import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { removeDirectory } from "../../../system/removeDirectory.ts";
import type { RevisionSpec } from "../../contract/dataPlane.ts";
import { localPath } from "./launch.ts";

/** Writes the files that the container sees (secret volumes) below the replica's directory, which stands for `/`. */
export async function prepareDirectory(directory: string, spec: RevisionSpec): Promise<void> {
  // Empty at each start, as a container's file system is; sockets of an earlier process go with it.
  await removeDirectory(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const [path, content] of Object.entries(spec.containers[0]?.files ?? {})) {
    const file = localPath(directory, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, content, { mode: 0o600 });
  }
}

/**
 * The environment of a replica: the container's own, Container Apps' built-in variables, and of this machine's only what a
 * command needs to be found and to run.
 */
export function replicaEnvironment(spec: RevisionSpec, replica: string): Record<string, string> {
  const { PATH = "/usr/bin:/bin", HOME = "/", LANG } = process.env;
  return {
    ...spec.containers[0]?.env,
    CONTAINER_APP_NAME: spec.appName,
    CONTAINER_APP_REVISION: spec.revision,
    CONTAINER_APP_REPLICA_NAME: replica,
    PATH,
    HOME,
    ...(LANG === undefined ? {} : { LANG }),
  };
}
