import { stackCommand } from "./stackCommand.ts";

export const command = stackCommand("destroy", [
  "Usage: agw destroy [options]",
  "",
  "Deletes all resources of a stack from the local Azure.",
]);
