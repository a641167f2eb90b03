import { afterEach, expect, test, vi } from "vitest";
import { progressLine } from "../../../src/commands/probeProgress.ts";
import type { Io } from "../../../src/terminal/io.ts";

afterEach(() => vi.restoreAllMocks());

const progress = { phase: "call", done: 120, total: 250, perSecond: 61.4, remaining: 2.1, lost: 1, failed: 3 } as const;

test("on a terminal, one line is overwritten with the rate, the time left and what went wrong", () => {
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const line = progressLine({ interactive: true } as Io);
  line.show(progress);
  line.clear();
  expect(written.mock.calls.map(([text]) => text)).toEqual([
    "\r\x1b[2Kmaking calls 120/250, 61/s, 3 s left | 1 lost, 3 failed",
    "\r\x1b[2K",
  ]);
});

test("on a narrow terminal, the line is cut because a wrapped line can't be overwritten", () => {
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const columns = Object.getOwnPropertyDescriptor(process.stderr, "columns");
  Object.defineProperty(process.stderr, "columns", { value: 20, configurable: true });
  try {
    progressLine({ interactive: true } as Io).show(progress);
  } finally {
    if (columns === undefined) Reflect.deleteProperty(process.stderr, "columns");
    else Object.defineProperty(process.stderr, "columns", columns);
  }
  expect(written.mock.calls).toEqual([["\r\x1b[2Kmaking calls 120/25"]]);
});

test("elsewhere, each phase gets one line", () => {
  const lines: string[] = [];
  const line = progressLine({ interactive: false, err: (text: string) => void lines.push(text) } as Io);
  for (const phase of ["open", "call", "call", "close"] as const) line.show({ ...progress, phase });
  expect(lines).toEqual(["opening sessions (250)", "making calls (250)", "closing sessions (250)"]);
});
