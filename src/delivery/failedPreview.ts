import { stripVTControlCharacters } from "node:util";
import { codeSpan, fencedBlock } from "./escape.ts";
import { commentMarker } from "./previewMarkdown.ts";

/** Last lines of a failed run that are shown: errors stand at its end. */
const shownLines = 60;
const shownCharacters = 8_000;

/** The comment where the preview itself failed: the end of what it said. */
export function failedPreviewMarkdown(stack: string, exitCode: number, output: string): string {
  const lines = stripVTControlCharacters(output).trimEnd().split("\n").slice(-shownLines);
  const text = lines.join("\n").slice(-shownCharacters) || "(it said nothing)";
  return [
    commentMarker(stack),
    `### ❌ The preview of stack ${codeSpan(stack)} failed (exit code ${exitCode})`,
    "",
    fencedBlock(text, "text"),
  ].join("\n");
}
