import manifest from "../package.json" with { type: "json" };
import { type Command, didYouMean, exitCode } from "./terminal/command.ts";
import type { Io } from "./terminal/io.ts";

interface Entry {
  readonly summary: string;
  load(): Promise<{ command: Command }>;
}

/** Each command is imported only when it runs, so `agw --help` stays fast. */
const commands: Record<string, Entry> = {
  comment: {
    summary: "print the pull request comment that a preview produces",
    load: () => import("./commands/comment.ts"),
  },
  demo: {
    summary: "deploy the stack to a temporary local Azure and show that sessions survive",
    load: () => import("./commands/demo.ts"),
  },
  azure: { summary: "run a local Azure on this machine", load: () => import("./commands/azure.ts") },
  up: { summary: "create or update a stack on the local Azure", load: () => import("./commands/up.ts") },
  preview: {
    summary: "show what an update of a stack on the local Azure would change",
    load: () => import("./commands/preview.ts"),
  },
  destroy: { summary: "delete a stack from the local Azure", load: () => import("./commands/destroy.ts") },
  doctor: { summary: "check a live app and say what to fix", load: () => import("./commands/doctor.ts") },
  probe: { summary: "test whether an MCP gateway keeps its sessions", load: () => import("./commands/probe.ts") },
};

const help = (): string =>
  [
    "Usage: agw COMMAND [options]",
    "",
    "Runs AgentGateway's Pulumi stack on a local Azure, diagnoses a live app, and tests any MCP gateway with real sessions.",
    "",
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`),
    "",
    "For the options of a command, run npx agw COMMAND --help. For the version, run npx agw --version.",
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 could not tell, 130 interrupted (agw azure: 0).",
  ].join("\n");

/** Runs one `agw` command line and returns its exit code. Prints a stack trace only if AGW_DEBUG is set. */
export async function main(args: string[], io: Io): Promise<number> {
  const [name, ...rest] = args[0] === "help" && args[1] !== undefined ? [args[1], "--help"] : args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    (name === undefined ? io.err : io.out)(help());
    return name === undefined ? exitCode.usage : exitCode.done;
  }
  if (name === "--version" || name === "-v") {
    io.out(manifest.version);
    return exitCode.done;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    const names = ["help", ...Object.keys(commands)];
    const hint = didYouMean(name, names, `. Commands: ${names.join(", ")}.`);
    io.err(`agw: unknown command '${name}'${hint} Try: npx agw --help`);
    return exitCode.usage;
  }
  try {
    const { command } = await entry.load();
    if (rest.includes("--help") || rest.includes("-h")) {
      io.out(command.help);
      return exitCode.done;
    }
    return await command.run(rest, io);
  } catch (error) {
    return fail(name, error, io);
  }
}

function fail(name: string, error: unknown, io: Io): number {
  if (io.signal.aborted) return exitCode.interrupted;
  const message = error instanceof Error ? error.message : String(error);
  io.err(io.style("red", `agw ${name}: `) + message);
  if (io.env.AGW_DEBUG !== undefined && error instanceof Error) io.err(error.stack ?? "");
  const code = (error as { exitCode?: unknown } | null)?.exitCode;
  if (code === exitCode.usage) io.err(`Try: npx agw ${name} --help`);
  return typeof code === "number" ? code : exitCode.failed;
}
