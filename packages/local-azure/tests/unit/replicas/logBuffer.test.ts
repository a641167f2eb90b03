import { describe, expect, test } from "vitest";
import { LogBuffer } from "../../../src/dataPlane/replicas/logBuffer.ts";

describe("a replica's log", () => {
  test("keeps the last lines, each with its time and a unique number", () => {
    const log = new LogBuffer(3);
    const before = new Date().toISOString();
    for (let line = 1; line <= 10; line++) log.add("the same");
    expect(log.lines().map(({ number, text }) => [number, text])).toEqual([
      [8, "the same"],
      [9, "the same"],
      [10, "the same"],
    ]);
    for (const { time } of log.lines()) expect(time >= before && time <= new Date().toISOString()).toBe(true);
  });
});
