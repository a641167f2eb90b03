import { expect, test } from "vitest";
import { type History, newHistory, type Step } from "../../src/evidence/history.ts";
import { WatchNarrator } from "../../src/run/watchEvents.ts";

/** What is told when sessions are answered in this order by replicas of these names, as `session:name`. */
function told(words: string, header = false): string[] {
  const histories: History[] = [];
  const teller = new WatchNarrator(histories, header);
  return words.split(" ").flatMap((word) => {
    const [number, replica] = word.split(":");
    const ordinal = Number(number);
    const known = histories.find((one) => one.ordinal === ordinal);
    const history = known ?? newHistory(ordinal, "main");
    if (known === undefined) histories.push(history);
    const phase = known === undefined ? "open" : "call";
    const step: Step = {
      at: histories.length,
      milliseconds: 1,
      phase,
      fresh: false,
      result: replica === "LOST" ? { kind: "lost", sign: "404", detail: "gone" } : { kind: "answered" },
      replica: replica === "LOST" ? undefined : replica,
      cookies: [],
      cookieReplaced: false,
    };
    history.steps.push(step);
    return teller.tell(history).map(({ text }) => text);
  });
}

test("a move to a replica that others were on is told at once", () => {
  expect(told("1:a 2:b 1:a 2:b 1:b")).toEqual([
    "session 1 opened on a",
    "session 2 opened on b",
    "session 1 MOVED from a to b",
  ]);
});

test("a move to a new name is told once the name comes again", () => {
  expect(told("1:a 1:a 1:c")).toEqual(["session 1 opened on a"]);
  expect(told("1:a 1:a 1:c 1:c")).toEqual(["session 1 opened on a", "session 1 MOVED from a to c"]);
  expect(told("1:a 1:a 1:c 1:LOST").at(-1)).toBe("session 1 LOST at call 3: gone; was on c");
});

test("names that never come again are no replicas", () => {
  expect(told("1:t1 2:t2 1:t3 2:t4 1:t5 2:t6 1:t7").filter((text) => text.includes("MOVED"))).toEqual([]);
});

test("unless they are in the header that the user named", () => {
  expect(told("1:a 1:a 1:c", true)).toContain("session 1 MOVED from a to c");
});
