import { type ProbeProgress, type ProbeReport, renderTable, runProbe } from "../probe/index.ts";
import { type Command, exitCode, parseOptions } from "./command.ts";
import type { Io } from "./io.ts";
import { optionsHelp, probeFlags, probeOptions } from "./probeOptions.ts";

export const command: Command = {
  help: [
    "Usage: agw probe --url URL [options]",
    "",
    "Opens MCP sessions through a gateway, with and without cookies, and says whether they hold over its replicas.",
    "Sends only listings and calls of the tool whoami, where there is one; closes the sessions that it opened.",
    "",
    ...optionsHelp,
    "",
    "Exit codes: 0 held or not needed, 1 moved or lost, 2 wrong usage, 3 inconclusive, 130 interrupted.",
  ].join("\n"),
  async run(args, io) {
    const { values, positionals } = parseOptions(args, probeFlags);
    const options = probeOptions(values, positionals, io.env);
    const line = progressLine(io);
    const report = await runProbe({ ...options, signal: io.signal }, line.show);
    line.clear();
    io.out(values.json ? JSON.stringify(report) : renderTable(report, emphasisOf(io)));
    return io.signal.aborted ? exitCode.interrupted : exitCodeOf(report);
  },
};

export function exitCodeOf({ verdict }: ProbeReport): number {
  switch (verdict) {
    case "held":
    case "not needed":
      return exitCode.done;
    case "moved":
    case "lost":
      return exitCode.failed;
    case "inconclusive":
      return exitCode.unknown;
  }
}

const styles = {
  good: ["bold", "green"],
  bad: ["bold", "red"],
  unsure: ["bold", "yellow"],
  dim: "dim",
  strong: "bold",
} as const;

const emphasisOf =
  (io: Io) =>
  (kind: keyof typeof styles, text: string): string => {
    const style = styles[kind];
    return io.style(typeof style === "string" ? style : [...style], text);
  };

/** On a terminal one line that is written over; elsewhere a line for each phase, so that a CI log stays short. */
function progressLine(io: Io) {
  let phase: string | undefined;
  return {
    show(progress: ProbeProgress): void {
      if (io.interactive) process.stderr.write(`\r\x1b[2K${sentence(progress)}`);
      else if (progress.phase !== phase) io.err(`${progress.phase}: ${progress.total}`);
      phase = progress.phase;
    },
    clear(): void {
      if (io.interactive && phase !== undefined) process.stderr.write("\r\x1b[2K");
    },
  };
}

function sentence({ phase, done, total, perSecond, remaining, lost, failed }: ProbeProgress): string {
  const left = remaining === undefined ? "" : `, ${Math.ceil(remaining)} s left`;
  return `${phase} ${done}/${total}, ${perSecond.toFixed(0)}/s${left}, ${lost} lost, ${failed} failed`;
}
