import type { EngineEvent, Op, Step } from "agentgateway-local-azure/pulumi";
import {
  countSteps,
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
import { localCommands } from "./localCommands.ts";

type Style = Parameters<Io["style"]>[0];

/** The marks and verbs of Pulumi's own display. */
const looks: Record<Op, { mark: string; style: Style; doing: string; done: string }> = {
  same: { mark: " ", style: "dim", doing: "", done: "unchanged" },
  create: { mark: "+", style: "green", doing: "creating", done: "created" },
  update: { mark: "~", style: "yellow", doing: "updating", done: "updated" },
  delete: { mark: "-", style: "red", doing: "deleting", done: "deleted" },
  replace: { mark: "+-", style: "magenta", doing: "replacing", done: "replaced" },
  "create-replacement": { mark: "++", style: "green", doing: "creating replacement", done: "created replacement" },
  "delete-replaced": { mark: "--", style: "red", doing: "deleting original", done: "deleted original" },
  refresh: { mark: "~", style: "yellow", doing: "refreshing", done: "changed outside Pulumi" },
};

/** A refresh that no longer finds the resource. */
const gone = { mark: "-", style: "red", done: "deleted outside Pulumi" } as const;

/** Returns a listener that prints the engine's progress to stderr, one line per resource. */
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
        // Only outputs changed, such as the time of the last change. That is not drift.
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
        // showErrors prints errors at the end.
        if (event.severity === "error") return;
        io.err(indent((event.severity === "warning" ? io.style("yellow", "warning: ") : "") + event.message));
    }
  };
}

/** Returns one line per changed path, with secrets masked. */
function diffLines({ op, diff, oldState, newState }: Step): string[] {
  const seen = op === "refresh" && newState ? differences(oldState?.inputs ?? {}, newState.inputs) : diff?.changes;
  return Object.entries(seen ?? {}).map(([path, kind]) => {
    const [old, now] = [textAt(oldState?.inputs, path), textAt(newState?.inputs, path)];
    const mark = kind.startsWith("add") ? "+" : kind.startsWith("delete") ? "-" : "~";
    const values = mark === "+" ? now : mark === "-" ? old : `${old} => ${now}`;
    return `${mark} ${path}: ${values}${kind.endsWith("-replace") ? " (requires replacement)" : ""}`;
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

/** Prints errors by resource, like Pulumi's Diagnostics, then the local equivalents of the commands that messages name. */
export function showErrors(io: Io, { errors, messages }: RunResult): void {
  if (errors.length > 0) io.err("\nDiagnostics:");
  for (const { urn, message } of errors) {
    io.err(`  ${urn === undefined ? "program" : `${typeOf(urn)} (${nameOf(urn)})`}:`);
    io.err(`${indent(io.style("red", "error: ") + message)}\n`);
  }
  const shown = messages.filter(({ severity }) => severity !== "info");
  const commands = localCommands(shown.map(({ message }) => message));
  if (commands.length === 0) return;
  io.err(`${errors.length > 0 ? "" : "\n"}  On the local Azure, ${commands.join("; ")}.\n`);
}

const changing = ["create", "update", "replace", "delete"] as const;

/**
 * Formats the counts of a run, such as `+ 3 created, 2 unchanged, 1 failed`. A failed run counts only what exists on Azure or
 * was run by a provider, not the stack and its components: those are registered even if nothing changes.
 */
export function summaryLine(result: RunResult, preview: boolean, ended = "failed"): string {
  const { ok, errors } = result;
  const ofProviders = ({ oldState, newState }: Step): boolean => (newState ?? oldState)?.custom ?? false;
  const summary = ok ? result.summary : countSteps(result.steps.filter(ofProviders));
  const parts = changing.flatMap((op) => {
    const count = summary[op] ?? 0;
    return count === 0 ? [] : [`${looks[op].mark} ${count} ${preview ? `to ${op}` : looks[op].done}`];
  });
  const none = parts.length === 0 && ok ? ["0 changes"] : [];
  const failed = errors.length > 0 ? [`${errors.length} ${ended}`] : [];
  const same = summary.same === undefined ? [] : [`${summary.same} unchanged`];
  return [...none, ...parts, ...same, ...failed].join(", ") || ended;
}

/** Returns how many resources the run changed, or would change. */
export const changes = ({ summary }: RunResult): number => changing.reduce((sum, op) => sum + (summary[op] ?? 0), 0);

/** Returns the document of `pulumi preview --json` (PreviewDigest in pkg/backend/display). */
export function digest(result: RunResult): Record<string, unknown> {
  const state = (resource: Step["oldState"]) =>
    resource && { ...resource, inputs: mask(resource.inputs), outputs: mask(resource.outputs) };
  // Like Pulumi's document: of the unchanged resources only the stack, and each replacement as one step.
  const shown = result.steps.filter(({ op, urn }) =>
    op === "same" ? typeOf(urn) === "pulumi:pulumi:Stack" : op === "refresh" || !uncounted.includes(op),
  );
  const steps = shown.map(({ op, urn, oldState, newState, diff, reasons }) => ({
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
