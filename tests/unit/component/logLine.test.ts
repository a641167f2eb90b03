import { describe, expect, test } from "vitest";
import { lastLine } from "../../../src/component/verification/logLine.ts";
import { oneLine } from "../../../src/messages/oneLine.ts";

const shown = (log: string) => lastLine(log, []);

describe("the last line of a replica's log", () => {
  test("is the last non-empty one", () => {
    expect(shown("first\nlast\n\n  \r\n")).toEqual({ kind: "line", text: "last" });
    expect(shown("")).toBeUndefined();
    expect(shown(" \n\u001b[0m\n")).toBeUndefined();
  });

  test("is not one of the lines that az prints first", () => {
    const opening =
      "Connecting to the container 'agentgateway'...\nSuccessfully Connected to container: 'agentgateway' [Revision: 'r']\n";
    expect(shown(opening)).toBeUndefined();
    expect(shown(`${opening}started`)).toEqual({ kind: "line", text: "started" });
  });

  test.each([
    ["colors", "\u001b[1;31merror:\u001b[0m no file", "error: no file"],
    ["terminal titles and links", "\u001b]0;owned\u0007\u001b]8;;http://x\u0007ok", "ok"],
    ["8-bit control sequences", "a\u009b31mb", "ab"],
    ["control characters", "a\u0008\u0000b\tc\u007f", "a b c"],
    ["invisible characters and direction marks", "a\u202eb\u2066c\u200bd\u2028e", "a b c d e"],
    ["lone surrogates", "a\ud800b", "a\ufffdb"],
  ])("has no %s", (_what, line, text) => {
    expect(shown(line)).toEqual({ kind: "line", text });
  });

  test("is cut to 300 characters, never within a character", () => {
    const { text } = shown("\u{1f600}".repeat(1000)) as { text: string };
    expect([...text]).toHaveLength(300);
    expect(text.endsWith("\u{1f600}…")).toBe(true);
  });

  test("is withheld if it contains a secret, even with colors in between", () => {
    expect(lastLine("key hunter2 refused", ["hunter2"])).toEqual({ kind: "withheld" });
    expect(lastLine("key hun\u001b[1mter2 refused", ["hunter2"])).toEqual({ kind: "withheld" });
    expect(lastLine("key refused", ["", "hunter2"])).toEqual({ kind: "line", text: "key refused" });
  });
});

test("Azure's reason is one bounded line", () => {
  expect(oneLine("a\nb\u001b[31m")).toBe("a b");
  expect([...oneLine("x".repeat(5000))]).toHaveLength(500);
});
