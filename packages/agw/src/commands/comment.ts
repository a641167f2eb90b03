import { localDirectory } from "agentgateway-local-azure/host";
import { previewMarkdown } from "../delivery/comment/previewMarkdown.ts";
import { findProject } from "../engines/place.ts";
import { Trial } from "../engines/sandbox.ts";
import { type Command, exitCode } from "../terminal/command.ts";
import { configOption, refuseProblems, stackOption } from "../terminal/configOptions.ts";
import type { Io } from "../terminal/io.ts";
import { flag, option, optionLines, readOptions } from "../terminal/options.ts";

type Config = Readonly<Record<string, string>>;

/** A state of the world to preview an update in. */
interface Situation {
  readonly deployed: boolean;
  /** Affinity was turned off outside. */
  readonly disturbed?: true;
  /** What the update changes. */
  readonly change: Config;
}

export const situations = {
  "first-deployment": { deployed: false, change: {} },
  "no-change": { deployed: true, change: {} },
  "toggle-off": { deployed: true, change: { enableStickySessions: "false" } },
  drift: { deployed: true, disturbed: true, change: {} },
  "new-revision": { deployed: true, change: { image: "cr.agentgateway.dev/agentgateway:v1.4.2" } },
} as const satisfies Record<string, Situation>;

const names = Object.keys(situations);

function situationOf(flag: string, name = "first-deployment", problems: string[] = []): Situation {
  if (Object.hasOwn(situations, name)) return situations[name as keyof typeof situations];
  problems.push(`${flag}: one of ${names.join(", ")}, got '${name}'`);
  return situations["first-deployment"];
}

const options = {
  stack: stackOption(),
  case: option(
    "NAME",
    [`${names.join(", ")};`, "default: first-deployment. The others deploy the stack first, which takes a few seconds"],
    situationOf,
  ),
  config: configOption("a setting that the update changes; K=@FILE reads the value from a file"),
  json: flag("the preview itself, in the form of pulumi preview --json"),
};

export const command: Command = {
  help: [
    "Usage: agw comment [options]   (npm run --silent preview -- [options])",
    "",
    "Prints the Markdown that a pull request's comment would hold, and nothing else on stdout. Previews on a local Azure of",
    "its own, which is gone afterwards; needs no Azure account.",
    "",
    ...optionLines(options, 21),
    "",
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.",
  ].join("\n"),
  async run(args, io) {
    const parsed = readOptions(args, options);
    refuseProblems(parsed, io.env);
    const { stack, case: situation, config, json } = parsed.values;
    const preview = await previewIn(situation, stack, config, io);
    io.out(json ? JSON.stringify(preview) : previewMarkdown(preview, { stack }));
    return exitCode.done;
  },
};

async function previewIn(situation: Situation, stack: string, config: Config, io: Io) {
  const { env, signal } = io;
  const log = (line: string): void => io.err(line);
  const places = { projectDirectory: findProject(), toolsDirectory: localDirectory(env) };
  await using trial = await Trial.start({ env, signal, ...places, stack, log });
  const deployed = situation.deployed ? await trial.deploy() : undefined;
  if (deployed !== undefined && situation.disturbed) await trial.disturb(deployed);
  return await trial.preview({ ...situation.change, ...config });
}
