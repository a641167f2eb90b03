import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

export const engines = ["embedded", "pulumi"] as const;
export type EngineName = (typeof engines)[number];

/** What one engine has recorded of a stack on the local Azure. */
export interface StackState {
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

/** What each engine has recorded of a stack. @param directory `.local`, below which both keep their state */
export function readStackStates(directory: string, project: string, stack: string): Promise<StackState[]> {
  const files: Record<EngineName, string> = {
    embedded: join(directory, "state", project, `${stack}.json`),
    pulumi: join(directory, "pulumi", "backend", ".pulumi", "stacks", project, `${stack}.json`),
  };
  return Promise.all(
    engines.map(async (engine) => ({
      engine,
      file: files[engine],
      written: await writtenAt(files[engine]),
      resources: resourcesOf(await readFile(files[engine], "utf8").catch(() => "{}")),
    })),
  );
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
