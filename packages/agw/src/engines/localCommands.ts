import { commandsIn, type ToldCommand } from "../../../../src/messages/pulumiCommands.ts";
import { isProtectionMessage } from "../delivery/digest/protection.ts";

type Advice = ToldCommand | "lift protection";

/** The program's messages name Pulumi's commands. These are the commands to use on the local Azure instead. */
const local: Readonly<Record<Advice, string>> = {
  up: "for pulumi up, run npx agw up",
  "config set": "for pulumi config set, use -c KEY=VALUE, or -c KEY=@FILE for a secret",
  "config set --path": `for pulumi config set --path, use -c 'KEY=["VALUE"]' for a list or -c 'KEY={"NAME":"VALUE"}' for a map`,
  "lift protection": "to lift the protection, run npx agw up -c deletionProtection=false, then repeat this command",
  "config rm": "for pulumi config rm KEY, omit -c KEY=…",
};

/** Returns what to do on the local Azure for each Pulumi command that the messages name. */
export function localCommands(messages: readonly string[]): string[] {
  const named = new Set(messages.flatMap(adviceIn));
  return (Object.keys(local) as Advice[]).filter((advice) => named.has(advice)).map((advice) => local[advice]);
}

const adviceIn = (message: string): Advice[] => [
  ...commandsIn(message),
  ...(isProtectionMessage(message) ? (["lift protection"] as const) : []),
];
