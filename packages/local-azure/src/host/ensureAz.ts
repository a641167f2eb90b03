import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, mkdir, mkdtemp, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { removeDirectory } from "../system/removeDirectory.ts";

const run = promisify(execFile);

/** The release that this project was tested with. PyPI keeps every release, so it stays installable. */
const azureCliVersion = "2.91.0";

export interface EnsureAzOptions {
  /** Folder for tools, normally `.local`. The CLI is installed in `<directory>/az`. */
  readonly directory: string;
  /** PATH to search first; default: this process's. */
  readonly path?: string;
  /** Called with a line of progress when an installation starts and ends. */
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Az {
  /** Folder that contains `az`. Put it first on PATH. */
  readonly bin: string;
  /** True if this project installed it, false if it was on the PATH. */
  readonly own: boolean;
}

/** The Azure CLI was neither found nor installed. The message says what to do. */
export class AzMissing extends Error {
  readonly exitCode = 1;
}

/**
 * Finds the Azure CLI on the PATH or in the project's folder, or installs it there from PyPI. It is installed in a
 * temporary folder that is then renamed, so that an interrupted installation is never used.
 *
 * @throws {AzMissing} if there is no `az` and the installation fails: it needs python3 with pip and venv, and PyPI.
 */
export async function ensureAz(options: EnsureAzOptions): Promise<Az> {
  const onPath = await findOnPath("az", options.path ?? process.env.PATH ?? "");
  if (onPath !== undefined) return { bin: onPath, own: false };
  const home = join(options.directory, "az");
  const bin = join(home, "bin");
  if (await executable(join(bin, "az"))) return { bin, own: true };
  await install(home, options);
  return { bin, own: true };
}

async function install(home: string, options: EnsureAzOptions): Promise<void> {
  const python = await findOnPath("python3", options.path ?? process.env.PATH ?? "");
  if (python === undefined) {
    throw new AzMissing(
      "Azure CLI: neither 'az' nor python3, which could install it, is on the PATH. " +
        "Install the Azure CLI (https://aka.ms/azure-cli) or python3, then try again.",
    );
  }
  options.log?.(`Azure CLI: not on the PATH, so installing ${azureCliVersion} from PyPI into ${home} (370 MB)`);
  const started = performance.now();
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const work = await mkdtemp(`${home}.installing-`);
  try {
    await installInto(work, join(python, "python3"), options.signal);
    await rename(join(work, "az"), home).catch(async (error: NodeJS.ErrnoException) => {
      // Another process has installed it in the meantime; use that one.
      if (!(await executable(join(home, "bin", "az")))) throw error;
    });
  } catch (error) {
    throw installFailure(error);
  } finally {
    await removeDirectory(work);
  }
  options.log?.(`Azure CLI: installed in ${Math.round((performance.now() - started) / 1000)} s`);
}

/**
 * Installs with uv, which takes seconds where pip takes most of a minute, and which creates a relocatable environment.
 */
async function installInto(work: string, python: string, signal?: AbortSignal): Promise<void> {
  const [tools, az] = [join(work, "tools"), join(work, "az")];
  const uv = join(tools, "bin", "uv");
  const steps: [string, ...string[]][] = [
    [python, "-m", "venv", tools],
    [join(tools, "bin", "python3"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"],
    [uv, "venv", "--quiet", "--relocatable", "--python", python, az],
    [uv, "pip", "install", "--quiet", "--python", join(az, "bin", "python3"), `azure-cli==${azureCliVersion}`],
    // The first run compiles Python modules: 4 s now instead of 1 s in every later run.
    [join(az, "bin", "az"), "containerapp", "ingress", "sticky-sessions", "set", "--help"],
  ];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    AZURE_CONFIG_DIR: join(work, "config"),
    AZURE_CORE_COLLECT_TELEMETRY: "no",
    // Trust the system's certificates, as pip does: uv's bundled ones lack a company's own authority.
    UV_SYSTEM_CERTS: "true",
  };
  // uv caches downloads in the user's home, and fails if it can't write there.
  if (!(await permits(homedir(), constants.W_OK))) env.UV_CACHE_DIR ??= join(work, "cache");
  delete env.PYTHONDONTWRITEBYTECODE;
  for (const [command, ...args] of steps) await run(command, args, { env, ...(signal && { signal }) });
}

function installFailure(error: unknown): AzMissing {
  const { stderr, message } = error as { stderr?: string; message: string };
  const reason = (stderr?.trim() || message).split("\n").slice(-3).join(" ");
  return new AzMissing(
    `Azure CLI: installation from PyPI failed: ${reason}\n` +
      "It needs python3 with venv and pip (Debian: python3-venv), 370 MB of disk space and access to PyPI. Fix that, or install " +
      "the Azure CLI yourself (https://aka.ms/azure-cli), then try again.",
  );
}

/** Returns the first folder of a PATH that contains the program, or undefined. */
export async function findOnPath(command: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (folder !== "" && (await executable(join(folder, command)))) return folder;
  }
  return undefined;
}

const executable = (file: string): Promise<boolean> => permits(file, constants.X_OK);

function permits(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
