import { stackCommand } from "./stackCommand.ts";

export const command = stackCommand("preview", [
  "Usage: agw preview [options]",
  "",
  "Shows what an update of a stack on the local Azure would change. --json prints the format of pulumi preview --json.",
]);
