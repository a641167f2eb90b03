import type { Command } from "../terminal/command.ts";
import { runStackCommand, stackOptionsHelp } from "./stackCommand.ts";

export const command: Command = {
  help: [
    "Usage: agw preview [options]",
    "",
    "Shows what an update would do. With --json in the shape of pulumi preview --json.",
    "",
    ...stackOptionsHelp,
  ].join("\n"),
  run: (args, io) => runStackCommand("preview", args, io),
};
