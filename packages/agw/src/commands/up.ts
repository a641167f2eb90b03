import type { Command } from "../terminal/command.ts";
import { runStackCommand, stackOptionsHelp } from "./stackCommand.ts";

export const command: Command = {
  help: [
    "Usage: agw up [options]",
    "",
    "Creates or updates the stack on the local Azure, and shows its outputs.",
    "",
    ...stackOptionsHelp,
  ].join("\n"),
  run: (args, io) => runStackCommand("up", args, io),
};
