import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type ProbeOptions,
  type ProbeReport,
  renderHtml,
  renderJunit,
  renderTable,
  runProbe,
  verdicts,
  watchProbe,
} from "mcp-affinity-probe";
import { type Command, CommandError, exitCode } from "../terminal/command.ts";
import type { Io } from "../terminal/io.ts";
import { readOptions } from "../terminal/options.ts";
import { authorities, runningLocalAzure } from "./localDirectory.ts";
import { optionsHelp, type ProbeInvocation, probeInvocation, probeOptionTable } from "./probeOptions.ts";
import { progressLine } from "./probeProgress.ts";

const verdictsWith = (code: number): string =>
  Object.entries(verdicts)
    .flatMap(([verdict, { exitCode }]) => (exitCode === code ? verdict : []))
    .join(" or ");

const exitCodes = [
  [exitCode.done, verdictsWith(exitCode.done)],
  [exitCode.failed, verdictsWith(exitCode.failed)],
  [exitCode.usage, "wrong usage"],
  [exitCode.unknown, verdictsWith(exitCode.unknown)],
  [exitCode.interrupted, "interrupted"],
]
  .map((meaning) => meaning.join(" "))
  .join(", ");

export const command: Command = {
  help: [
    "Usage: agw probe --url URL [options]",
    "",
    "Opens MCP sessions through a gateway, with and without cookies, and reports whether they hold across its replicas.",
    "Lists the tools and calls whoami if there is such a tool; it calls no other. Closes the sessions that it opened.",
    ...optionsHelp,
    "",
    `Exit codes: ${exitCodes}.`,
  ].join("\n"),
  async run(args, io) {
    const given = probeInvocation(readOptions(args, probeOptionTable), io.env, io.signal);
    const invocation = { ...given, options: await trusting(given.options, io) };
    const report = await (invocation.watch ? watch(invocation, io) : once(invocation, io));
    io.out(invocation.json ? JSON.stringify(report) : renderTable(report, emphasisOf(io)));
    await writeFiles(report, invocation, io);
    return io.signal.aborted ? exitCode.interrupted : verdicts[report.verdict].exitCode;
  },
};

/** Like the doctor, also trusts the authorities that the environment names and those of a running local Azure. */
async function trusting(options: ProbeOptions, { env }: Io): Promise<ProbeOptions> {
  const trusted = [options.ca, authorities(env, await runningLocalAzure(env))].filter((pem) => pem !== undefined);
  return trusted.length === 0 ? options : { ...options, ca: trusted.join("\n") };
}

async function once({ options }: ProbeInvocation, io: Io): Promise<ProbeReport> {
  const line = progressLine(io);
  try {
    return await runProbe({ ...options, signal: io.signal }, line.show);
  } finally {
    line.clear();
  }
}

function watch({ options, watchFor }: ProbeInvocation, io: Io): Promise<ProbeReport> {
  const end = watchFor === undefined ? io.signal : AbortSignal.any([io.signal, AbortSignal.timeout(watchFor * 1_000)]);
  return watchProbe({ ...options, signal: end }, ({ at, text }) =>
    io.err(`${at.toISOString().slice(11, 19)}  ${text}`),
  );
}

async function writeFiles(report: ProbeReport, { html, junit, json }: ProbeInvocation, io: Io): Promise<void> {
  const files = [
    [html, "--html", renderHtml],
    [junit, "--junit", renderJunit],
  ] as const;
  for (const [path, flag, render] of files) {
    if (path === undefined) continue;
    await writeFile(path, render(report)).catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(`${flag}: cannot write ${path} (${error.code})`);
    });
    if (!json) io.err(`Wrote ${resolve(path)}`);
  }
}

const styles = { good: ["bold", "green"], bad: ["bold", "red"], unsure: ["bold", "yellow"], dim: ["dim"] } as const;

const emphasisOf =
  (io: Io) =>
  (kind: keyof typeof styles, text: string): string =>
    io.style([...styles[kind]], text);
