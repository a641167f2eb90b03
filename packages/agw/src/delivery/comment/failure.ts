import { stripVTControlCharacters } from "node:util";
import { fencedBlock } from "../digest/escapeMarkdown.ts";
import { nameOf, type PreviewDiagnostic } from "../digest/previewDigest.ts";
import { isProtectionMessage } from "../digest/protection.ts";

/** Most lines and characters of the reasons in a comment's head; a longer one stays whole in the messages below. */
const mostLines = 30;
const mostCharacters = 4_000;

/** Why a preview failed, as the head of its comment shows it; nothing if the engine gives no reason but that it did. */
export function reasonBlock(diagnostics: readonly PreviewDiagnostic[]): string[] {
  const lines = reasonLines(diagnostics);
  if (lines.length === 0) return [];
  const shown = lines.slice(0, mostLines).join("\n").slice(0, mostCharacters);
  return [fencedBlock(isWhole(lines) ? shown : `${shown}…`, "text"), ""];
}

/** The messages of a preview, one or more lines each; `but reasons` leaves out what {@link reasonBlock} shows whole. */
export function messageLines(diagnostics: readonly PreviewDiagnostic[], which: "all" | "but reasons"): string[] {
  const shownAbove = which === "but reasons" && isWhole(reasonLines(diagnostics));
  return diagnostics
    .filter((diagnostic) => isTelling(diagnostic) && !(shownAbove && isReason(diagnostic)))
    .flatMap((diagnostic) => linesOf(diagnostic, diagnostic.severity ?? "info"));
}

/** Whether an error stopped the preview, so that steps may be missing in it. What a policy stops is previewed whole. */
export const isCutShort = (diagnostics: readonly PreviewDiagnostic[]): boolean => diagnostics.some(isReason);

const reasonLines = (diagnostics: readonly PreviewDiagnostic[]): string[] =>
  diagnostics.filter(isReason).flatMap((reason) => linesOf(reason));

const isWhole = (lines: readonly string[]): boolean =>
  lines.length <= mostLines && lines.join("\n").length <= mostCharacters;

/** Where on that machine a plugin was found is of no use to a reviewer. */
const isTelling = ({ message }: PreviewDiagnostic): boolean =>
  message !== undefined && message !== "" && !/using pulumi-\S+ from \$PATH/.test(message);

/** An error that says more than that there was one. */
const isReason = (diagnostic: PreviewDiagnostic): boolean =>
  diagnostic.severity === "error" && isTelling(diagnostic) && plain(diagnostic.message).trim() !== "preview failed";

/**
 * Whether deletion protection stopped the preview. Only Pulumi's message tells: a protected resource that would be replaced
 * has no step in the document.
 */
export const isProtected = (diagnostics: readonly PreviewDiagnostic[]): boolean =>
  diagnostics.some(({ severity, message = "" }) => severity === "error" && isProtectionMessage(message));

/** Without what the engine puts before an error: its severity, and that it is the preview that fails. */
const plain = (message = ""): string =>
  stripVTControlCharacters(message)
    .replace(/^(error|warning|info): /, "")
    .replace(/^Preview failed: /, "")
    .trimEnd();

function linesOf({ urn, message }: PreviewDiagnostic, severity = ""): string[] {
  const about = [severity, urn ? nameOf(urn) : ""].filter(Boolean).join(" ");
  return `${about === "" ? "" : `${about}: `}${plain(message)}`.split("\n");
}
