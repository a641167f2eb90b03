#!/usr/bin/env node
import { parseArgs } from "node:util";
import { commandNamed, optionNames, usage } from "./delivery/steps/commands.ts";
import { type StepEnvironment, UsageError } from "./delivery/steps/step.ts";

/** Runs one step of a workflow, `node packages/agw/src/delivery.ts COMMAND [options]`, and resolves to the exit code. */
export async function main(args: readonly string[], environment: StepEnvironment): Promise<number> {
  const [name = "", ...rest] = args;
  if ([name, ...rest].some((word) => word === "--help" || word === "-h") || name === "help") {
    environment.out(usage);
    return 0;
  }
  try {
    const command = commandNamed(name);
    if (command === undefined)
      throw new UsageError(`${name === "" ? "no command given" : `unknown command '${name}'`}\n\n${usage}`);
    const { values } = parseOptions(rest);
    return await command(values, environment);
  } catch (error) {
    const { message, exitCode } = error as { message?: string; exitCode?: number };
    environment.err(`${["delivery", name].join(" ").trimEnd()}: ${message ?? String(error)}`);
    return exitCode ?? 1;
  }
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: Object.fromEntries(optionNames.map((name) => [name, { type: "string" as const }])),
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2), {
    env: process.env,
    directory: process.cwd(),
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
  });
}
