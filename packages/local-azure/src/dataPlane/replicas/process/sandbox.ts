import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { removeDirectory } from "../../../system/removeDirectory.ts";
import type { RevisionSpec } from "../../contract/dataPlane.ts";
import { localPath } from "./launch.ts";

/** Writes the container's files (secret volumes) below the replica's directory, which stands for `/`. */
export async function prepareDirectory(directory: string, spec: RevisionSpec): Promise<void> {
  // Starts with an empty directory, like a container. This also removes sockets of an earlier process.
  await removeDirectory(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const [path, content] of Object.entries(spec.containers[0]?.files ?? {})) {
    const file = localPath(directory, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, content, { mode: 0o600 });
  }
}

/**
 * Returns a replica's environment: the container's variables, the built-in variables of Container Apps, and only those
 * of this machine that are needed to find and run a command.
 */
export function replicaEnvironment(spec: RevisionSpec, replica: string): Record<string, string> {
  const { PATH = "/usr/bin:/bin", HOME = "/", LANG } = process.env;
  return {
    ...spec.containers[0]?.env,
    CONTAINER_APP_NAME: spec.appName,
    CONTAINER_APP_REVISION: spec.revision,
    CONTAINER_APP_REPLICA_NAME: replica,
    CONTAINER_APP_PORT: String(spec.targetPort),
    CONTAINER_APP_HOSTNAME: `${spec.revision}.localhost`,
    CONTAINER_APP_ENV_DNS_SUFFIX: "localhost",
    PATH,
    HOME,
    ...(LANG === undefined ? {} : { LANG }),
  };
}
