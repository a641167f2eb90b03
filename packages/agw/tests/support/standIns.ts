import { execFileSync } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/**
 * Writes stand-ins into a folder that goes first on the PATH: `npm`, whose `npm ci` does nothing, and optionally `pulumi`,
 * which runs the built-in engine.
 */
export async function writeStandIns(folder: string, { pulumi }: { pulumi: boolean }): Promise<void> {
  await mkdir(folder, { recursive: true });
  const npm = execFileSync("sh", ["-c", "command -v npm"], { encoding: "utf8" }).trim();
  await executable(join(folder, "npm"), `[ "$1" = ci ] && exit 0\nexec '${npm}' "$@"`);
  const script = resolve("packages/agw/tests/support/pulumiStandIn.ts");
  if (pulumi) await executable(join(folder, "pulumi"), `exec '${process.execPath}' '${script}' "$@"`);
}

async function executable(file: string, script: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}
