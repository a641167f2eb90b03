import { execFileSync } from "node:child_process";
import { mkdtemp, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  localDirectory,
  readEnvironmentFile,
  removeEnvironmentFile,
  writeEnvironmentFile,
} from "../../../src/host/environmentFile.ts";
import { removeDirectory } from "../../../src/system/removeDirectory.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "agw-env-"));
});
afterEach(() => removeDirectory(directory));

describe("the file that aims a shell at the local Azure", () => {
  test("a shell that sources it, and this project, read what was written, whatever the characters", () => {
    // A variable of a process can hold no NUL. Quotes and line breaks come up often: they are what the file's form is made of.
    const character = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 3 }),
      fc.constantFrom("'", "\n", "\u2028", "\nexport OTHER='y'"),
    );
    const value = fc.array(character).map((parts) => parts.join("").replaceAll("\0", "").toWellFormed());
    fc.assert(
      fc.property(value, (text) => {
        writeEnvironmentFile(directory, { NAME: text, OTHER: "x" });
        expect(readEnvironmentFile(directory)).toEqual({ NAME: text, OTHER: "x" });
      }),
    );
    const nasty = `a'b "c" $(touch ${directory}/no) \`x\` \\ %s é\nexport OTHER='y'\r\u2028.`;
    writeEnvironmentFile(directory, { NAME: nasty });
    const seen = execFileSync("/bin/sh", ["-c", `. "${directory}/env"; printf '%s' "$NAME"`], { encoding: "utf8" });
    expect(seen).toBe(nasty);
  });

  test("is 0600 in a 0700 folder, absent where nothing runs, and removed by its own server alone", async () => {
    expect(readEnvironmentFile(join(directory, "new"))).toBeUndefined();
    writeEnvironmentFile(join(directory, "new"), { HOST: "127.0.0.1:1" });
    const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
    expect([await mode(join(directory, "new")), await mode(join(directory, "new", "env"))]).toEqual(["700", "600"]);
    removeEnvironmentFile(join(directory, "new"), "HOST", "127.0.0.1:2");
    expect(readEnvironmentFile(join(directory, "new"))).toEqual({ HOST: "127.0.0.1:1" });
    removeEnvironmentFile(join(directory, "new"), "HOST", "127.0.0.1:1");
    expect(readEnvironmentFile(join(directory, "new"))).toBeUndefined();
  });

  test("puts a folder first on the PATH of whoever reads it, and leaves the rest of that PATH alone", () => {
    const sourced = (): string =>
      execFileSync("/bin/sh", ["-c", `. "${directory}/env" 2>/dev/null; printf '%s' "$PATH"`], {
        encoding: "utf8",
        env: { PATH: "/usr/bin:/bin" },
      });
    writeEnvironmentFile(directory, {}, "/it's/az/bin");
    expect(sourced()).toBe("/it's/az/bin:/usr/bin:/bin");
    expect(readEnvironmentFile(directory)).toEqual({ PATH: `/it's/az/bin:${process.env.PATH}` });
    writeEnvironmentFile(directory, {}, "");
    expect(sourced()).toBe("/usr/bin:/bin");
    expect(readEnvironmentFile(directory)).toEqual({ PATH: process.env.PATH });
  });

  test("tells whoever sources it after its server has ended, and nothing before", () => {
    const told = (): string => execFileSync("/bin/sh", ["-c", `. "${directory}/env" 2>&1`], { encoding: "utf8" });
    writeEnvironmentFile(directory, { NAME: "x" });
    expect(told()).toBe("");
    const module = JSON.stringify(new URL("../../../src/host/environmentFile.ts", import.meta.url).href);
    const write = `import { writeEnvironmentFile } from ${module}; writeEnvironmentFile(${JSON.stringify(directory)}, {});`;
    execFileSync(process.execPath, ["--input-type=module", "--eval", write]);
    expect(told()).toBe("The local Azure that this file names does not run any more. Start it: npx agw azure\n");
  });

  test("AGW_LOCAL names another folder", () => {
    expect(localDirectory({ AGW_LOCAL: directory })).toBe(directory);
    expect(localDirectory({})).toMatch(/[/\\]\.local$/);
    expect(localDirectory({ AGW_LOCAL: "" })).toBe(localDirectory({}));
  });
});
