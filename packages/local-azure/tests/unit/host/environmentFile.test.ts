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

describe("the env file", () => {
  test("keeps any value exactly, for a shell that sources it and for readEnvironmentFile", () => {
    // Environment variables can't contain NUL. Quotes and line breaks are frequent because the file's syntax uses them.
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

  test("has mode 0600 in a 0700 folder, and is only removed by the server that wrote it", async () => {
    expect(readEnvironmentFile(join(directory, "new"))).toBeUndefined();
    writeEnvironmentFile(join(directory, "new"), { HOST: "127.0.0.1:1" });
    const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
    expect([await mode(join(directory, "new")), await mode(join(directory, "new", "env"))]).toEqual(["700", "600"]);
    removeEnvironmentFile(join(directory, "new"), "HOST", "127.0.0.1:2");
    expect(readEnvironmentFile(join(directory, "new"))).toEqual({ HOST: "127.0.0.1:1" });
    removeEnvironmentFile(join(directory, "new"), "HOST", "127.0.0.1:1");
    expect(readEnvironmentFile(join(directory, "new"))).toBeUndefined();
  });

  test("prepends a folder to the reader's PATH", () => {
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

  test("prints a notice when sourced, but only after its server has ended", () => {
    const told = (): string => execFileSync("/bin/sh", ["-c", `. "${directory}/env" 2>&1`], { encoding: "utf8" });
    writeEnvironmentFile(directory, { NAME: "x" });
    expect(told()).toBe("");
    const module = JSON.stringify(new URL("../../../src/host/environmentFile.ts", import.meta.url).href);
    const write = `import { writeEnvironmentFile } from ${module}; writeEnvironmentFile(${JSON.stringify(directory)}, {});`;
    execFileSync(process.execPath, ["--input-type=module", "--eval", write]);
    expect(told()).toBe("The local Azure that wrote this file is no longer running. To start one: npx agw azure\n");
  });

  test("AGW_LOCAL sets another folder", () => {
    expect(localDirectory({ AGW_LOCAL: directory })).toBe(directory);
    expect(localDirectory({})).toMatch(/[/\\]\.local$/);
    expect(localDirectory({ AGW_LOCAL: "" })).toBe(localDirectory({}));
  });
});
