import { readConfig } from "agentgateway-local-azure/pulumi";
import type { Mode, StackRun } from "../engines/engine.ts";
import { findPlace } from "../engines/findPlace.ts";
import { engines } from "../engines/index.ts";
import { leaveToOtherEngine } from "../engines/ownership.ts";
import { type EngineName, engineNames } from "../engines/records.ts";
import type { Command } from "../terminal/command.ts";
import { configOption, refuseProblems, stackOption } from "../terminal/configOptions.ts";
import { flag, option, optionLines, readOptions } from "../terminal/options.ts";

function stackName(flag: string, name: string, problems: string[]): void {
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) problems.push(`${flag}: letters, digits, '_', '.' and '-', got '${name}'`);
}

function engineName(flag: string, text = "embedded", problems: string[] = []): EngineName {
  const known = engineNames.find((name) => name === text);
  if (known === undefined) problems.push(`${flag}: ${engineNames.join(" or ")}, got '${text}'`);
  return known ?? "embedded";
}

const options = {
  stack: stackOption(stackName),
  config: configOption("a setting for this run only; objects and arrays as JSON, K=@FILE reads the value from a file"),
  refresh: flag("look at the live resources first; default: as options.refresh in Pulumi.yaml says"),
  "no-refresh": flag("trust the recorded state"),
  engine: option(
    "NAME",
    "embedded (default), or pulumi: Pulumi's own CLI with this project's providers attached",
    engineName,
  ),
  json: flag("one JSON document on stdout"),
};

/** What the stack commands are asked for. @throws CommandError with all that is wrong */
function parseRun(args: string[], env: NodeJS.ProcessEnv): StackRun & { readonly engine: EngineName } {
  const { values, positionals, problems } = readOptions(args, options);
  const { refresh, "no-refresh": noRefresh, ...run } = values;
  if (refresh && noRefresh) problems.push("--refresh and --no-refresh exclude each other");
  refuseProblems({ positionals: positionals.length > 0 ? [positionals.join(" ")] : [], problems }, env);
  return { ...run, ...((refresh || noRefresh) && { refresh }) };
}

/** A command that runs a stack on the local Azure that runs. @param head what its help says first */
export const stackCommand = (mode: Mode, head: readonly string[]): Command => ({
  help: [
    ...head,
    "",
    ...optionLines(options, 22),
    "",
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.",
    "Needs a local Azure that runs: npx agw azure. It never reaches a real subscription; for that, use pulumi itself.",
  ].join("\n"),
  async run(args, io) {
    const { engine: name, ...run } = parseRun(args, io.env);
    const place = await findPlace(io.env);
    // A stack that does not exist is refused before anything else is said.
    readConfig(place.project, run.stack, run.config);
    const engine = engines[name];
    const other = engines[name === "embedded" ? "pulumi" : "embedded"];
    await leaveToOtherEngine({ mode, stack: run.stack, engine, other }, place, io);
    return engine[mode](run, place, io);
  },
});
