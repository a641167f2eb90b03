import { stackCommand } from "./stackCommand.ts";

export const command = stackCommand("preview", [
  "Usage: agw preview [options]",
  "",
  "Shows what an update would do. With --json in the shape of pulumi preview --json.",
]);
