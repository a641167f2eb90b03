import { join } from "node:path";
import { type EngineEvent, mask, type RunResult, runStack } from "agentgateway-local-azure/pulumi";
import type { Io } from "../terminal/io.ts";
import { digest, showErrors, showProgress, summaryLine } from "./display.ts";
import { type Engine, endedWith, type Mode, type Place, type StackRun } from "./engine.ts";
import { knowsOutputs, outputLines } from "./outputLines.ts";
import { readRecord } from "./records.ts";

/** The built-in engine. It needs no Pulumi and only talks to the local Azure. */
export const embedded: Engine = {
  name: "embedded",
  title: "the built-in engine (--engine embedded, the default)",
  recorded: (stack, { directory, project }) => readRecord("embedded", directory, project.name, stack),
  preview: (...run) => runEmbedded("preview", ...run),
  up: (...run) => runEmbedded("up", ...run),
  destroy: (...run) => runEmbedded("destroy", ...run),
};

const titles: Record<Mode, string> = {
  up: "Updating",
  preview: "Previewing an update of",
  destroy: "Destroying",
};

async function runEmbedded(mode: Mode, { json, ...run }: StackRun, place: Place, io: Io): Promise<number> {
  const { projectDirectory, environment, directory } = place;
  io.err(`${titles[mode]} stack ${run.stack} on the local Azure\n`);
  const [show, clock] = [showProgress(io, mode === "preview"), stepClock()];
  const onEvent = (event: EngineEvent): void => {
    clock.note(event);
    show(event);
  };
  const stateDirectory = join(directory, "state");
  const { signal } = io;
  const result = await runStack({ mode, projectDirectory, environment, stateDirectory, signal, ...run, onEvent });
  if (signal.aborted) io.err("\nInterrupted. The next run checks which steps were completed and continues from there.");
  else showErrors(io, result);
  if (json) io.out(JSON.stringify(mode === "preview" ? digest(result) : updateDocument(result, clock.seconds())));
  else showResult(io, result, mode === "preview");
  return endedWith(result.ok, io);
}

function updateDocument(result: RunResult, stepSeconds: number): object {
  const nanoseconds = (seconds: number): number => Math.round(seconds * 1e9);
  return {
    ...digest(result),
    programDuration: nanoseconds(result.programSeconds),
    stepsDuration: nanoseconds(stepSeconds),
    outputs: mask(result.outputs),
  };
}

/** Measures the time in which at least one step ran. Steps that run in parallel count once. */
function stepClock() {
  const running = new Set<string>();
  let [total, since] = [0, 0];
  const note = (event: EngineEvent): void => {
    if (event.kind === "begin" && running.size === 0) since = performance.now();
    if (event.kind === "begin") running.add(event.urn);
    if (event.kind !== "end" && event.kind !== "failed") return;
    const { urn } = event.kind === "end" ? event.step : event;
    if (running.delete(urn) && running.size === 0) total += performance.now() - since;
  };
  return { note, seconds: () => total / 1000 };
}

function showResult(io: Io, result: RunResult, preview: boolean): void {
  const outputs = knowsOutputs(result, preview) ? outputLines(result, preview) : [];
  if (outputs.length > 0) io.out([io.style("bold", "Outputs:"), ...outputs, ""].join("\n"));
  io.out(io.style("bold", "Resources:"));
  const ended = io.signal.aborted ? "interrupted" : "failed";
  io.out(`    ${summaryLine(result, preview, ended)}\n`);
  const end = result.ok ? "" : io.style("red", ` (${ended})`);
  io.out(`Duration: ${result.seconds.toFixed(1)}s${end}`);
}
