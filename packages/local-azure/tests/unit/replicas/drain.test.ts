import { expect, test } from "vitest";
import { drainTimes } from "../../../src/dataPlane/replicas/mcp/drain.ts";

const times = (minimum?: string, maximum?: string) =>
  drainTimes({ CONNECTION_MIN_TERMINATION_DEADLINE: minimum, CONNECTION_TERMINATION_DEADLINE: maximum });

// Measured with AgentGateway 1.4.1.
test.each([
  ["no variable: everything is cut at once", times(), 0, 0],
  ["the minimum alone is doubled", times("2500ms"), 2500, 5000],
  ["up to the default maximum of 5 s", times("15s"), 15_000, 20_000],
  ["the shorter deadline is added to the minimum", times("3s", "1s"), 3000, 4000],
  ["a maximum alone changes nothing", times(undefined, "20s"), 0, 0],
  ["zero", times("0s", "0"), 0, 0],
  ["compound and fractional durations", times("1m7.5s", "2m"), 67_500, 135_000],
])("%s", (_title, { minimum, total }, wantedMinimum, wantedTotal) => {
  expect([minimum, total]).toEqual([wantedMinimum, wantedTotal]);
});

test.each(["15", "fast", "-1s", "5 s"])("refuses to start with the duration %j", (text) => {
  expect(() => times(text)).toThrow(`invalid env var CONNECTION_MIN_TERMINATION_DEADLINE=${text}`);
});
