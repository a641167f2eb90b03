import type { readProject } from "agentgateway-local-azure/pulumi";
import { exitCode } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import type { EngineName, StackRecord } from "./records.ts";

export type Mode = "preview" | "up" | "destroy";

/** A project and the local Azure that its stacks are deployed to. */
export interface Place {
  readonly projectDirectory: string;
  readonly project: ReturnType<typeof readProject>;
  /** `.local`, where every engine keeps its state. */
  readonly directory: string;
  /** The environment for the program and its tools; it names the local Azure. */
  readonly environment: NodeJS.ProcessEnv;
}

/** The options of a run. */
export interface StackRun {
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
  /** Whether to read the live resources first. Default: `options.refresh` of the project. */
  readonly refresh?: boolean;
  /** Whether to print one JSON document to stdout. */
  readonly json: boolean;
}

/** Previews, deploys and destroys stacks. Each method prints its progress and returns the exit code. */
export interface Engine extends Readonly<Record<Mode, (run: StackRun, place: Place, io: Io) => Promise<number>>> {
  readonly name: EngineName;
  /** Its name in messages. */
  readonly title: string;
  /** Reads its record of a stack. */
  recorded(stack: string, place: Place): Promise<StackRecord>;
}

export function endedWith(ok: boolean, { signal }: Io): number {
  if (signal.aborted) return exitCode.interrupted;
  return ok ? exitCode.done : exitCode.failed;
}
