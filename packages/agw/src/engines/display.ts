import type { EngineEvent, Op, Step } from "agentgateway-local-azure/pulumi";
import {
  containsUnknown,
  type Diff,
  differences,
  equal,
  isObject,
  mask,
  nameOf,
  type Properties,
  type RunResult,
  topOf,
  typeOf,
  uncounted,
  unknown,
  type Value,
} from "agentgateway-local-azure/pulumi";
import type { Io } from "../terminal/io.ts";
import { waysOutHere } from "./localWaysOut.ts";

type Style = Parameters<Io["style"]>[0];

/** The marks and words of Pulumi's own display. */
const looks: Record<Op, { mark: string; style: Style; doing: string; done: string }> = {
  same: { mark: " ", style: "dim", doing: "", done: "unchanged" },
  create: { mark: "+", style: "green", doing: "creating", done: "created" },
  update: { mark: "~", style: "yellow", doing: "updating", done: "updated" },
  delete: { mark: "-", style: "red", doing: "deleting", done: "deleted" },
  replace: { mark: "+-", style: "magenta", doing: "replacing", done: "replaced" },
  "create-replacement": { mark: "++", style: "green", doing: "creating replacement", done: "created replacement" },
  "delete-replaced": { mark: "--", style: "red", doing: "deleting original", done: "deleted original" },
  refresh: { mark: "~", style: "yellow", doing: "refreshing", done: "changed outside" },
};

/** A refresh that finds nothing any more. */
const gone = { mark: "-", style: "red", done: "deleted outside" } as const;

/** Prints what the engine does, one line a resource, to stderr. */
export function showProgress(io: Io, preview: boolean): (event: EngineEvent) => void {
  const label = (urn: string): string => `${typeOf(urn)} ${nameOf(urn)}`;
  const ended = (): string => (io.signal.aborted ? "interrupted" : "failed");
  return (event) => {
    switch (event.kind) {
      case "begin": {
        const { mark, style, doing } = looks[event.op];
        if (io.interactive) io.err(` ${io.style(style, `${mark.padEnd(2)} ${label(event.urn)} ${doing}…`)}`);
        return;
      }
      case "end": {
        const { op, urn, oldState, newState } = event.step;
        // What only Azure keeps track of, such as when a resource was last changed, is no news.
        if (op === "refresh" && newState && equal(oldState?.inputs, newState.inputs)) return;
        const { mark, style, done } = op === "refresh" && newState === undefined ? gone : looks[op];
        const time = event.seconds >= 0.005 && !preview ? ` (${event.seconds.toFixed(2)}s)` : "";
        const said = preview && op !== "same" && done !== gone.done ? op : done;
        io.err(` ${io.style(style, `${mark.padEnd(2)} ${label(urn)} ${said}${time}`)}`);
        if (preview || op === "refresh") for (const line of diffLines(event.step)) io.err(`      ${line}`);
        return;
      }
      case "failed":
        io.err(` ${io.style("red", `** ${label(event.urn)} ${looks[event.op].doing || event.op} ${ended()}`)}`);
        return;
      case "log":
        // Errors come again, together, at the end.
        if (event.severity === "error") return;
        io.err(indent((event.severity === "warning" ? io.style("yellow", "warning: ") : "") + event.message));
    }
  };
}

/** What differs, path by path, with secrets masked. */
function diffLines({ op, diff, oldState, newState }: Step): string[] {
  const seen = op === "refresh" && newState ? differences(oldState?.inputs ?? {}, newState.inputs) : diff?.changes;
  return Object.entries(seen ?? {}).map(([path, kind]) => {
    const [old, now] = [textAt(oldState?.inputs, path), textAt(newState?.inputs, path)];
    const mark = kind.startsWith("add") ? "+" : kind.startsWith("delete") ? "-" : "~";
    const values = mark === "+" ? now : mark === "-" ? old : `${old} => ${now}`;
    return `${mark} ${path}: ${values}${kind.endsWith("-replace") ? " (needs a replacement)" : ""}`;
  });
}

