import { stackCommand } from "./stackCommand.ts";

export const command = stackCommand("up", [
  "Usage: agw up [options]",
  "",
  "Creates or updates a stack on the local Azure and prints its outputs.",
]);
