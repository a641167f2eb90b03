import { existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { isGone, localDirectory, readEnvironmentFile } from "agentgateway-local-azure/host";
import { readProject } from "agentgateway-local-azure/pulumi";
import { CommandError } from "../terminal/command.ts";
import type { Place } from "./engine.ts";

/** The folder of the nearest Pulumi.yaml, upwards from the current one; outside of any project, this one. */
export function findProject(): string {
  for (let folder = process.cwd(); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
  }
  return resolve(import.meta.dirname, "..", "..", "..", "..");
}

/** This project and the local Azure that runs. @throws CommandError when none runs. */
export async function findPlace(env: NodeJS.ProcessEnv): Promise<Place> {
  const projectDirectory = findProject();
  const directory = localDirectory(env);
  const found = await requireLocalAzure(directory);
  // What this shell finds counts too, after what the local Azure brings along.
  const PATH = [found.PATH, env.PATH].filter(Boolean).join(delimiter);
  const environment = { ...env, ...found, PATH };
  return { projectDirectory, project: readProject(projectDirectory), directory, environment };
}

async function requireLocalAzure(directory: string): Promise<Record<string, string>> {
  const file = join(directory, "env");
  const found = readEnvironmentFile(directory);
  if (found === undefined)
    throw new CommandError(
      `no local Azure runs here (there is no ${file}). Start one in another terminal: npx agw azure`,
    );
  if (!/:\d{1,5}$/.test(found.ARM_METADATA_HOSTNAME ?? "")) {
    throw new CommandError(
      `${file} names no local Azure: it is not the file that npx agw azure writes. Start that anew in another terminal`,
    );
  }
  if (await isGone(found)) {
    throw new CommandError(
      `the local Azure that ${file} names (${found.ARM_METADATA_HOSTNAME}) does not run any more. Start it in another terminal: npx agw azure`,
    );
  }
  return found;
}
