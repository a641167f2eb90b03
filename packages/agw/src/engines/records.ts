import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

// Imports nothing from the local Azure: the doctor also reads records, and it must not load an engine.

export const engineNames = ["embedded", "pulumi"] as const;
export type EngineName = (typeof engineNames)[number];

/** An engine's record of a stack on the local Azure. */
export interface StackRecord {
  readonly engine: EngineName;
  readonly file: string;
  /** When the file was last written, in milliseconds; 0 if it doesn't exist. Engines write it on every update. */
  readonly written: number;
  /** Empty if the file doesn't exist, undefined if it is not valid JSON. */
  readonly resources: readonly RecordedResource[] | undefined;
}

export interface RecordedResource {
  readonly type?: string;
  readonly id?: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** Returns the command line that runs a stack with this engine. */
export const commandOf = (engine: EngineName, command: "up" | "preview" | "destroy", stack: string): string =>
  `npx agw ${command} --stack ${stack}${engine === "embedded" ? "" : ` --engine ${engine}`}`;

/** The folders of the engines' records, relative to `.local`. */
const folders: Record<EngineName, string> = {
  embedded: "state",
  pulumi: join("pulumi", "backend", ".pulumi", "stacks"),
};

/** Reads an engine's record of a stack. @param directory `.local` */
export async function readRecord(
  engine: EngineName,
  directory: string,
  project: string,
  stack: string,
): Promise<StackRecord> {
  const file = join(directory, folders[engine], project, `${stack}.json`);
  const [written, text] = await Promise.all([writtenAt(file), readFile(file, "utf8").catch(() => "{}")]);
  return { engine, file, written, resources: resourcesOf(text) };
}

const writtenAt = (file: string): Promise<number> =>
  stat(file)
    .then(({ mtimeMs }) => mtimeMs)
    .catch(() => 0);

interface Deployment {
  readonly resources?: readonly RecordedResource[];
}

/** Reads the resources of a checkpoint in the format of `pulumi stack export` or of Pulumi's file backend. */
function resourcesOf(text: string): readonly RecordedResource[] | undefined {
  try {
    const state = JSON.parse(text) as { deployment?: Deployment; checkpoint?: { latest?: Deployment } };
    return (state.deployment ?? state.checkpoint?.latest)?.resources ?? [];
  } catch {
    return undefined;
  }
}
