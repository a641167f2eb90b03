import type { Command } from "../terminal/command.ts";
import { runStackCommand, stackOptionsHelp } from "./stackCommand.ts";

export const command: Command = {
  help: [
    "Usage: agw destroy [options]",
    "",
    "Deletes everything that the stack holds on the local Azure.",
    "",
    ...stackOptionsHelp,
  ].join("\n"),
  run: (args, io) => runStackCommand("destroy", args, io),
};
