import type { TargetKind } from "../../config/gateway/targetKinds.ts";

// The program writes this in a preview, and tools read it, as in previewSentence.ts. So this file must not import packages.

/** What a preview says about the MCP targets of the gateway's file. */
export const targetsSentence = (kinds: readonly TargetKind[]): string =>
  `MCP targets of the gateway's file: ${kinds.join(", ") || "none"}.`;

/** Parses a message of {@link targetsSentence}; returns undefined for any other message. */
export function readTargetsSentence(message: string): readonly string[] | undefined {
  const [, list] = /MCP targets of the gateway's file: (\w+(?:, \w+)*)\.\s*$/.exec(message) ?? [];
  return list === "none" ? [] : list?.split(", ");
}
