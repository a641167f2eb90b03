import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { localDirectory, quote } from "agentgateway-local-azure/host";
import { readConfig, readProject } from "agentgateway-local-azure/pulumi";
import { renderHtml } from "mcp-affinity-probe";
import { Stage } from "../demo/stage.ts";
import { type DemoStep, destroyStep, steps } from "../demo/steps.ts";
import { type PlayedStep, renderDemoHtml, renderSummary, replicaNote } from "../demo/summary.ts";
import { findProject } from "../engines/findPlace.ts";
import { type Command, exitCode } from "../terminal/command.ts";
import { configOption, refuseProblems, stackOption } from "../terminal/configOptions.ts";
import type { Io } from "../terminal/io.ts";
import { flag, optionLines, readOptions } from "../terminal/options.ts";
import { writableLocalDirectory } from "./localDirectory.ts";

const options = {
  stack: stackOption(),
  config: configOption("override a setting for this run; K=@FILE reads the value from a file"),
  keep: flag("leave the local Azure running at the end and print commands to try"),
  json: flag("print one JSON document to stdout"),
};

export const command: Command = {
  help: [
    "Usage: agw demo [options]   (npm start)",
    "",
    "Deploys the stack to a temporary local Azure, shows that MCP sessions survive on several replicas and break without",
    "affinity, then deletes the stack. It needs no Azure account. If there is no Azure CLI, it installs one from PyPI",
    "into .local. The CLI and the report, .local/demo.html, are kept.",
    "",
    ...optionLines(options, 20),
    "",
    "Exit codes: 0 every step passed, 1 a step failed, 2 wrong usage, 3 inconclusive (sessions also survived without",
    "cookies or affinity, or the killed replica served none), 130 interrupted.",
  ].join("\n"),
  async run(args, io) {
    const parsed = readOptions(args, options);
    refuseProblems(parsed, io.env);
    const { stack, config, keep: keeps, json } = parsed.values;
    const toolsDirectory = localDirectory(io.env);
    const directory = join(toolsDirectory, "demo");
    const projectDirectory = findProject();
    // Throws if the stack doesn't exist, before anything starts.
    readConfig(readProject(projectDirectory), stack, config);
    await writableLocalDirectory(io.env);
    await using stage = new Stage({ io, projectDirectory, directory, toolsDirectory, stack, config });
    const all = keeps ? steps : [...steps, destroyStep];
    io.err(`${replicaNote}\n`);
    const { outcomes, code, error } = await play(all, stage, io);
    const html = await writeReport(stage, outcomes, join(toolsDirectory, "demo.html"));
    if (json)
      io.out(
        JSON.stringify({ steps: outcomes, html, outputs: stage.sandbox.outputs, probe: stage.report, exitCode: code }),
      );
    else showEnd(io, outcomes, html);
    stage.sandbox.keepsFiles = code === exitCode.failed || code === exitCode.unknown;
    if (error !== undefined) io.err(io.style("red", `agw demo: ${error}`));
    else if (keeps) await keep(stage, directory, io);
    const left = leftBehind(stage, directory, html, join(toolsDirectory, "az"));
    const paths = left.map(({ path }) => quote(path)).join(" ");
    if (left.length > 0)
      io.err(`\nFiles kept: ${left.map(({ what }) => what).join(", ")}. To remove them: rm -rf ${paths}`);
    return code;
  },
};

/** Runs the steps until one fails. */
async function play(all: readonly DemoStep[], stage: Stage, io: Io) {
  const outcomes: PlayedStep[] = [];
  for (const [index, { title, run }] of all.entries()) {
    io.err(io.style("bold", `[${index + 1}/${all.length}] ${title}`));
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    try {
      const detail = await run(stage);
      outcomes.push({ title, state: "done", detail, seconds: seconds() });
      io.err(`    ${io.style("green", detail)} (${seconds().toFixed(1)}s)`);
    } catch (caught) {
      const state = io.signal.aborted ? "interrupted" : "failed";
      const error = io.signal.aborted ? "interrupted" : (caught as Error).message;
      outcomes.push({ title, state, detail: io.signal.aborted ? "" : error, seconds: seconds() });
      for (const rest of all.slice(index + 1))
        outcomes.push({ title: rest.title, state: "not reached", detail: "", seconds: 0 });
      const failed = (caught as { exitCode?: unknown }).exitCode;
      const code = io.signal.aborted ? exitCode.interrupted : typeof failed === "number" ? failed : exitCode.failed;
      return { outcomes, code, error };
    }
  }
  return { outcomes, code: exitCode.done as number, error: undefined };
}

async function writeReport(stage: Stage, outcomes: readonly PlayedStep[], file: string): Promise<string | undefined> {
  if (stage.report === undefined) return undefined;
  await writeFile(file, renderDemoHtml(stage.report, outcomes, renderHtml), { mode: 0o600 });
  return file;
}

function showEnd(io: Io, outcomes: readonly PlayedStep[], html: string | undefined): void {
  io.out(`\n${renderSummary(outcomes)}`);
  if (html !== undefined) io.out(`\nReport, with the replicas that served each session: ${html}`);
  io.out(`\n${replicaNote}`);
}

/** Lists the files that this run leaves. The folder may also contain files of others, such as stack state. */
function leftBehind(stage: Stage, directory: string, html: string | undefined, ownAz: string) {
  const report = html === undefined ? [] : [{ what: "the report", path: html }];
  const files = stage.sandbox.leavesFiles ? [{ what: "state and logs of the local Azure", path: directory }] : [];
  return [...report, ...files, ...(existsSync(ownAz) ? [{ what: "the installed Azure CLI", path: ownAz }] : [])];
}

/** Prints commands to try and waits for Ctrl-C. */
async function keep(stage: Stage, directory: string, io: Io): Promise<void> {
  const lines = [
    "Still running. Try this in another terminal:",
    "",
    `  . ${quote(join(directory, "env"))}`,
    `  az containerapp show ${stage.sandbox.appArguments.join(" ")} --query properties.configuration.ingress.stickySessions`,
    `  npx agw up -c minReplicas=${stage.settings.minReplicas}`,
    "  npx agw doctor",
    `  npx agw probe --url ${stage.sandbox.output("mcpEndpoint")} --ca "$REQUESTS_CA_BUNDLE"`,
    "",
    `MCP endpoint: ${stage.sandbox.output("mcpEndpoint")}`,
    "Press Ctrl-C to stop.",
  ];
  io.err(`\n${lines.join("\n")}`);
  if (!io.signal.aborted)
    await new Promise<void>((resolve) => io.signal.addEventListener("abort", () => resolve(), { once: true }));
}
