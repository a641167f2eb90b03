import { describe, expect, test } from "vitest";
import type { Stage } from "../../src/demo/stage.ts";
import { steps } from "../../src/demo/steps.ts";
import { renderSummary } from "../../src/demo/summary.ts";
import { showProgress } from "../../src/engines/display.ts";
import type { Io } from "../../src/terminal/io.ts";

const counts = (held: number, lost: number) => ({ sessions: held + lost, held, lost, moved: 0, failed: 0 });

/** Plays one step of the demo where the probe reports this; resolves to the step's words or its error. */
async function play(title: RegExp, report: object): Promise<{ words: string; code?: number }> {
  const step = steps.find((each) => title.test(each.title));
  if (step === undefined) throw new Error(`no step ${title}`);
  const stage = { settings: {}, probe: async () => report, run: async () => ({}) } as unknown as Stage;
  return step.run(stage).then(
    (words) => ({ words }),
    ({ message, exitCode }) => ({ words: message, code: exitCode }),
  );
}

describe("the demo's judgement of a probe; the demo as a whole runs in tests/e2e", () => {
  test("sessions that hold with cookies and break without are the proof", async () => {
    const seen = await play(/MCP sessions/, { counts: counts(200, 0), control: counts(0, 200) });
    expect(seen).toEqual({ words: "with cookies 200 of 200 hold; without, 200 of 200 break" });
  });
  test("a control that does not fail proves nothing: it says so, with exit code 3", async () => {
    for (const control of [counts(200, 0), null]) {
      const seen = await play(/MCP sessions/, { counts: counts(200, 0), control });
      expect(seen).toEqual({ words: expect.stringContaining("so their holding proves nothing"), code: 3 });
    }
  });
  test("sessions that break with cookies fail the demo, with exit code 1", async () => {
    const report = { counts: counts(199, 1), control: counts(0, 200), reason: "one was lost" };
    expect(await play(/MCP sessions/, report)).toEqual({ words: "1 of 200 sessions broke: one was lost", code: 1 });
  });
  test("sessions that hold although affinity is off prove nothing either", async () => {
    const seen = await play(/enableStickySessions=false/, { counts: counts(40, 0), control: null, reason: "held" });
    expect(seen).toEqual({ words: "no session breaks without affinity: held", code: 3 });
  });
});

test("the summary calls an interrupted step stopped, and one that failed FAILED", () => {
  const line = (state: "interrupted" | "failed") => renderSummary([{ title: "agw up", state, detail: "", seconds: 1 }]);
  expect(line("interrupted")).toMatch(/agw up +stopped +1\.0s/);
  expect(line("failed")).toMatch(/agw up +FAILED +1\.0s/);
});

test("the summary has one line a step, whatever a failure said", () => {
  const failed = { title: "agw up", state: "failed", detail: "first\n  second", seconds: 1 } as const;
  expect(renderSummary([failed]).split("\n")[0]).toMatch(/FAILED +1\.0s {2}first$/);
});

test("a step that was interrupted is not called failed", () => {
  const urn = "urn:pulumi:prod::p::command:local:Command::set";
  for (const aborted of [false, true]) {
    const lines: string[] = [];
    const io = {
      signal: { aborted },
      err: (line: string) => lines.push(line),
      style: (_: string, text: string) => text,
    };
    showProgress(io as unknown as Io, false)({ kind: "failed", op: "create", urn });
    expect(lines).toEqual([` ** command:local:Command set creating ${aborted ? "interrupted" : "failed"}`]);
  }
});

test("progress is quiet where there is no terminal: a line when a step is done, none when it begins", () => {
  const urn = "urn:pulumi:prod::p::command:local:Command::set";
  for (const interactive of [false, true]) {
    const lines: string[] = [];
    const io = { interactive, err: (line: string) => lines.push(line), style: (_: string, text: string) => text };
    const show = showProgress(io as unknown as Io, false);
    show({ kind: "begin", op: "create", urn });
    show({ kind: "end", step: { op: "create", urn }, seconds: 1 });
    const begun = interactive ? [" +  command:local:Command set creating…"] : [];
    expect(lines).toEqual([...begun, " +  command:local:Command set created (1.00s)"]);
  }
});
