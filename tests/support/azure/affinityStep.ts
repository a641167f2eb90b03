import { spawn } from "node:child_process";
import { failureKinds, hung } from "../../../affinity-step/failureKinds.mjs";
import { affinityCommand } from "../../../src/component/sessionAffinity.ts";

/** Exit code and output of a step; the code is null if a signal killed it. */
export interface StepRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running step. `ended` resolves when it exits. */
export interface RunningStep {
  readonly pid: number;
  readonly ended: Promise<StepRun>;
}

/** Starts the affinity step like the command provider, with exactly this environment. */
export function startStep(environment: NodeJS.ProcessEnv, create = affinityCommand.create): RunningStep {
  const [file = "", ...args] = affinityCommand.interpreter;
  const child = spawn(file, [...args, create], { env: environment });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
    });
  }
  child.stdin.on("error", () => {});
  child.stdin.end(affinityCommand.stdin);
  const ended = new Promise<StepRun>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...text }));
  });
  return { pid: child.pid ?? 0, ended };
}

/** How many retries the step logged. */
export const retriesIn = (stderr: string): number => stderr.match(/^session affinity: /gm)?.length ?? 0;

/** The step's description of a kind of failure, with the placeholders filled in. */
export function whatOf(id: string, values: Readonly<Record<string, string>> = {}): string {
  const kind = [...failureKinds, hung].find((candidate) => candidate.id === id);
  if (kind === undefined) throw new Error(`unknown kind of failure '${id}'`);
  return kind.what.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}
