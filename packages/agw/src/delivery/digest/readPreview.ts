import { isObject, type PreviewDigest, type Properties } from "./previewDigest.ts";

/** Why the output of a preview can't be used. */
export const previewProblems = {
  "not json": "is not JSON",
  "cut off": "contains truncated JSON",
  "no steps": "has neither `steps` nor `changeSummary`",
  malformed: "has malformed `steps`, `diagnostics` or `changeSummary`",
} as const;

export type PreviewProblem = keyof typeof previewProblems;

/** What `pulumi preview --json` wrote to stdout. */
export interface PrintedPreview {
  /** The preview. If it failed, it may have only diagnostics. */
  readonly preview?: PreviewDigest;
  /** Why there is no preview, or why it is incomplete. */
  readonly problem?: PreviewProblem;
  /** The text around the JSON, without any part of a JSON document, which may contain secrets. */
  readonly around: string;
}

/** Thrown for text that isn't the output of `pulumi preview --json`. Shown without a stack trace. */
class PreviewFormatError extends Error {
  readonly exitCode = 2;
}

/**
 * Parses the output of `pulumi preview --json`.
 * @throws PreviewFormatError if it has no complete preview. The text is not quoted, because it may contain secrets.
 */
export function parsePreview(text: string): PreviewDigest {
  const { preview, problem } = readPreview(text);
  if (preview !== undefined && problem === undefined) return preview;
  const why = previewProblems[problem ?? "not json"];
  throw new PreviewFormatError(
    `the preview ${why} (${text.length} characters): expected the output of pulumi preview --json`,
  );
}

/** Most lines starting with `{` that are tried. */
const mostStarts = 100;

/**
 * Finds the preview in what the command printed. Installations of policy packs and warnings add text around it
 * (pulumi/pulumi #19775), which may itself contain braces or JSON. The preview is the first JSON object at the start of a
 * line that has a preview's fields.
 */
export function readPreview(text: string): PrintedPreview {
  const starts = [...text.matchAll(/(?:^\ufeff?|\n)(?=\{)/g)].map(({ index, 0: before }) => index + before.length);
  let around = "";
  let read = 0;
  let broken: Omit<PrintedPreview, "preview"> | undefined;
  for (const start of starts.slice(0, mostStarts)) {
    if (start < read) continue;
    const end = endOfObject(text, start);
    const document = end === undefined ? undefined : parsed(text.slice(start, end));
    if (end === undefined || document === undefined) {
      // It may be text that only starts like JSON, so the next line is tried too.
      broken ??= { problem: end === undefined ? "cut off" : "not json", around: around + text.slice(read, start) };
      continue;
    }
    around += text.slice(read, start);
    read = end;
    if (isObject(document) && fields.some((field) => Object.hasOwn(document, field)))
      return { ...previewOf(document), around: (broken?.around ?? around) + text.slice(end) };
  }
  return broken ?? { problem: read > 0 ? "no steps" : "not json", around: around + text.slice(read) };
}

/** A preview has at least one of these. */
const fields = ["steps", "changeSummary", "diagnostics"];

/** Returns the offset after the brace that closes the object; undefined if none does. Braces in strings don't count. */
function endOfObject(text: string, start: number): number | undefined {
  const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/gs;
  tokens.lastIndex = start;
  let depth = 0;
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    if (token[0] === "{") depth++;
    if (token[0] === "}" && --depth === 0) return tokens.lastIndex;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the text.
    return undefined;
  }
}

function previewOf(document: Properties): Pick<PrintedPreview, "preview" | "problem"> {
  const { steps = [], diagnostics = [], changeSummary = {} } = document;
  const isStep = ({ op, urn }: Properties): boolean => typeof op === "string" && typeof urn === "string";
  const isMessage = ({ message = "" }: Properties): boolean => typeof message === "string";
  if (!isListOf(steps, isStep) || !isListOf(diagnostics, isMessage) || !isObject(changeSummary))
    return { problem: "malformed" };
  const complete = document.steps !== undefined || document.changeSummary !== undefined;
  return { preview: document as PreviewDigest, ...(!complete && { problem: "no steps" }) };
}

const isListOf = (value: unknown, isGood: (item: Properties) => boolean): boolean =>
  Array.isArray(value) && value.every((item) => isObject(item) && isGood(item));
