import { localDirectory } from "agentgateway-local-azure/host";
import { previewMarkdown } from "../delivery/comment/previewMarkdown.ts";
import { Trial } from "../stack/trial.ts";
import { type Command, CommandError, exitCode, parseOptions } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import { findProject, readSettings } from "./stackCommand.ts";

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

export const command: Command = {
  help: [
    "Usage: agw comment [options]   (npm run --silent preview -- [options])",
    "",
    "Prints the Markdown that a pull request's comment would hold, and nothing else on stdout. Previews on a local Azure of",
    "its own, which is gone afterwards; needs no Azure account.",
    "",
    "  --stack NAME       settings from Pulumi.NAME.yaml; default: prod",
    `  --case NAME        ${names.join(", ")};`,
    "                     default: first-deployment. The others deploy the stack first, which takes a few seconds",
    "  -c, --config K=V   a setting that the update changes; K=@FILE reads the value from a file",
    "  --json             the preview itself, in the form of pulumi preview --json",
    "",
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.",
  ].join("\n"),
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      stack: { type: "string", default: "prod" },
      case: { type: "string", default: "first-deployment" },
      config: { type: "string", short: "c", multiple: true, default: [] },
      json: { type: "boolean", default: false },
    });
    const config = readSettings(values.config, positionals, io.env);
    const situation = Object.hasOwn(situations, values.case)
      ? situations[values.case as keyof typeof situations]
      : undefined;
    if (situation === undefined) {
      throw new CommandError(`--case: one of ${names.join(", ")}, got '${values.case}'`, exitCode.usage);
    }
    const preview = await previewIn(situation, values.stack, config, io);
    io.out(values.json ? JSON.stringify(preview) : previewMarkdown(preview, { stack: values.stack }));
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
