import { main } from "../../packages/agw/src/main.ts";

export interface AgwOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an `agw` command line in this process: the same code, without the start-up time of Node. */
export async function agwHere(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<AgwOutcome> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main([...args], {
    env,
    out: (text) => void out.push(`${text}\n`),
    err: (text) => void err.push(`${text}\n`),
    interactive: false,
    style: (_style, text) => text,
    signal: new AbortController().signal,
  });
  return { code, stdout: out.join(""), stderr: err.join("") };
}
