import { describe, expect, test } from "vitest";
import type { Stage } from "../../src/demo/stage.ts";
import { steps } from "../../src/demo/steps.ts";
import { renderSummary } from "../../src/demo/summary.ts";
import { showProgress } from "../../src/engines/display.ts";
import type { Io } from "../../src/terminal/io.ts";

const counts = (held: number, lost: number) => ({ sessions: held + lost, held, lost, moved: 0, failed: 0 });

/** Runs one step of the demo with this probe report. Returns its message, and the exit code if it fails. */
async function play(title: RegExp, report: object): Promise<{ message: string; code?: number }> {
  const step = steps.find((each) => title.test(each.title));
  if (step === undefined) throw new Error(`no step ${title}`);
  const stage = { settings: {}, probe: async () => report, run: async () => ({}) } as unknown as Stage;
  return step.run(stage).then(
    (message) => ({ message }),
    ({ message, exitCode }) => ({ message, code: exitCode }),
  );
}

describe("how the demo judges a probe report (tests/e2e runs the whole demo)", () => {
  test("passes if sessions survive with cookies and break without", async () => {
    const seen = await play(/MCP sessions/, { counts: counts(200, 0), control: counts(0, 200) });
    expect(seen).toEqual({ message: "without cookies, 200 of 200 broke; with cookies, 200 of 200 survived" });
  });
  test("is inconclusive, exit code 3, if the control group survives", async () => {
    for (const control of [counts(200, 0), null]) {
      const seen = await play(/MCP sessions/, { counts: counts(200, 0), control });
      expect(seen).toEqual({ message: "sessions also survived without cookies, so this proves nothing", code: 3 });
    }
  });
  test("fails, exit code 1, if sessions break with cookies", async () => {
    const report = { counts: counts(199, 1), control: counts(0, 200), reason: "one was lost" };
    expect(await play(/MCP sessions/, report)).toEqual({ message: "1 of 200 sessions broke: one was lost", code: 1 });
  });
  test("is inconclusive if sessions survive although affinity is off", async () => {
    const seen = await play(/enableStickySessions=false/, { counts: counts(40, 0), control: null, reason: "held" });
    expect(seen).toEqual({ message: "no session broke without affinity: held", code: 3 });
  });
});

test("the summary marks an interrupted step as stopped and a failed one as FAILED", () => {
  const line = (state: "interrupted" | "failed") => renderSummary([{ title: "agw up", state, detail: "", seconds: 1 }]);
  expect(line("interrupted")).toMatch(/agw up +stopped +1\.0s/);
  expect(line("failed")).toMatch(/agw up +FAILED +1\.0s/);
});

test("the summary has one line per step, even if an error message has several", () => {
  const failed = { title: "agw up", state: "failed", detail: "first\n  second", seconds: 1 } as const;
  expect(renderSummary([failed]).split("\n")[0]).toMatch(/FAILED +1\.0s {2}first$/);
});

test("an interrupted step is not shown as failed", () => {
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

test("without a terminal, progress has a line when a step ends, but none when it begins", () => {
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