function textAt(inputs: Properties | undefined, path: string): string {
  let value: Value | undefined = mask(inputs ?? {});
  for (const key of path.match(/[^.[\]]+/g) ?? []) {
    if (value === "[secret]") break;
    value = Array.isArray(value) ? value[Number(key)] : isObject(value) ? value[key] : undefined;
  }
  return value === unknown ? "[known after the update]" : (JSON.stringify(value) ?? "[absent]");
}

const indent = (text: string): string => text.replaceAll(/^/gm, "    ");

/** Errors with the resource that they belong to, as Pulumi's Diagnostics; then what their ways out, and those of warnings, are here. */
export function showErrors(io: Io, { errors, messages }: RunResult): void {
  if (errors.length > 0) io.err("\nDiagnostics:");
  for (const { urn, message } of errors) {
    io.err(`  ${urn === undefined ? "program" : `${typeOf(urn)} (${nameOf(urn)})`}:`);
    io.err(`${indent(io.style("red", "error: ") + message)}\n`);
  }
  const told = messages.filter(({ severity }) => severity !== "info");
  const words = waysOutHere(told.map(({ message }) => message));
  if (words.length === 0) return;
  io.err(`${errors.length > 0 ? "" : "\n"}  Here, on the local Azure: ${words.join("; ")}.\n`);
}

/**
 * Outputs as a table, secrets masked, what has changed marked. As Pulumi's display, a preview shows only what will change,
 * and of what is there nothing that it does not know yet.
 */
export function outputLines({ outputs, steps }: RunResult, preview: boolean): string[] {
  const recorded = steps.find(({ op, urn }) => op !== "refresh" && typeOf(urn) === "pulumi:pulumi:Stack")?.oldState;
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

const changing = ["create", "update", "replace", "delete"] as const;

/** `+ 3 created, 2 unchanged, 1 failed`, what there is none of left out; what a replacement consists of counts once. */
export function summaryLine({ ok, summary, errors }: RunResult, preview: boolean, ended = "failed"): string {
  const parts = changing.flatMap((op) => {
    const count = summary[op] ?? 0;
    return count === 0 ? [] : [`${looks[op].mark} ${count} ${preview ? `to ${op}` : looks[op].done}`];
  });
  const none = parts.length === 0 && ok ? ["0 changes"] : [];
  const failed = errors.length > 0 ? [`${errors.length} ${ended}`] : [];
  const same = summary.same === undefined ? [] : [`${summary.same} unchanged`];
  return [...none, ...parts, ...same, ...failed].join(", ");
}

/** How many resources the run changed, or would change. */
export const changes = ({ summary }: RunResult): number => changing.reduce((sum, op) => sum + (summary[op] ?? 0), 0);

/** The document of `pulumi preview --json` (pkg/backend/display PreviewDigest), and with it what only an update has. */
export function digest(result: RunResult): Record<string, unknown> {
  const state = (resource: Step["oldState"]) =>
    resource && { ...resource, inputs: mask(resource.inputs), outputs: mask(resource.outputs) };
  // As Pulumi's own document: of what stays the same only the stack itself, and a replacement as one step.
  const told = result.steps.filter(({ op, urn }) =>
    op === "same" ? typeOf(urn) === "pulumi:pulumi:Stack" : op === "refresh" || !uncounted.includes(op),
  );
  const steps = told.map(({ op, urn, oldState, newState, diff, reasons }) => ({
    op,
    urn,
    oldState: state(oldState),
    newState: state(newState),
    ...(diff && { detailedDiff: detailed(diff), diffReasons: [...new Set(Object.keys(diff.changes).map(topOf))] }),
    ...(reasons && { replaceReasons: reasons }),
  }));
  const diagnostics = result.messages.map(({ message, ...rest }) => ({ ...rest, message: `${message}\n` }));
  return {
    config: result.config,
    steps,
    diagnostics,
    duration: Math.round(result.seconds * 1e9),
    changeSummary: result.summary,
  };
}

const detailed = ({ changes }: Diff): object =>
  Object.fromEntries(Object.entries(changes).map(([path, kind]) => [path, { kind, inputDiff: true }]));
