import { stackCommand } from "./stackCommand.ts";

export const command = stackCommand("up", [
  "Usage: agw up [options]",
  "",
  "Creates or updates the stack on the local Azure, and shows its outputs.",
]);
