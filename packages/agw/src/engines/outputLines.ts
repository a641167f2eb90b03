import {
  containsUnknown,
  equal,
  mask,
  type Op,
  type RunResult,
  typeOf,
  unknown,
  type Value,
} from "agentgateway-local-azure/pulumi";

/**
 * Whether the recorded outputs say something about this run. They don't if a preview failed, or if an update failed before
 * the program registered a resource: the outputs are then those of an earlier run.
 */
export function knowsOutputs({ ok, steps }: RunResult, preview: boolean): boolean {
  if (ok) return true;
  return !preview && steps.some(({ op, urn }) => !outsideProgram.includes(op) && typeOf(urn) !== stackType);
}

const stackType = "pulumi:pulumi:Stack";
/** Steps that the engine takes without the program. */
const outsideProgram: readonly Op[] = ["refresh", "delete"];

/**
 * Formats outputs as a table with changes marked and secrets masked. Like Pulumi's display, a preview shows only changes, and
 * omits existing outputs whose new value is not known yet.
 */
export function outputLines({ outputs, steps }: RunResult, preview: boolean): string[] {
  const recorded = steps.find(({ op, urn }) => op !== "refresh" && typeOf(urn) === stackType)?.oldState;
  const text = (value: Value): string => (value === unknown ? "[known after the update]" : JSON.stringify(value));
  const width = Math.max(0, ...Object.keys(outputs).map((key) => key.length));
  return Object.entries(outputs).flatMap(([key, value]) => {
    const old = recorded?.outputs[key];
    const changed = recorded !== undefined && !equal(old, value);
    if (preview && recorded !== undefined && (!changed || (old !== undefined && containsUnknown(value)))) return [];
    const mark = !changed ? " " : old === undefined ? "+" : "~";
    const before = changed && old !== undefined ? `${text(mask(old))} => ` : "";
    return `  ${mark} ${key.padEnd(width)} : ${before}${text(mask(value))}`;
  });
}
