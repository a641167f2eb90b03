import { existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { isGone, localDirectory, readEnvironmentFile } from "agentgateway-local-azure/host";
import { readProject } from "agentgateway-local-azure/pulumi";
import { CommandError } from "../terminal/command.ts";
import type { Place } from "./engine.ts";

/** Finds the nearest Pulumi.yaml, from the current folder upwards. Returns its folder, or this checkout if there is none. */
export function findProject(): string {
  for (let folder = process.cwd(); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
  }
  return resolve(import.meta.dirname, "..", "..", "..", "..");
}

/** Finds the project and the running local Azure. @throws CommandError if none is running */
export async function findPlace(env: NodeJS.ProcessEnv): Promise<Place> {
  const projectDirectory = findProject();
  const directory = localDirectory(env);
  const found = await requireLocalAzure(directory);
  // The local Azure's az must come first.
  const PATH = [found.PATH, env.PATH].filter(Boolean).join(delimiter);
  const environment = { ...env, ...found, PATH };
  return { projectDirectory, project: readProject(projectDirectory), directory, environment };
}

async function requireLocalAzure(directory: string): Promise<Record<string, string>> {
  const file = join(directory, "env");
  const found = readEnvironmentFile(directory);
  if (found === undefined)
    throw new CommandError(
      `no local Azure is running (${file} doesn't exist). Start one in another terminal: npx agw azure`,
    );
  if (!/:\d{1,5}$/.test(found.ARM_METADATA_HOSTNAME ?? "")) {
    throw new CommandError(`${file} doesn't name a local Azure. Delete it, then run npx agw azure in another terminal`);
  }
  if (await isGone(found)) {
    throw new CommandError(
      `the local Azure in ${file} (${found.ARM_METADATA_HOSTNAME}) is no longer running. Start one in another terminal: npx agw azure`,
    );
  }
  return found;
}
