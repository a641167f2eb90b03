import type { readProject } from "agentgateway-local-azure/pulumi";
import { exitCode } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import type { EngineName, StackRecord } from "./records.ts";

export type Mode = "preview" | "up" | "destroy";

/** Where stacks run: a project, and the local Azure that they are deployed to. */
export interface Place {
  readonly projectDirectory: string;
  readonly project: ReturnType<typeof readProject>;
  /** `.local`, below which every engine keeps its records. */
  readonly directory: string;
  /** Names the local Azure. */
  readonly environment: NodeJS.ProcessEnv;
}

/** What a run is asked for. */
export interface StackRun {
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
  /** Whether to look at the live resources first. Default: as the project says. */
  readonly refresh?: boolean;
  /** One document on stdout. */
  readonly json: boolean;
}

/** What deploys the program of a stack. Each run shows how it goes, and resolves to the exit code. */
export interface Engine extends Readonly<Record<Mode, (run: StackRun, place: Place, io: Io) => Promise<number>>> {
  readonly name: EngineName;
  /** What messages call it. */
  readonly title: string;
  /** What it has recorded of a stack. */
  recorded(stack: string, place: Place): Promise<StackRecord>;
}

export function endedWith(ok: boolean, { signal }: Io): number {
  if (signal.aborted) return exitCode.interrupted;
  return ok ? exitCode.done : exitCode.failed;
}
