import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localDirectory, removeDirectory } from "agentgateway-local-azure/host";
import type { RunResult } from "agentgateway-local-azure/pulumi";
import { previewMarkdown } from "../delivery/comment/previewComment.ts";
import type { PreviewDigest } from "../delivery/digest/previewDigest.ts";
import { parsePreview } from "../delivery/digest/readPreview.ts";
import { digest } from "../engines/display.ts";
import type { Mode } from "../engines/engine.ts";
import { findProject } from "../engines/findPlace.ts";
import { type Config, Sandbox } from "../engines/sandbox.ts";
import { type Command, CommandError, exitCode } from "../terminal/command.ts";
import { configOption, refuseProblems, stackOption } from "../terminal/configOptions.ts";
import type { Io } from "../terminal/io.ts";
import { flag, option, optionLines, readOptions } from "../terminal/options.ts";

/** The state that an update starts from, and what it changes. */
interface Situation {
  readonly deployed: boolean;
  /** Whether affinity was turned off outside the stack. */
  readonly disturbed?: true;
  /** The config that the update changes. */
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
  problems.push(`${flag} must be one of ${names.join(", ")}, got '${name}'`);
  return situations["first-deployment"];
}

const options = {
  stack: stackOption(),
  case: option(
    "NAME",
    [
      `${names.join(", ")};`,
      "default: first-deployment. The other cases deploy the stack first, which takes a few seconds",
    ],
    situationOf,
  ),
  config: configOption("config to set for the previewed update; K=@FILE reads the value from a file"),
  json: flag("print the preview itself instead, as pulumi preview --json does"),
};

export const command: Command = {
  help: [
    "Usage: agw comment [options]   (npm run --silent comment -- [options])",
    "",
    "Prints the comment that a pull request would get, as Markdown, and nothing else on stdout. The preview runs on a",
    "temporary local Azure, so you don't need an Azure account.",
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

async function previewIn(situation: Situation, stack: string, change: Config, { env, signal, err }: Io) {
  const places = { projectDirectory: findProject(), toolsDirectory: localDirectory(env) };
  const directory = await mkdtemp(join(tmpdir(), "agw-preview-"));
  await using sandbox = new Sandbox({ env, signal, ...places, directory, stack, log: err });
  await sandbox.start().catch(async (error) => {
    await removeDirectory(directory);
    throw error;
  });
  if (situation.deployed) await deploy(sandbox, err);
  if (situation.disturbed) await sandbox.setAffinity("none");
  err("Previewing…");
  return await previewOf(sandbox, { ...situation.change, ...change });
}

async function deploy(sandbox: Sandbox, log: (line: string) => void): Promise<void> {
  await sandbox.ensureAz();
  log("Deploying the stack first…");
  refuseFailure("up", await sandbox.run("up"));
}

/** Previews an update that also changes this config. Returns the format of `pulumi preview --json`. */
export async function previewOf(sandbox: Sandbox, change: Config): Promise<PreviewDigest> {
  const result = await sandbox.run("preview", change);
  refuseFailure("preview", result);
  return parsePreview(JSON.stringify(digest(result)));
}

function refuseFailure(mode: Mode, { ok, errors }: RunResult): void {
  if (ok) return;
  throw new CommandError(`${mode} failed: ${errors.map(({ message }) => message).join("\n") || "no reason given"}`);
}
