import { commandsIn, type ToldCommand } from "../../../../src/messages/pulumiCommands.ts";
import { isProtectionMessage } from "../delivery/digest/protectionMessage.ts";

type WayOut = ToldCommand | "lift protection";

/** The program's messages stay as it words them, for Pulumi; what they tell to type is something else here. */
const here: Readonly<Record<WayOut, string>> = {
  up: "npx agw up for pulumi up",
  "config set": "-c KEY=VALUE, or for a secret -c KEY=@FILE, for pulumi config set",
  "config set --path": `-c 'KEY=["VALUE"]' for a list, or -c 'KEY={"NAME":"VALUE"}' for a map, for pulumi config set --path`,
  "lift protection": "to lift the protection, npx agw up -c deletionProtection=false, and then the command again",
  "config rm": "no -c KEY=… for pulumi config rm KEY",
};

/** What the ways out of these messages are on the local Azure. */
export function waysOutHere(messages: readonly string[]): string[] {
  const told = new Set(messages.flatMap(waysOut));
  return (Object.keys(here) as WayOut[]).filter((way) => told.has(way)).map((way) => here[way]);
}

const waysOut = (message: string): WayOut[] => [
  ...commandsIn(message),
  ...(isProtectionMessage(message) ? (["lift protection"] as const) : []),
];
