import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeCell, codeSpan, fencedBlock, visible } from "../../../../src/delivery/digest/escapeMarkdown.ts";

describe("run output is escaped", () => {
  test.each([
    ["@octocat", "`@octocat`"],
    ["a`b", "``a`b``"],
    ["`", "`` ` ``"],
    ["`a", "`` `a ``"],
    ["a`", "`` a` ``"],
    ["  a \n", "`a`"],
    ["<img src=x onerror=alert(1)>", "`<img src=x onerror=alert(1)>`"],
    ["line\nbreak", "`line break`"],
    ["", "` `"],
  ])("code span of %j", (text, expected) => expect(codeSpan(text)).toBe(expected));

  test("a bar doesn't end a table cell, even after a backslash", () => {
    expect(codeCell("a|b")).toBe("`a\\|b`");
    expect(codeCell("a\\|b")).toBe("`a\\\\u{7c}b`");
  });

  test("a fence is longer than any run of backticks in the text", () => {
    expect(fencedBlock("a\n````\n@b", "diff")).toBe("`````diff\na\n````\n@b\n`````");
  });

  // GitHub's parser ignores a longer fence, and then renders what it was meant to hide (cmark-gfm, MAXBACKTICKS).
  test.each(["`", " `", "`|", "`\n", "a`b"])("no fence has 80 backticks or more, for 1 to 200 times %j", (unit) => {
    for (let count = 1; count <= 200; count++) {
      for (const ticks of [unit.repeat(count), `${"`".repeat(count)}${unit} @octocat <img src=x>`]) {
        for (const text of [codeSpan(ticks), codeCell(ticks), fencedBlock(ticks, "")]) {
          expect(text).not.toMatch(/`{80}/);
          const fence = /^`+/.exec(text)?.[0] ?? "";
          expect(text.endsWith(fence)).toBe(true);
          expect(text.slice(fence.length, -fence.length)).not.toMatch(new RegExp(`(?<!\`)${fence}(?!\`)`));
        }
      }
    }
    expect([codeSpan("`".repeat(78)), codeSpan("`".repeat(79))].map((span) => span.includes("\\u{60}"))).toEqual([
      false,
      true,
    ]);
  });

  test("a code span shows at most 250 characters and no lone surrogate", () => {
    expect(codeSpan("a".repeat(251))).toBe(`\`${"a".repeat(250)}…\``);
    expect(codeSpan(`${"a".repeat(249)}😀`)).toBe(`\`${"a".repeat(249)}\\u{d83d}…\``);
  });

  test("control characters and direction changes become visible", () => {
    expect(visible("a\u202eb\u0000c\rd\ne")).toBe("a\\u{202e}b\\u{0}c\\u{d}d\ne");
    expect(visible("a line's end\r\nas Windows writes it")).toBe("a line's end\nas Windows writes it");
  });

  test("no text closes its own fence or code span", () => {
    const hostile = fc.string({ unit: fc.constantFrom("`", "|", "\\", "\n", "@", "a", "<", "~") });
    fc.assert(
      fc.property(hostile, (text) => {
        const [open = "", ...rest] = fencedBlock(text, "").split("\n");
        expect(rest.slice(0, -1).some((line) => line.trim().startsWith(open))).toBe(false);
        const span = codeCell(text);
        const fence = /^`+/.exec(span)?.[0] ?? "";
        expect(span.slice(fence.length, -fence.length)).not.toMatch(new RegExp(`(?<!\`)${fence}(?!\`)`));
        expect(span.replaceAll("\\\\", "").replaceAll("\\|", "")).not.toContain("|");
      }),
      { seed: 7 },
    );
  });
});
