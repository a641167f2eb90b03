import manifest from "../package.json" with { type: "json" };
import { type Command, didYouMean, exitCode } from "./terminal/command.ts";
import type { Io } from "./terminal/io.ts";

interface Entry {
  readonly summary: string;
  load(): Promise<{ command: Command }>;
}

/** Loaded when called, so that `agw --help` costs nothing of what the others import. */
const commands: Record<string, Entry> = {
  comment: {
    summary: "prints the Markdown that a pull request's comment would hold",
    load: () => import("./commands/comment.ts"),
  },
  demo: { summary: "shows the whole stack at work on a local Azure", load: () => import("./commands/demo.ts") },
  azure: { summary: "runs a local Azure on this machine", load: () => import("./commands/azure.ts") },
  up: { summary: "creates or updates the stack on the local Azure", load: () => import("./commands/up.ts") },
  preview: { summary: "shows what an update would do", load: () => import("./commands/preview.ts") },
  destroy: { summary: "deletes everything that the stack holds", load: () => import("./commands/destroy.ts") },
  doctor: { summary: "walks the troubleshooting list against a live app", load: () => import("./commands/doctor.ts") },
  probe: { summary: "proves on any gateway that MCP sessions hold", load: () => import("./commands/probe.ts") },
};

const help = (): string =>
  [
    "Usage: agw COMMAND [options]",
    "",
    "Runs AgentGateway's Pulumi stack on a local Azure, and proves on any gateway that MCP sessions hold.",
    "",
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`),
    "",
    "npx agw COMMAND --help, or npx agw help COMMAND, says more; npx agw --version prints the version.",
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 could not tell, 130 interrupted.",
  ].join("\n");

/** Runs one `agw` command line and resolves to its exit code. No stack trace reaches the user unless AGW_DEBUG is set. */
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
    io.err(
      `agw: no command '${name}'${didYouMean(name, names, `. There are: ${names.join(", ")}.`)} Try: npx agw --help`,
    );
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
