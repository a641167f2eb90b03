import { stripVTControlCharacters } from "node:util";
import { fencedBlock } from "../digest/escapeMarkdown.ts";
import { nameOf, type PreviewDiagnostic } from "../digest/previewDigest.ts";
import { isProtectionMessage } from "../digest/protectionMessage.ts";

/** Limits for the reasons at the top of a comment. Longer reasons are cut there and shown in full under the messages. */
const mostLines = 30;
const mostCharacters = 4_000;

/** Renders why a preview failed, for the top of its comment; empty if the engine only says that it failed. */
export function reasonBlock(diagnostics: readonly PreviewDiagnostic[]): string[] {
  const lines = reasonLines(diagnostics);
  if (lines.length === 0) return [];
  const shown = lines.slice(0, mostLines).join("\n").slice(0, mostCharacters);
  return [fencedBlock(isWhole(lines) ? shown : `${shown}…`, "text"), ""];
}

/** Returns the lines of a preview's messages; `but reasons` omits what {@link reasonBlock} shows in full. */
export function messageLines(diagnostics: readonly PreviewDiagnostic[], which: "all" | "but reasons"): string[] {
  const shownAbove = which === "but reasons" && isWhole(reasonLines(diagnostics));
  return diagnostics
    .filter((diagnostic) => isWorthShowing(diagnostic) && !(shownAbove && isReason(diagnostic)))
    .flatMap((diagnostic) => linesOf(diagnostic, diagnostic.severity ?? "info"));
}

/** Whether an error cut the preview short, so that steps may be missing. A policy violation doesn't: all steps are there. */
export const isCutShort = (diagnostics: readonly PreviewDiagnostic[]): boolean => diagnostics.some(isReason);

const reasonLines = (diagnostics: readonly PreviewDiagnostic[]): string[] =>
  diagnostics.filter(isReason).flatMap((reason) => linesOf(reason));

const isWhole = (lines: readonly string[]): boolean =>
  lines.length <= mostLines && lines.join("\n").length <= mostCharacters;

/** Whether a message is worth showing: reviewers don't care where on the runner a plugin was found. */
const isWorthShowing = ({ message }: PreviewDiagnostic): boolean =>
  message !== undefined && message !== "" && !/using pulumi-\S+ from \$PATH/.test(message);

/** Whether it is an error with more detail than "preview failed". */
const isReason = (diagnostic: PreviewDiagnostic): boolean =>
  diagnostic.severity === "error" &&
  isWorthShowing(diagnostic) &&
  plain(diagnostic.message).trim() !== "preview failed";

/**
 * Whether deletion protection stopped the preview. Only Pulumi's message shows it: the JSON has no step for a protected
 * resource that would be replaced.
 */
export const isProtected = (diagnostics: readonly PreviewDiagnostic[]): boolean =>
  diagnostics.some(({ severity, message = "" }) => severity === "error" && isProtectionMessage(message));

/** Strips the engine's prefixes: the severity, and `Preview failed`. */
const plain = (message = ""): string =>
  stripVTControlCharacters(message)
    .replace(/^(error|warning|info): /, "")
    .replace(/^Preview failed: /, "")
    .trimEnd();

function linesOf({ urn, message }: PreviewDiagnostic, severity = ""): string[] {
  const about = [severity, urn ? nameOf(urn) : ""].filter(Boolean).join(" ");
  return `${about === "" ? "" : `${about}: `}${plain(message)}`.split("\n");
}
