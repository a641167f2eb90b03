import { commandsIn, type ToldCommand } from "../../../../src/messages/pulumiCommands.ts";
import { isProtectionMessage } from "../delivery/digest/protectionMessage.ts";

type Advice = ToldCommand | "lift protection";

/** The program's messages name Pulumi's commands. These are the commands to use on the local Azure instead. */
const local: Readonly<Record<Advice, string>> = {
  up: "run npx agw up instead of pulumi up",
  "config set": "use -c KEY=VALUE (or -c KEY=@FILE for a secret) instead of pulumi config set",
  "config set --path": `use -c 'KEY=["VALUE"]' for a list or -c 'KEY={"NAME":"VALUE"}' for a map instead of pulumi config set --path`,
  "lift protection": "run npx agw up -c deletionProtection=false to lift the protection, then repeat this command",
  "config rm": "remove KEY from your -c options or from Pulumi.STACK.yaml instead of pulumi config rm",
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
