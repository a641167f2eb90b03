import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

// Without a door of the local Azure: the doctor reads records too, and starts no engine.

export const engineNames = ["embedded", "pulumi"] as const;
export type EngineName = (typeof engineNames)[number];

/** What one engine has recorded of a stack on the local Azure. */
export interface StackRecord {
  readonly engine: EngineName;
  readonly file: string;
  /** When the file was last written, in milliseconds; 0 where there is none. Engines write it at each update. */
  readonly written: number;
  /** Empty where there is no file; undefined where it is no JSON. */
  readonly resources: readonly RecordedResource[] | undefined;
}

export interface RecordedResource {
  readonly type?: string;
  readonly id?: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** The command that goes on with a stack by this engine. */
export const commandOf = (engine: EngineName, command: "up" | "destroy", stack: string): string =>
  `npx agw ${command} --stack ${stack}${engine === "embedded" ? "" : ` --engine ${engine}`}`;

/** The folder of an engine's records, below `.local`. */
const folders: Record<EngineName, string> = {
  embedded: "state",
  pulumi: join("pulumi", "backend", ".pulumi", "stacks"),
};

/** What an engine has recorded of a stack. @param directory `.local` */
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

/** Of a checkpoint: as exported, or as Pulumi keeps it in a folder. */
function resourcesOf(text: string): readonly RecordedResource[] | undefined {
  try {
    const state = JSON.parse(text) as { deployment?: Deployment; checkpoint?: { latest?: Deployment } };
    return (state.deployment ?? state.checkpoint?.latest)?.resources ?? [];
  } catch {
    return undefined;
  }
}
