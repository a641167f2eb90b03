import { expect, test } from "vitest";
import { type History, newHistory, type Step } from "../../src/evidence/history.ts";
import { WatchNarrator } from "../../src/run/watchEvents.ts";

/** The events when replicas of these names answer sessions in this order, given as `session:name`. */
function told(words: string, header = false): string[] {
  const histories: History[] = [];
  const narrator = new WatchNarrator(histories, header);
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
    return narrator.tell(history).map(({ text }) => text);
  });
}

test("reports a move to a known replica at once", () => {
  expect(told("1:a 2:b 1:a 2:b 1:b")).toEqual([
    "session 1 opened on a",
    "session 2 opened on b",
    "session 1 MOVED from a to b",
  ]);
});

test("reports a move to a new name once the name is seen again", () => {
  expect(told("1:a 1:a 1:c")).toEqual(["session 1 opened on a"]);
  expect(told("1:a 1:a 1:c 1:c")).toEqual(["session 1 opened on a", "session 1 MOVED from a to c"]);
  expect(told("1:a 1:a 1:c 1:LOST").at(-1)).toBe("session 1 LOST at call 3: gone (was on c)");
});

test("doesn't report moves to names that never repeat", () => {
  expect(told("1:t1 2:t2 1:t3 2:t4 1:t5 2:t6 1:t7").filter((text) => text.includes("MOVED"))).toEqual([]);
});

test("reports moves to new names at once if they come from the header that the user named", () => {
  expect(told("1:a 1:a 1:c", true)).toContain("session 1 MOVED from a to c");
});

test("says why a session failed at its opening, in the handshake or at a call, and when it recovers", () => {
  const narrator = new WatchNarrator([], false);
  const texts = (phases: readonly Step["phase"][], ...results: Step["result"][]) => {
    const history = newHistory(1, "main");
    return results.flatMap((result, i) => {
      const phase = phases[i] ?? "call";
      const step = { at: i, milliseconds: 1, phase, fresh: false, result, replica: undefined, cookies: [] };
      history.steps.push({ ...step, cookieReplaced: result.kind === "lost" });
      return narrator.tell(history).map(({ text }) => text);
    });
  };
  const failed = { kind: "failed", reason: "timeout", detail: "no answer" } as const;
  const answered = { kind: "answered" } as const;
  expect(texts(["open"], failed)).toEqual(["session 1 could not be opened: no answer"]);
  expect(texts(["open", "confirm"], answered, failed)).toEqual(["session 1 failed during the handshake: no answer"]);
  expect(texts(["open"], answered, answered, failed, failed, answered)).toEqual([
    "session 1 opened",
    "session 1 failed at call 2: no answer",
    "session 1 recovered",
  ]);
  const lost = { kind: "lost", sign: "404", detail: "gone" } as const;
  expect(texts(["open", "confirm"], answered, lost)).toEqual([
    "session 1 LOST before its first call: gone (got a new cookie)",
  ]);
});
