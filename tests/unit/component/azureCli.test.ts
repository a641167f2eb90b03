import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { azLauncher } from "../../../src/component/verification/azureCli.ts";

const [first, second] = [join("/", "first"), join("/", "second")];
const path = [first, second].join(delimiter);
const on = (...files: string[]) => azLauncher("win32", path, (file) => files.includes(file));

describe("how the Azure CLI is started, without a shell", () => {
  test.each(["linux", "darwin"] as const)("on %s: az of the PATH", (platform) => {
    expect(azLauncher(platform, path, () => false)).toEqual({ file: "az", before: [] });
  });

  test("on Windows, where az is a batch file: its Python, as the batch file does", () => {
    const bundled = join("/", "python.exe");
    expect(on(join(second, "az.cmd"), bundled)).toEqual({ file: bundled, before: ["-IBm", "azure.cli"] });
    const own = join(second, "python.exe");
    expect(on(join(second, "az.bat"), own)).toEqual({ file: own, before: ["-m", "azure.cli"] });
    expect(on(join(second, "az.exe"), join(first, "python.exe"))).toEqual({ file: join(second, "az.exe"), before: [] });
  });

  test("on Windows without one: not at all", () => {
    expect(on(join(first, "python.exe"))).toBeUndefined();
    expect(on(join(first, "az.cmd"))).toBeUndefined();
  });
});
