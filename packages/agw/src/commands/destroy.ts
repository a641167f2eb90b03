import { stackCommand } from "./stackCommand.ts";

export const command = stackCommand("destroy", [
  "Usage: agw destroy [options]",
  "",
  "Deletes everything that the stack holds on the local Azure.",
]);
