import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** How the Azure CLI is started without a shell: a program, and what comes before the arguments. */
export interface Launcher {
  readonly file: string;
  readonly before: readonly string[];
}

/**
 * On Windows `az` is a batch file, which only a shell can run, and a shell would read the arguments. What those of the
 * installer and of pip do, and nothing else, is to start Python with the CLI's module; so does this.
 *
 * @param exists whether there is a file at a path
 * @returns undefined if there is no Azure CLI on the PATH of Windows
 */
export function azLauncher(
  platform: NodeJS.Platform,
  path: string,
  exists: (file: string) => boolean = existsSync,
): Launcher | undefined {
  if (platform !== "win32") return { file: "az", before: [] };
  for (const folder of path.split(delimiter).filter(Boolean)) {
    if (exists(join(folder, "az.exe"))) return { file: join(folder, "az.exe"), before: [] };
    if (!["az.cmd", "az.bat"].some((name) => exists(join(folder, name)))) continue;
    const bundled = join(folder, "..", "python.exe");
    if (exists(bundled)) return { file: bundled, before: ["-IBm", "azure.cli"] };
    if (exists(join(folder, "python.exe"))) return { file: join(folder, "python.exe"), before: ["-m", "azure.cli"] };
  }
  return undefined;
}

/**
 * What a reading command of the Azure CLI printed; undefined if it failed, is not there, or took longer than its time. The
 * values are arguments and nothing else: no shell sees them.
 */
export function readAz(args: readonly string[], seconds: number): Promise<string | undefined> {
  const launcher = azLauncher(process.platform, process.env.PATH ?? "");
  if (launcher === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const child = execFile(
      launcher.file,
      [...launcher.before, ...args, "--only-show-errors"],
      {
        // Asking for the extension of the same name would wait for an answer.
        env: { ...process.env, AZURE_EXTENSION_USE_DYNAMIC_INSTALL: "no" },
        timeout: seconds * 1000,
        killSignal: "SIGKILL",
        maxBuffer: 1 << 20,
        windowsHide: true,
      },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
    child.stdin?.end();
  });
}
