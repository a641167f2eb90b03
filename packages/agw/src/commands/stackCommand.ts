import { readConfig } from "agentgateway-local-azure/pulumi";
import type { Mode, StackRun } from "../engines/engine.ts";
import { findPlace } from "../engines/findPlace.ts";
import { engines } from "../engines/index.ts";
import { leaveToOtherEngine } from "../engines/ownership.ts";
import { type EngineName, engineNames } from "../engines/records.ts";
import type { Command } from "../terminal/command.ts";
import { configOption, refuseProblems, stackOption } from "../terminal/configOptions.ts";
import { flag, type OptionTable, option, optionLines, readOptions } from "../terminal/options.ts";

function stackName(flag: string, name: string, problems: string[]): void {
  if (!/^[A-Za-z0-9_.-]+$/.test(name))
    problems.push(`${flag}: must contain only letters, digits, '_', '.' and '-', got '${name}'`);
}

function engineName(flag: string, text = "embedded", problems: string[] = []): EngineName {
  const known = engineNames.find((name) => name === text);
  if (known === undefined) problems.push(`${flag}: must be ${engineNames.join(" or ")}, got '${text}'`);
  return known ?? "embedded";
}

const options = {
  stack: stackOption(stackName),
  config: configOption(
    "override a setting for this run (objects and arrays as JSON); K=@FILE reads the value from a file",
  ),
  refresh: flag("read the live resources first (default: options.refresh in Pulumi.yaml)"),
  "no-refresh": flag("use the recorded state without reading the live resources"),
  engine: option(
    "NAME",
    "embedded (default): the built-in engine; pulumi: Pulumi's CLI with this project's providers",
    engineName,
  ),
  json: flag("print one JSON document to stdout"),
};

/** No engine runs the program to destroy a stack, so settings would be ignored. */
const noConfig = [
  "Destroying a stack doesn't run its program, so there is no -c. To lift deletion protection first, run",
  "npx agw up -c deletionProtection=false.",
];

/** Parses the command line of a stack command. @throws CommandError that lists every problem */
function parseRun(mode: Mode, args: string[], env: NodeJS.ProcessEnv): StackRun & { readonly engine: EngineName } {
  const { values, given, positionals, problems } = readOptions(args, options);
  const { refresh, "no-refresh": noRefresh, ...run } = values;
  if (refresh && noRefresh) problems.push("--refresh and --no-refresh can't be combined");
  if (mode === "destroy" && given.has("config")) problems.push(noConfig.join(" "));
  refuseProblems({ positionals: positionals.length > 0 ? [positionals.join(" ")] : [], problems }, env);
  return { ...run, ...((refresh || noRefresh) && { refresh }) };
}

function optionsOf(mode: Mode): OptionTable {
  const { config, ...others } = options;
  return mode === "destroy" ? others : options;
}

/** Defines a command that runs a stack on the running local Azure. @param head first lines of its help */
export const stackCommand = (mode: Mode, head: readonly string[]): Command => ({
  help: [
    ...head,
    "",
    ...optionLines(optionsOf(mode), 22),
    ...(mode === "destroy" ? ["", ...noConfig] : []),
    "",
    "Needs a running local Azure (npx agw azure) and never touches a real subscription. To deploy to one, use Pulumi's CLI.",
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.",
  ].join("\n"),
  async run(args, io) {
    const { engine: name, ...run } = parseRun(mode, args, io.env);
    const place = await findPlace(io.env);
    // Throws if the stack doesn't exist, before anything is printed.
    readConfig(place.project, run.stack, run.config);
    const engine = engines[name];
    const other = engines[name === "embedded" ? "pulumi" : "embedded"];
    await leaveToOtherEngine({ mode, stack: run.stack, engine, other }, place, io);
    return engine[mode](run, place, io);
  },
});
