import { type Violation, violationsOf } from "./policyEvents.ts";
import type { PreviewDiagnostic, PreviewDigest, PreviewStep, ResourceState } from "./previewDigest.ts";
import { type PreviewProblem, previewProblems, readPreview } from "./readPreview.ts";
import { anyOf, type Check, integer, listOf, optional, properties, recordOf, shape, string, tail } from "./shapes.ts";

/**
 * What the job that previews a stack passes to the job that comments. The preview job runs the pull request's code, so
 * the comment job doesn't trust the data.
 */
export interface PreviewResult {
  /** Exit code of `pulumi preview`, if known. */
  readonly exitCode?: number;
  /** Absent if the command printed no readable preview. */
  readonly preview?: PreviewDigest;
  readonly problem?: PreviewProblem;
  /** What the command printed besides the preview. Errors come last. */
  readonly output: string;
  readonly violations: readonly Violation[];
}

/** Version of the format. Other versions are refused. */
const version = 1;

/** Largest file that is read, in bytes. A preview of this program has about 0.15 MB. */
export const largestResult = 5_000_000;

const mostItems = 5_000;
/** Most paths per resource. Each is compared with every input of the resource. */
const mostPaths = 1_000;
const name = string(2_000);
const message = string(100_000);

const state: Check<ResourceState> = shape({
  type: name,
  id: optional(name),
  custom: optional(anyOf([true, false])),
  inputs: optional(properties),
  outputs: optional(properties),
});

/** The engine's constants (deploy.Op…). */
const op = anyOf([
  ...["same", "create", "update", "delete", "replace", "create-replacement", "delete-replaced", "refresh", "import"],
  ...["read", "read-replacement", "read-discard", "discard-replaced", "remove-pending-replace", "import-replacement"],
]);
const kind = anyOf(["add", "add-replace", "delete", "delete-replace", "update", "update-replace"]);

const step: Check<PreviewStep> = shape({
  op,
  urn: name,
  oldState: optional(state),
  newState: optional(state),
  diffReasons: optional(listOf(name, mostPaths)),
  replaceReasons: optional(listOf(name, mostPaths)),
  detailedDiff: optional(recordOf(shape({ kind }), mostPaths)),
});

const diagnostic: Check<PreviewDiagnostic> = shape({
  urn: optional(name),
  message: optional(message),
  severity: optional(name),
});

const violation: Check<Violation> = shape({
  level: anyOf(["mandatory", "advisory"] as const),
  policy: name,
  resource: name,
  message,
});

const preview: Check<PreviewDigest> = shape<Omit<PreviewDigest, "config">>({
  steps: optional(listOf(step, mostItems)),
  diagnostics: optional(listOf(diagnostic, mostItems)),
  changeSummary: optional(recordOf(integer(1_000_000), 100)),
});

const result: Check<PreviewResult & { readonly version: number }> = shape({
  version: anyOf([version]),
  exitCode: optional(integer(999)),
  preview: optional(preview),
  problem: optional(anyOf(Object.keys(previewProblems) as PreviewProblem[])),
  output: tail(20_000),
  violations: listOf(violation, mostItems),
});

/** The output of a preview. */
export interface Printed {
  /** On stdout: the JSON of `pulumi preview --json`. */
  readonly text: string;
  /** On stderr. */
  readonly errors?: string;
  /** The policy lines of the event log. */
  readonly events?: string;
  readonly exitCode?: number | undefined;
}

export function resultOf({ text, errors = "", events = "", exitCode }: Printed): PreviewResult {
  const { around, ...read } = readPreview(text);
  const output = `${around}\n${errors}`;
  return { ...read, output, violations: violationsOf(events), ...(exitCode !== undefined && { exitCode }) };
}

/** Serializes a result for {@link readResult}, without data that comments don't use, such as the config. */
export const writtenResult = (given: PreviewResult): string => JSON.stringify(result({ version, ...given }));

/**
 * Reads a result field by field, dropping unknown fields and cutting long messages. Returns undefined for anything that
 * {@link writtenResult} doesn't write: other versions or types, too many items, or too much nesting.
 */
export function readResult(text: string): PreviewResult | undefined {
  try {
    const { version: _, ...known } = result(JSON.parse(text));
    return known;
  } catch {
    return undefined;
  }
}
